"""Write the scenario's pilots and devices as the files that a gateway reads: what a city's asset list would give."""

from pathlib import Path

import tomlkit

from simulators.scenario import BinStreet, ParkingStreet, Scenario, SimulatedDevice


def write_asset_list(scenario: Scenario, folder: Path) -> None:
    """Fill ``folder/pilots`` and ``folder/devices`` with one file per pilot of the scenario."""
    for name in ("pilots", "devices"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    streets: tuple[tuple[ParkingStreet | BinStreet, str, list[SimulatedDevice]], ...] = (
        (scenario.parking, "parking", scenario.parking_devices()),
        (scenario.bins, "waste", scenario.bin_devices()),
    )
    for street, domain, devices in streets:
        (folder / "pilots" / f"{street.pilot}.toml").write_text(_pilot(scenario, street, domain), encoding="utf-8")
        (folder / "devices" / f"{street.pilot}.toml").write_text(_devices(scenario, devices), encoding="utf-8")


def _pilot(scenario: Scenario, street: ParkingStreet | BinStreet, domain: str) -> str:
    document = tomlkit.document()
    document.update(
        {
            "id": street.pilot,
            "title": f"{domain.title()} in {street.street.title()} (simulated)",
            "city": scenario.city,
            "domains": [domain],
            "start": tomlkit.date("2026-11-01"),
            "end": tomlkit.date("2027-04-30"),
            "privacy_class": "A",
            "retention_days": 365,
            "licence": "CC0-1.0",
            "publisher": "Citygate simulator",
            "contact": {"email": "simulator@example.org"},
        }
    )
    return tomlkit.dumps(document)


def _devices(scenario: Scenario, devices: list[SimulatedDevice]) -> str:
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
        if device.profile == scenario.bins.profile:
            span_mm = scenario.bins.depth_mm - scenario.bins.full_mm
            fill = tomlkit.table()
            fill.update({"factor": -100 / span_mm, "offset": 100 * scenario.bins.depth_mm / span_mm})
            row["calibration"] = {"fill_level_percent": fill}
        rows.append(row)
    document["device"] = rows
    return tomlkit.dumps(document)
