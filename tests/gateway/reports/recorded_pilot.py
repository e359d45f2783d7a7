"""A store as a gateway leaves it after a parking pilot: eight weeks before, eight weeks of guidance, known figures."""

import asyncio
import random
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from pipelines.domains.local_time import bounds_of
from pipelines.model import NS_PER_S, Accepted, Derived, Observation, Revision

ZONE = ZoneInfo("Europe/Brussels")
START = date(2026, 5, 4)
BEFORE_DAYS, DAYS = 56, 56
STREETS, BAYS = ("korenmarkt", "sluisstraat"), 8
HOUR_NS = 3_600 * NS_PER_S

PILOT = """
id = "parking-mechelen"
title = "Parking guidance <in> the centre of Mechelen"
city = "mechelen"
domains = ["parking"]
timezone = "Europe/Brussels"
start = 2026-05-04
end = 2026-06-28
privacy_class = "C"
retention_days = 365
publisher = "City of Mechelen"
contact = { email = "smartcity@mechelen.example" }

[[kpi]]
kpi = "parking-occupancy"
target = 82

[[kpi]]
kpi = "parking-overstay"
baseline = 14
source = "Manual count, 12 days in autumn 2025"
target = 8

[[kpi]]
name = "Share of time that a bay is taken"
property = "occupied"
target = 85
unit = "%"
"""


def device_file() -> str:
    text = '[defaults]\npilot = "parking-mechelen"\nprofile = "bosch/tps110"\n'
    for at, street in enumerate(STREETS):
        for bay in range(BAYS):
            text += (
                f'[[device]]\nid = "02c17e00000000{at}{bay}"\narea = "{street}"\n'
                f'feature = "parking-spot/{street}-{bay}"\n'
                f"latitude = {51.0250 + 0.0009 * at + 0.00005 * bay}\nlongitude = {4.4790 + 0.0003 * bay}\n"
            )
    return text


def write_pilot(folder: Path, *, broken: bool = False) -> Path:
    """The operator's files and the store; returns the store's file. ``broken``: half of the days are missing."""
    for name, text in (("pilots", PILOT), ("devices", device_file())):
        (folder / name).mkdir(parents=True)
        (folder / name / "parking-mechelen.toml").write_text(text)
    (folder / "citygate.toml").write_text(
        '[gateway]\nid = "gw"\ncity = "mechelen"\n[sources.day]\nkind = "file"\npath = "day.ndjson"\n'
        'dialect = "chirpstack-v4"\n[sinks.store]\nkind = "store"\n'
    )
    file = folder / "state" / "store.sqlite"
    file.parent.mkdir()
    asyncio.run(_fill(file, broken=broken))
    return file


async def _fill(file: Path, *, broken: bool) -> None:
    settings = StoreSettings(history_days=0, rollup_days=0)
    sink = StoreSink("store", settings, file, clock=Clock(), events=Events())
    await sink.start()
    rng = random.Random(7)
    number = 0
    for at in range(-BEFORE_DAYS, DAYS):
        batch = []
        for entry in _day(START + timedelta(days=at), rng, guided=at >= 0, missing=broken and at >= 0 and at % 2 == 0):
            number += 1
            batch.append(Revision(number, entry))
        await sink.write(batch)
    await sink.close()


def _day(day: date, rng: random.Random, *, guided: bool, missing: bool) -> list[Accepted | Derived]:
    begin_ns, end_ns = bounds_of(day, ZONE)
    span_ns = end_ns - begin_ns
    weekend = day.weekday() >= 5
    said = []
    for street in STREETS:
        feature = f"street-parking/{street}"
        values = {
            "occupancy_percent": (79 if guided else 88) - 14 * weekend + rng.gauss(0, 3),
            "turnover_per_bay": (9.4 if guided else 8.0) + rng.gauss(0, 0.6),
            "sessions": float(rng.randint(60, 80)),
            "overstays": float(rng.randint(4, 9) if guided else rng.randint(7, 13)),
            "busy_percent": (28 if guided else 47) - 20 * weekend + rng.gauss(0, 5),
            "brier_10min": abs(rng.gauss(0.12, 0.02)),
        }
        quality = "missing" if missing else "ok"
        said += [
            Observation(feature, name, value, begin_ns, quality=quality, interval_ns=span_ns)  # type: ignore[arg-type]
            for name, value in values.items()
        ]
    entries: list[Accepted | Derived] = [Derived("parking-street", 1, "parking-mechelen", "mechelen", tuple(said))]
    for at, street in enumerate(STREETS):
        for bay in range(BAYS):
            entries += _reports(
                f"02c17e00000000{at}{bay}", f"parking-spot/{street}-{bay}", begin_ns, rng, holes=bay == 5
            )
    return entries


def _reports(device: str, feature: str, begin_ns: int, rng: random.Random, *, holes: bool) -> list[Accepted]:
    found = []
    for hour in range(0, 24, 2):
        if holes and rng.random() < 0.4:
            continue
        time_ns = begin_ns + hour * HOUR_NS
        observation = Observation(feature, "occupied", rng.random() < 0.8, time_ns)
        found.append(
            Accepted(
                0,
                device,
                "parking-mechelen",
                "mechelen",
                feature,
                time_ns,
                time_ns,
                (observation,),
                profile="bosch/tps110",
            )
        )
    return found
