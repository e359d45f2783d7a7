"""Machines whose details open paths that a bare site leaves closed: through the runner, shuffled, with a restart.

The days come from the simulators, so that registers rise, rain falls and water runs as they do.
"""

import random
from typing import Any

import msgspec
import pytest

from pipelines.domains import HOUR_NS, Machine, Place, Reading, Site
from pipelines.domains.energy.balance import ConnectionBalance
from pipelines.domains.energy.meter import ElectricityMeter
from pipelines.domains.green.watering import Watering
from pipelines.domains.light.lamp import Lamp
from pipelines.domains.table import DETAILS
from pipelines.domains.water.leakage import Leakage
from pipelines.domains.water.level import Level
from pipelines.model import Location
from simulators.signals.energy import ElectricityMeters
from simulators.signals.green import Trees
from simulators.signals.light import StreetLights
from simulators.signals.table import KINDS
from simulators.signals.water import WaterLevels
from simulators.signals.water_meter import WaterMeters
from simulators.signals.weather_station import WeatherStations
from tests import simulated_site
from tests.pipelines.domains import contract
from tests.pipelines.domains.fold import BRUSSELS

START, HOURS = "2026-10-24T06:00", 40
UNTIL_NS = simulated_site.at(START) + (HOURS + 30) * HOUR_NS
NAMES = {
    "count": ("water_m3", 0.001),
    "distance": ("distance_mm", 1.0),
    "moisture_fine": ("soil_moisture_percent", 1.0),
    "temperature": ("soil_temperature_c", 1.0),
}

WORLDS: list[tuple[Machine[Any], dict[str, Any]]] = [
    (
        ElectricityMeter(),
        {"electricity": ElectricityMeters(register_digits=3, start_kwh=990.0, exchanges_per_year=90.0)},
    ),
    (ConnectionBalance(), {"electricity": ElectricityMeters(production_meter=True)}),
    (Leakage(), {"water_meters": WaterMeters(leaks_per_year=60.0)}),
    (Level(), {"water_level": WaterLevels(reflections_share=0.05, alert_m=0.7, danger_m=0.8)}),
    (Lamp(), {"lights": StreetLights(failures_per_year=200.0)}),
    (Watering(), {"trees": Trees(rounds="none"), "weather": WeatherStations()}),
]


def pilot(kinds: dict[str, Any]) -> Site:
    places = {}
    for kind, parameters in kinds.items():
        for index, device in enumerate(simulated_site.site(kind, 2).devices):
            details = msgspec.convert(
                KINDS[kind].details(parameters, "school", index), DETAILS[device.feature.partition("/")[0]]
            )
            places[device.feature] = Place(device.area, Location(device.longitude, device.latitude, 5.0), details)
    return Site("pilot", "mechelen", BRUSSELS, places)


def heard(machine: Machine[Any], kinds: dict[str, Any]) -> list[Reading]:
    readings = []
    for kind, parameters in kinds.items():
        profile = "generic/json" if kind == "weather" else ""
        for report in simulated_site.live(
            kind, parameters, devices=2, days=HOURS / 24, start=START, profile=profile, seed=3
        ):
            for name, value in (report.readings or {}).items():
                known, factor = NAMES.get(name, (name, 1.0))
                if known in machine.properties and report.device.feature.partition("/")[0] in machine.features:
                    meant = value if isinstance(value, bool) else float(value) * factor
                    readings.append(Reading(report.at_ns, report.device.dev_eui, report.device.feature, known, meant))
    return readings


@pytest.mark.parametrize(("machine", "kinds"), WORLDS, ids=[machine.producer for machine, _ in WORLDS])
def test_a_shuffled_day_ends_as_an_ordered_one(machine: Machine[Any], kinds: dict[str, Any]) -> None:
    site, readings = pilot(kinds), heard(machine, kinds)
    ordered = contract.in_order(machine, site, readings, UNTIL_NS)
    assert len(ordered) >= 5
    for seed in range(2):
        order = random.Random(seed).sample(readings, len(readings))
        batches = [order[at : at + 40] for at in range(0, len(order), 40)]
        observer, _runner = contract.run(machine, site, batches, {}, until_ns=UNTIL_NS, restart_after=len(batches) // 2)
        assert observer.final == ordered
