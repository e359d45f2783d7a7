"""Write the scenario's pilots and devices as the files that a gateway reads: what a city's asset list would give."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import tomlkit

from pipelines.vocabulary import Domain, feature_type
from simulators.city.settle import City
from simulators.device import SimulatedDevice

FIRST_DAY, LAST_DAY = "2026-11-01", "2027-04-30"
"""Of a pilot whose scenario has no start of its own."""
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


def write_asset_list(city: City, folder: Path) -> None:
    """Fill ``folder/pilots`` and ``folder/devices`` with one file per pilot of the scenario."""
    for name in ("pilots", "devices"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    by_pilot: dict[str, list[SimulatedDevice]] = defaultdict(list)
    for device in city.devices:
        by_pilot[device.pilot].append(device)
    for pilot, devices in by_pilot.items():
        (folder / "pilots" / f"{pilot}.toml").write_text(_pilot(city, pilot, devices), encoding="utf-8")
        (folder / "devices" / f"{pilot}.toml").write_text(_devices(devices), encoding="utf-8")


def _pilot(city: City, pilot: str, devices: Sequence[SimulatedDevice]) -> str:
    domains = list(dict.fromkeys(feature_type(device.feature).domain for device in devices))
    areas = list(dict.fromkeys(device.area for device in devices))
    where = areas[0].replace("-", " ").title() if len(areas) == 1 else city.town.title
    first, last = FIRST_DAY, LAST_DAY
    if city.scenario.start is not None:
        first = city.scenario.start.isoformat()
        last = (city.scenario.start + timedelta(days=int(city.scenario.days or 181))).isoformat()
    document = tomlkit.document()
    document.update(
        {
            "id": pilot,
            "title": f"{' and '.join(domain.value.title() for domain in domains)} in {where} (simulated)",
            "city": city.town.slug,
            "timezone": city.zone.key,
            "domains": [domain.value for domain in domains],
            "start": tomlkit.date(first),
            "end": tomlkit.date(last),
            "privacy_class": max(PRIVACY.get(domain, "A") for domain in domains),
            "retention_days": 365,
            "licence": "CC0-1.0",
            "publisher": "Citygate simulator",
            "area": {"bbox": _extent(devices)},
            "contact": {"email": "simulator@example.org"},
        }
    )
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
