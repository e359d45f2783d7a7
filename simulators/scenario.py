"""A scenario file: which city, which streets, which devices. Written by people, checked by pydantic."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCENARIOS = Path(__file__).parent / "scenarios"

Point = tuple[float, float]
"""Longitude and latitude, WGS 84 degrees."""


Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
Weekday = Annotated[int, Field(ge=0, le=6)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Network(_Part):
    """The network server in front of the gateway, and its LoRa gateways."""

    dialect: Literal["chirpstack-v4", "chirpstack-v3", "tts-v3"]
    gateways: list[str] = Field(min_length=1)


class ParkingStreet(_Part):
    """A row of bays. ``demand``: share of bays taken at each local hour."""

    pilot: str
    street: str
    bays: int = Field(ge=1, le=2_000)
    profile: str
    from_: Point = Field(alias="from")
    to: Point
    demand: list[Share] = Field(min_length=24, max_length=24)
    mean_stay_min: float = Field(gt=0)
    heartbeat_min: float = Field(gt=0)


class BinStreet(_Part):
    """A row of bins with distance sensors."""

    pilot: str
    street: str
    count: int = Field(ge=1, le=2_000)
    profile: str
    from_: Point = Field(alias="from")
    to: Point
    depth_mm: int = Field(gt=0)
    full_mm: int = Field(ge=0)
    fill_per_day_percent: list[Percent] = Field(min_length=7, max_length=7)
    report_min: float = Field(gt=0)
    collect_hour: float = Field(ge=0, lt=24)
    collect_days: list[Weekday]
    skip_below_percent: Percent


@dataclass(frozen=True)
class SimulatedDevice:
    """A device as the city's asset list would have it."""

    dev_eui: str
    profile: str
    pilot: str
    feature: str
    name: str
    area: str
    longitude: float
    latitude: float


class Scenario(_Part):
    """One scenario file."""

    title: str
    city: str
    timezone: str
    seed: int
    network: Network
    parking: ParkingStreet
    bins: BinStreet

    def parking_devices(self) -> list[SimulatedDevice]:
        """One sensor per bay."""
        return list(self._row(self.parking, "parking-spot", self.parking.bays, "bay"))

    def bin_devices(self) -> list[SimulatedDevice]:
        """One sensor per bin."""
        return list(self._row(self.bins, "waste-container", self.bins.count, "bin"))

    def devices(self) -> list[SimulatedDevice]:
        """Every device of the scenario."""
        return self.parking_devices() + self.bin_devices()

    def _row(self, street: ParkingStreet | BinStreet, kind: str, count: int, word: str) -> Iterator[SimulatedDevice]:
        for index in range(count):
            share = index / max(1, count - 1)
            local = f"{street.street}-{index + 1:02d}"
            yield SimulatedDevice(
                dev_eui=self._dev_eui(kind, index),
                profile=street.profile,
                pilot=street.pilot,
                feature=f"{kind}/{local}",
                name=f"{street.street.title()} {word} {index + 1}",
                area=street.street,
                longitude=round(street.from_[0] + share * (street.to[0] - street.from_[0]), 6),
                latitude=round(street.from_[1] + share * (street.to[1] - street.from_[1]), 6),
            )

    def _dev_eui(self, kind: str, index: int) -> str:
        digest = blake2b(f"{self.seed}/{kind}/{index}".encode(), digest_size=5).hexdigest()
        return (
            "02c17e" + digest
        )  # second bit of the first byte set: a locally administered identifier, nobody's product


def load_scenario(name: str) -> Scenario:
    """A scenario by its name in the package, or by path. Raises FileNotFoundError; ValueError for its mistakes."""
    path = Path(name) if name.endswith(".toml") else SCENARIOS / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
        raise FileNotFoundError(f"no scenario {name!r}; there are: {known}; or give the path of a .toml file")
    return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
