"""Every machine, and what people may write for it in pilot and device files. To add one: a file, and a line here."""

from collections.abc import Mapping
from typing import Any

import msgspec

from pipelines.domains import Machine
from pipelines.domains.air.station import AirDetails, AirMachine, AirSettings
from pipelines.domains.cycling.counts import CountMachine
from pipelines.domains.cycling.kinds import BICYCLES, PEOPLE, VEHICLES
from pipelines.domains.cycling.links import FASTEST_BICYCLE_KMH, LinkMachine, SpeedMachine
from pipelines.domains.cycling.settings import CounterDetails, CountSettings, LinkDetails
from pipelines.domains.devices.battery import Battery
from pipelines.domains.devices.radio import Radio
from pipelines.domains.devices.silence import Silence
from pipelines.domains.devices.tamper import Tamper
from pipelines.domains.energy.balance import ConnectionBalance
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.energy.meter import ElectricityMeter
from pipelines.domains.green.details import GreenSettings, SoilDetails
from pipelines.domains.green.soil import SoilWater
from pipelines.domains.green.watering import Watering
from pipelines.domains.heat.stress import HeatMachine
from pipelines.domains.light.details import LampDetails, LightSettings
from pipelines.domains.light.lamp import Lamp
from pipelines.domains.lora_gateways.gateway import LoraGateway
from pipelines.domains.noise.levels import NoiseMachine, NoiseSettings
from pipelines.domains.parking.guidance import GuidanceMachine
from pipelines.domains.parking.settings import BayDetails, ParkingSettings
from pipelines.domains.parking.street import StreetMachine
from pipelines.domains.waste.alarms import AlarmMachine
from pipelines.domains.waste.container import ContainerMachine
from pipelines.domains.waste.settings import ContainerDetails, WasteSettings
from pipelines.domains.water.details import LevelDetails, WaterMeterDetails, WaterSettings
from pipelines.domains.water.leakage import Leakage
from pipelines.domains.water.level import Level
from pipelines.domains.water.quality import Quality as WaterQuality
from pipelines.domains.weather.et0 import Et0, StationDetails
from pipelines.domains.weather.rain import Rain
from pipelines.domains.weather.temperature import Temperature
from pipelines.vocabulary import Domain

MACHINES: tuple[Machine[Any], ...] = (
    Silence(),
    Battery(),
    Radio(),
    Tamper(),
    StreetMachine(),
    GuidanceMachine(),
    ContainerMachine(),
    AlarmMachine(),
    ElectricityMeter(),
    ConnectionBalance(),
    SoilWater(),
    Watering(),
    Lamp(),
    Level(),
    Leakage(),
    WaterQuality(),
    Rain(),
    Et0(),
    Temperature(),
    CountMachine(BICYCLES),
    CountMachine(PEOPLE),
    CountMachine(VEHICLES),
    SpeedMachine(BICYCLES, FASTEST_BICYCLE_KMH),
    SpeedMachine(VEHICLES),
    LinkMachine(),
    NoiseMachine(),
    AirMachine(),
    HeatMachine(),
    LoraGateway(),
)
"""In no particular order: they do not know each other."""

SETTINGS: Mapping[Domain, type[msgspec.Struct]] = {
    Domain.GREEN: GreenSettings,
    Domain.LIGHT: LightSettings,
    Domain.WATER: WaterSettings,
    Domain.PARKING: ParkingSettings,
    Domain.WASTE: WasteSettings,
    Domain.CYCLING: CountSettings,
    Domain.MOBILITY: CountSettings,
    Domain.NOISE: NoiseSettings,
    Domain.AIR: AirSettings,
}
"""Domain → what ``[settings.<domain>]`` of a pilot file may hold. Every field has a default."""

DETAILS: Mapping[str, type[msgspec.Struct]] = {
    "parking-spot": BayDetails,
    "waste-container": ContainerDetails,
    "electricity-meter": MeterDetails,
    "tree": SoilDetails,
    "parcel": SoilDetails,
    "street-light": LampDetails,
    "water-level": LevelDetails,
    "water-meter": WaterMeterDetails,
    "weather-station": StationDetails,
    "bike-counter": CounterDetails,
    "people-counter": CounterDetails,
    "vehicle-counter": CounterDetails,
    "bike-link": LinkDetails,
    "air-station": AirDetails,
}
"""Feature type → what ``details`` of a device may hold. Every field has a default."""
