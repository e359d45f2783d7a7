"""The table of signals: what a scenario may place in a city, by name.

``build`` makes the signals of one site, in the order of its devices; signals that only tell the truth of the site as
a whole come last and never send. To add a kind: one file with parameters and signals, one row here, and a law in
``tests/simulators/signals``.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from pipelines.vocabulary import Domain
from simulators.signals import (
    Signal,
    Site,
    Weather,
    air,
    air_sensors,
    counting,
    cycling,
    energy,
    green,
    light,
    noise,
    parking,
    parking_sensors,
    safety,
    soil_sensors,
    waste,
    waste_sensors,
    water,
    water_meter,
    water_quality,
    weather_station,
)

Build = Callable[[Site, Any, random.Random, Weather, ZoneInfo], Sequence[Signal]]
Calibration = Mapping[str, tuple[float, float]]
"""Property → (factor, offset), as the operator writes it into the device's file."""
Details = Mapping[str, float | int | bool | str]
"""What the operator knows of a device beside its place, as the analytics of its domain read it."""


def _no_calibration(_parameters: Any) -> Calibration:
    return {}


def _no_details(_parameters: Any, _site: str, _index: int) -> Details:
    return {}


@dataclass(frozen=True)
class Kind:
    """One row. ``profiles``: device profiles whose readings the signals can speak, the usual one first.

    ``calibration(parameters)`` and ``details(parameters, site name, number of the device from 0)``: what the asset list
    must say of each device so that its readings are understood.
    """

    title: str
    domain: Domain
    feature_type: str
    profiles: tuple[str, ...]
    parameters: type
    build: Build
    calibration: Callable[[Any], Calibration] = _no_calibration
    details: Callable[[Any, str, int], Details] = _no_details

    def read(self, table: Mapping[str, object]) -> Any:
        """Parameters from a scenario's table, defaults for the rest. Raises ValidationError naming each wrong key."""
        strict = checked(self.parameters, frozen=True, config=ConfigDict(extra="forbid"))
        read = TypeAdapter(strict).validate_python(dict(table))
        return self.parameters(**{field.name: getattr(read, field.name) for field in fields(read)})


KINDS: dict[str, Kind] = {
    "parking_mmcc": Kind(
        "Street of parking bays, M/M/c/c",
        Domain.PARKING,
        "parking-spot",
        tuple(parking_sensors.SPEAK),
        parking.ParkingMmcc,
        parking.build,
        details=parking.details,
    ),
    "parking_overdispersed": Kind(
        "Street of parking bays that breaks the assumptions",
        Domain.PARKING,
        "parking-spot",
        tuple(parking_sensors.SPEAK),
        parking.ParkingOverdispersed,
        parking.build,
        details=parking.details,
    ),
    "waste": Kind(
        "Bins and containers",
        Domain.WASTE,
        "waste-container",
        tuple(waste_sensors.SPEAK),
        waste.Bins,
        waste.build,
        calibration=waste.calibration,
        details=waste.details,
    ),
    "cycling": Kind(
        "Cycle counters",
        Domain.CYCLING,
        "bike-counter",
        cycling.PROFILES["bicycle"],
        counting.BicycleCounters,
        cycling.build,
        details=cycling.details,
    ),
    "people": Kind(
        "People counters",
        Domain.MOBILITY,
        "people-counter",
        cycling.PROFILES["people"],
        counting.PeopleCounters,
        cycling.build,
        details=cycling.details,
    ),
    "vehicles": Kind(
        "Vehicle counters",
        Domain.MOBILITY,
        "vehicle-counter",
        cycling.PROFILES["vehicle"],
        counting.VehicleCounters,
        cycling.build,
        details=cycling.details,
    ),
    "trees": Kind(
        "Soil under street trees",
        Domain.GREEN,
        "tree",
        tuple(soil_sensors.SPEAK),
        green.Trees,
        green.build,
        details=green.details,
    ),
    "parcels": Kind(
        "Soil of farm parcels",
        Domain.AGRI,
        "parcel",
        tuple(soil_sensors.SPEAK),
        green.Parcels,
        green.build,
        details=green.details,
    ),
    "air": Kind("Air sensors", Domain.AIR, "air-station", tuple(air_sensors.SPEAK), air.AirStations, air.build),
    "noise": Kind("Sound meters", Domain.NOISE, "noise-station", noise.PROFILES, noise.SoundMeters, noise.build),
    "weather": Kind(
        "Weather stations",
        Domain.WEATHER,
        "weather-station",
        weather_station.PROFILES,
        weather_station.WeatherStations,
        weather_station.build,
        details=weather_station.details,
    ),
    "water_level": Kind(
        "Water level gauges",
        Domain.WATER,
        "water-level",
        water.PROFILES,
        water.WaterLevels,
        water.build,
        calibration=water.calibration,
        details=water.details,
    ),
    "water_meters": Kind(
        "Water meters with leaks",
        Domain.WATER,
        "water-meter",
        water_meter.PROFILES,
        water_meter.WaterMeters,
        water_meter.build,
        calibration=water_meter.calibration,
        details=water_meter.details,
    ),
    "water_quality": Kind(
        "Water quality probes",
        Domain.WATER,
        "water-quality",
        water_quality.PROFILES,
        water_quality.WaterProbes,
        water_quality.build,
    ),
    "electricity": Kind(
        "Electricity meters, with panels",
        Domain.ENERGY,
        "electricity-meter",
        energy.PROFILES,
        energy.ElectricityMeters,
        energy.build,
        details=energy.details,
    ),
    "lights": Kind(
        "Street lights",
        Domain.LIGHT,
        "street-light",
        light.PROFILES,
        light.StreetLights,
        light.build,
        details=light.details,
    ),
    "doors": Kind("Watched doors", Domain.SAFETY, "safety-point", safety.PROFILES, safety.Doors, safety.build),
}
