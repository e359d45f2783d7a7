"""Cities as open data see them, for tests: pilots and devices in a line each."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from gateway.files.load import Files
from gateway.files.pilots import Contact, Pilot
from gateway.open_city import OpenCity
from pipelines.decode import CompiledProfile
from pipelines.model import Device, Location, Value
from pipelines.vocabulary import Domain

HERE = Location(4.357, 52.011)


def device(
    feature: str,
    *,
    pilot: str = "waste-delft",
    city: str = "delft",
    number: int = 1,
    area: str = "",
    location: Location | None = HERE,
    details: Mapping[str, Value] | None = None,
    name: str = "",
    profile: str = "elsys/ems",
    privacy_class: str = "",
    privacy: Mapping[str, str] | None = None,
) -> Device:
    return Device(
        f"a81758fffe{number:06d}",
        profile,
        pilot,
        city,
        feature,
        area=area,
        name=name,
        location=location,
        details=details or {},
        privacy_class=privacy_class,
        privacy=privacy or {},
    )


def pilot(name: str, *, city: str = "delft", privacy: Any = "A") -> Pilot:
    return Pilot(
        id=name,
        title=f"The pilot {name}",
        city=city,
        domains=tuple(Domain),
        start=date(2026, 1, 1),
        privacy_class=privacy,
        retention_days=365,
        publisher="City of Delft",
        contact=Contact(email="pilot@delft.example"),
    )


def city_of(
    devices: Iterable[Device],
    *,
    privacy: Mapping[str, Any] | None = None,
    profiles: Mapping[str, CompiledProfile] | None = None,
) -> OpenCity:
    """A city with these devices; each pilot that they name is there, in class A unless ``privacy`` says another."""
    devices = tuple(devices)
    names = {one.pilot: one.city for one in devices}
    pilots = {name: pilot(name, city=city, privacy=(privacy or {}).get(name, "A")) for name, city in names.items()}
    return OpenCity(Files(devices, pilots), profiles)
