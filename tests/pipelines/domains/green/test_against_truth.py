"""Simulated trees, whose truth is known: sound sensors are believed, and the litres are those that the soil lacks."""

from statistics import fmean

import msgspec

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.green.details import SoilDetails
from pipelines.domains.green.watering import Watering
from simulators.signals import Report
from simulators.signals.green import Trees, details
from simulators.signals.weather import CityWeather, Climate
from simulators.signals.weather_station import WeatherStations
from tests.pipelines.domains.fold import fold, of, site, values
from tests.simulated_site import at, live, truths

DAYS, TREES = 60, 6
START = "2026-06-01T00:00"
PARAMETERS = Trees(rounds="none", moisture_bias_percent=0.0)


def world() -> tuple[list[Report], list[Reading]]:
    sky = CityWeather(Climate(), 2)
    reports = live(
        "trees", PARAMETERS, devices=TREES, days=DAYS, start=START, weather=sky, profile="milesight-iot/em500-smtc"
    )
    weather = live("weather", WeatherStations(), days=DAYS, start=START, weather=sky, profile="generic/json")
    words = {"moisture_fine": "soil_moisture_percent", "temperature": "soil_temperature_c", "rain_mm": "rain_mm"}
    readings = [
        Reading(one.at_ns, one.device.dev_eui, one.device.feature, words[name], float(value))
        for one in reports + weather
        for name, value in (one.readings or {}).items()
        if name in words
    ]
    return reports, readings


def pilot() -> Site:
    soil = [msgspec.convert(details(PARAMETERS, "", index), SoilDetails) for index in range(TREES)]
    return site({f"tree/sluisstraat-{index}": Place(details=one) for index, one in enumerate(soil)})


def test_litres_are_what_the_root_zone_lacks_and_sound_sensors_are_believed() -> None:
    reports, readings = world()
    where = pilot()
    said = fold(Watering(), readings, where, until=at(START) + DAYS * 24 * HOUR_NS)
    checks = values(said, "soil_sensor_check")
    assert checks.count("ok") >= 0.98 * len(checks)
    true = list(truths(reports, "soil_depletion_mm"))
    errors, doses = [], []
    for one in of(said, "water_advised_l"):
        if one.quality != "ok" or not one.value:
            continue
        last = max(
            (each for each in true if each.feature == one.feature and each.at_ns < one.time_ns), key=lambda t: t.at_ns
        )
        dose = float(last.value) * PARAMETERS.rooted_m2
        errors.append(abs(float(one.value) - dose))
        doses.append(dose)
    assert len(doses) > 100
    assert fmean(errors) < 0.05 * fmean(doses)
