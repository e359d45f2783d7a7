"""Write the scenario's pilots and devices as the files that a gateway reads: what a city's asset list would give."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import tomlkit

from pipelines.vocabulary import Domain, feature_type
from simulators.city.settle import City
from simulators.device import SimulatedDevice

FIRST_DAY, LAST_DAY = date(2026, 11, 1), date(2027, 4, 30)
"""Of a pilot whose scenario has no start of its own."""
USUAL_DAYS = 181
"""What a pilot lasts whose scenario does not say."""
MARGIN_DEG = 0.002
PRIVACY = {
    Domain.PARKING: "C",
    Domain.CYCLING: "C",
    Domain.MOBILITY: "C",
    Domain.SAFETY: "C",
    Domain.WASTE: "B",
    Domain.LIGHT: "B",
    Domain.WATER: "D",
    Domain.ENERGY: "D",
}
"""Privacy class by domain; the environment is A. A pilot has the strictest of its domains."""


def write_asset_list(city: City, folder: Path, *, first_day: date | None = None) -> None:
    """Fill ``folder/pilots`` and ``folder/devices`` with one file per pilot of the scenario.

    ``first_day``: of the pilots; else the scenario's start, or a day of its own. What is unlisted is left out.
    """
    for name in ("pilots", "devices"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    by_pilot: dict[str, list[SimulatedDevice]] = defaultdict(list)
    for device in (*city.devices, *city.lora_gateways):
        if not device.unlisted:
            by_pilot[device.pilot].append(device)
    span = _span(city, first_day)
    for pilot, devices in by_pilot.items():
        (folder / "pilots" / f"{pilot}.toml").write_text(_pilot(city, pilot, devices, span), encoding="utf-8")
        (folder / "devices" / f"{pilot}.toml").write_text(_devices(devices), encoding="utf-8")


def _span(city: City, first_day: date | None) -> tuple[date, date]:
    scenario = city.scenario
    if (first := first_day or scenario.start) is None:
        return FIRST_DAY, LAST_DAY
    return first, first + timedelta(days=int(scenario.days or USUAL_DAYS))


def _pilot(city: City, pilot: str, devices: Sequence[SimulatedDevice], span: tuple[date, date]) -> str:
    domains = list(dict.fromkeys(feature_type(device.feature).domain for device in devices))
    areas = list(dict.fromkeys(device.area for device in devices))
    where = areas[0].replace("-", " ").title() if len(areas) == 1 else city.town.title
    called = city.scenario.pilots.get(pilot)
    title = called.title if called else f"{' and '.join(domain.value.title() for domain in domains)} in {where}"
    table: dict[str, Any] = {
        "id": pilot,
        "title": f"{title} (simulated)",
        "city": city.town.slug,
        "timezone": city.zone.key,
        "domains": [domain.value for domain in domains],
        "start": span[0],
        "end": span[1],
        "privacy_class": max(PRIVACY.get(domain, "A") for domain in domains),
        "retention_days": 365,
        "licence": "CC0-1.0",
        "publisher": "Citygate simulator",
        "area": {"bbox": _extent(devices)},
        "contact": {"email": "simulator@example.org"},
    }
    if called and called.question:
        table["register"] = {"observation_goal": called.question}
    if called and called.kpi:
        table["kpi"] = [dict(kpi) for kpi in called.kpi]
    document = tomlkit.document()
    document.update(table)
    return tomlkit.dumps(document)


def _extent(devices: Sequence[SimulatedDevice]) -> list[float]:
    longitudes, latitudes = [d.longitude for d in devices], [d.latitude for d in devices]
    corners = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    outward = (-MARGIN_DEG, -MARGIN_DEG, MARGIN_DEG, MARGIN_DEG)
    return [round(corner + away, 6) for corner, away in zip(corners, outward, strict=True)]


def _devices(devices: Sequence[SimulatedDevice]) -> str:
    document = tomlkit.document()
    rows = tomlkit.aot()
    for device in devices:
        row = tomlkit.table()
        row.update(
            {
                "id": device.dev_eui,
                "profile": device.profile,
                "pilot": device.pilot,
                "feature": device.feature,
                "name": device.name,
                "area": device.area,
                "latitude": device.latitude,
                "longitude": device.longitude,
            }
        )
        calibration: dict[str, Any] = {
            name: {"factor": factor, "offset": offset} for name, (factor, offset) in device.calibration.items()
        }
        if calibration:
            row["calibration"] = calibration
        if device.details:
            row["details"] = dict(device.details)
        rows.append(row)
    document["device"] = rows
    return tomlkit.dumps(document)
