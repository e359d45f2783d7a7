"""Advice at midnight: litres per tree and round, rain that makes a round unnecessary, sensors that give no advice."""

from collections.abc import Callable, Iterable
from math import cos, pi

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.green.details import GreenSettings, SoilDetails
from pipelines.domains.green.watering import Watering
from pipelines.model import Observation
from tests.pipelines.domains.fold import Identity, at, fold, of, series, site, values

BEGIN = at("2026-07-06T00:00")  # a Monday
DAY = 24 * HOUR_NS
ONE, TWO, THREE = "tree/1", "tree/2", "tree/3"
Said = dict[Identity, Observation]


def avenue(*trees: str, **details: float | str) -> Site:
    soil = SoilDetails(area_m2=3.0, **details)  # type: ignore[arg-type]
    places = {tree: Place(area="Dijlepad", details=soil) for tree in trees or (ONE,)}
    settings = GreenSettings(round_litres=80.0, round_weekdays=("tuesday", "friday"))
    return site(places, {"green": settings})


def moist(course: Callable[[int], float] | float, days: int = 1, tree: str = ONE) -> list[Reading]:
    """Hourly moisture; a constant one wavers in its last digit as real ones do."""
    value = course if callable(course) else lambda hour: round(course + 0.1 * (hour % 2), 1)
    hours = range(days * 24)
    return series(tree, "soil_moisture_percent", [(BEGIN + hour * HOUR_NS, value(hour)) for hour in hours])


def rain(mm: dict[int, float], days: int = 1) -> list[Reading]:
    """Hourly amounts; ``mm``: by the hour in which it fell."""
    points = [(BEGIN + hour * HOUR_NS, mm.get(hour - 1, 0.0)) for hour in range(days * 24 + 1)]
    return series("weather-station/roof", "rain_mm", points)


def after(days: int, *readings: Iterable[Reading], where: Site | None = None) -> Said:
    every = [reading for some in readings for reading in some]
    every = [reading for reading in every if reading.time_ns <= BEGIN + days * DAY]
    return fold(Watering(), every, where or avenue(), until=BEGIN + days * DAY, restarts=True)


def of_tree(said: Said, name: str, tree: str = ONE) -> list[object]:
    return [one.value for one in of(said, name) if one.feature == tree]


def test_a_dry_tree_gets_what_its_root_zone_lacks() -> None:
    """fc 0.25, at 0.1306 (13.0 and 13.1 in turn, smoothed): 71.6 mm on 3 m² at 80 %: 268.6 L."""
    said = after(1, moist(13.0))
    (advice,) = of(said, "watering_advice")
    assert (advice.value, advice.time_ns, advice.interval_ns) == ("water", BEGIN + DAY, DAY)
    assert of_tree(said, "water_advised_l") == [pytest.approx(268.6, abs=0.1)]
    assert of_tree(said, "soil_sensor_check") == ["ok"]


def test_a_moist_tree_waits_and_the_round_day_saves_the_schedules_litres() -> None:
    said = after(2, moist(24.0, 2))
    assert of_tree(said, "watering_advice") == ["wait", "wait"]
    assert of_tree(said, "water_advised_l") == [0.0, 0.0]
    assert [(one.value, one.time_ns) for one in of(said, "water_saved_l") if one.feature == ONE] == [
        (80.0, BEGIN + DAY)
    ]


def test_a_dry_tree_can_need_more_than_the_schedule_gives() -> None:
    assert of_tree(after(1, moist(13.0)), "water_saved_l") == [pytest.approx(80 - 268.6, abs=0.1)]


def test_a_tension_above_its_trigger_asks_for_water_at_the_retention_curves_dose() -> None:
    points = [(BEGIN + hour * HOUR_NS, 70.0 + hour % 2) for hour in range(24)]
    said = after(1, series(ONE, "soil_tension_kpa", points))
    assert of_tree(said, "watering_advice") == ["water"]
    (amount,) = of_tree(said, "water_advised_l")
    assert isinstance(amount, float)
    assert 80 < amount < 150  # 29 to 40 mm of loam's 78
    tight = after(1, series(ONE, "soil_tension_kpa", points), where=avenue(trigger_kpa=90.0))
    assert of_tree(tight, "watering_advice") == ["wait"]


def test_rain_that_makes_the_dose_good_saves_the_round() -> None:
    dry = moist(13.0)
    assert of_tree(after(1, dry, rain({20: 51.0})), "watering_advice") == ["rained"]
    assert of_tree(after(1, dry, rain({20: 51.0})), "water_saved_l") == [80.0]
    assert of_tree(after(1, dry, rain({20: 4.0})), "watering_advice") == ["water"]


def test_yesterdays_rain_is_in_the_soil_and_not_counted_again() -> None:
    said = after(2, moist(lambda hour: 13.0 if hour < 12 else 15.0 + 0.1 * (hour % 2), 2), rain({12: 50.0}, 2))
    assert of_tree(said, "watering_advice") == ["rained", "water"]


def test_the_mean_of_the_stations_is_the_pilots_rain() -> None:
    other = [Reading(one.time_ns, "d", "weather-station/park", "rain_mm", 0.0) for one in rain({})]
    said = after(1, moist(13.0), rain({20: 60.0}), other)
    assert of_tree(said, "watering_advice") == ["water"]


def test_a_sensor_that_does_not_answer_to_rain_within_a_day_gives_no_advice() -> None:
    said = after(3, moist(13.0, 3), rain({5: 12.0}, 3))
    assert of_tree(said, "soil_sensor_check") == ["ok", "no_rain_response", "no_rain_response"]
    assert of_tree(said, "watering_advice") == ["water", "unknown", "unknown"]
    assert [one.quality for one in of(said, "water_advised_l") if one.feature == ONE] == ["ok", "missing", "missing"]
    assert len(of_tree(said, "water_saved_l")) == 1


def test_rain_that_may_not_reach_the_sensor_asks_for_no_answer() -> None:
    """6 mm: enough for a zone of 0.3 m, not for one of 0.6."""
    shower = rain({5: 6.0}, 3)
    assert set(of_tree(after(3, moist(13.0, 3), shower), "soil_sensor_check")) == {"ok"}
    shallow = after(3, moist(13.0, 3), shower, where=avenue(root_depth_m=0.3))
    assert of_tree(shallow, "soil_sensor_check") == ["ok", "no_rain_response", "no_rain_response"]


def test_a_sensor_that_answers_is_believed_and_one_in_full_soil_need_not() -> None:
    answers = moist(lambda hour: 13.0 + 0.1 * (hour % 2) + (2.0 if hour >= 9 else 0.0), 3)
    assert set(of_tree(after(3, answers, rain({5: 12.0}, 3)), "soil_sensor_check")) == {"ok"}
    assert set(of_tree(after(3, moist(25.0, 3), rain({5: 12.0}, 3)), "soil_sensor_check")) == {"ok"}


def test_a_sensor_is_believed_again_once_it_answers_to_a_later_rain() -> None:
    later = moist(lambda hour: 13.0 + 0.1 * (hour % 2) + (2.0 if hour >= 74 else 0.0), 5)
    said = after(5, later, rain({5: 12.0, 72: 12.0}, 5))
    assert of_tree(said, "soil_sensor_check") == ["ok", "no_rain_response", "no_rain_response", "ok", "ok"]


def test_one_that_was_silent_while_it_should_have_answered_is_not_blamed() -> None:
    silent = [one for one in moist(13.0, 3) if not 6 <= (one.time_ns - BEGIN) // HOUR_NS < 40]
    assert "no_rain_response" not in of_tree(after(3, silent, rain({5: 12.0}, 3)), "soil_sensor_check")


def test_a_value_that_stands_still_for_a_week_is_stuck() -> None:
    said = after(9, moist(lambda _hour: 13.0, 9))
    assert of_tree(said, "soil_sensor_check") == ["ok"] * 6 + ["stuck"] * 3
    assert of_tree(said, "watering_advice")[-1] == "unknown"


def test_a_moisture_that_swings_with_the_temperature_is_the_sensors_own() -> None:
    def wave(hour: int) -> float:
        return -cos(2 * pi * hour / 24)

    warm = series(ONE, "soil_temperature_c", [(BEGIN + h * HOUR_NS, 20 + 5 * wave(h)) for h in range(24)])
    assert of_tree(after(1, moist(lambda h: 20 + 2 * wave(h)), warm), "soil_sensor_check") == ["follows_temperature"]
    assert of_tree(after(1, moist(lambda h: 20 + 0.5 * wave(h)), warm), "soil_sensor_check") == ["ok"]
    drying = moist(lambda h: 24 - 0.2 * h)
    assert of_tree(after(1, drying, warm), "soil_sensor_check") == ["ok"]


def test_a_round_is_the_sum_of_its_trees() -> None:
    where = avenue(ONE, TWO)
    said = after(1, moist(13.0), moist(24.0, tree=TWO), where=where)
    (total,) = [one for one in of(said, "water_advised_l") if one.feature == "watering-round/Dijlepad"]
    assert total.value == pytest.approx(268.6, abs=0.1)
    assert values({k: v for k, v in said.items() if k[0].startswith("watering-round")}, "water_saved_l") == [
        pytest.approx(160 - 268.6, abs=0.1)
    ]


def test_a_round_of_which_too_few_trees_are_known_has_no_litres() -> None:
    said = after(1, moist(13.0), moist(13.0, tree=TWO), where=avenue(ONE, TWO, THREE))
    together = {one.property: one for one in said.values() if one.feature.startswith("watering-round")}
    assert together["water_advised_l"].quality == "missing"
    assert together["coverage_percent"].value == 66.67
    assert "water_saved_l" not in together


def test_a_silent_tree_is_unknown_for_two_weeks_and_then_forgotten() -> None:
    machine, where = Watering(), avenue()
    state = machine.begin("pilot", where)
    for reading in moist(13.0):
        machine.take(state, reading, where)
    said = list(machine.pass_time(state, BEGIN + 30 * DAY, where))
    words = [one.value for one in said if one.property == "watering_advice"]
    assert words == ["water"] + ["unknown"] * 13
    assert (state.plants, state.end_ns) == ({}, 0)


def test_a_parcel_without_an_area_gets_advice_without_litres() -> None:
    parcel = [Reading(one.time_ns, "d", "parcel/north", one.property, one.value) for one in moist(13.0)]
    said = after(1, parcel, where=site({"parcel/north": Place(details=SoilDetails())}))
    assert values(said, "watering_advice") == ["water"]
    assert not of(said, "water_advised_l")


def test_a_tree_without_an_area_of_its_own_takes_the_pilots() -> None:
    said = after(1, moist(13.0), where=site(settings={"green": GreenSettings(tree_area_m2=6.0)}))
    assert values(said, "water_advised_l") == [pytest.approx(537.2, abs=0.1)]


def test_a_plant_that_has_told_only_its_temperature_is_not_spoken_of() -> None:
    warm = series(ONE, "soil_temperature_c", [(BEGIN + hour * HOUR_NS, 15.0) for hour in range(24)])
    assert not after(1, warm)


def test_a_doubtful_reading_is_not_there() -> None:
    reading = Reading(BEGIN, "d", ONE, "soil_moisture_percent", 20.0, "suspect")
    assert not fold(Watering(), [reading], avenue(), until=BEGIN + 48 * HOUR_NS)
