"""Every scorer by hand: estimates that are the truth score best, estimates that are not score worse."""

from pathlib import Path

import pytest

from pipelines.model import Observation, Quality
from simulators.score import SCORERS
from simulators.scoring import Score, counting, parking, silence, supplies, surroundings, waste
from simulators.scoring.instants import DAY_NS, HOUR_NS, MINUTE_NS, QUARTER_NS
from simulators.scoring.supplies import incidents
from simulators.scoring.table import markdown
from simulators.signals import Truth
from tests.simulators.scoring.worlds import BEGIN, value, world

STREET, BAY = "street/elm", "parking-spot/elm-1"


def quarters(shift: float) -> tuple[list[Truth], list[Observation]]:
    truths = [Truth(BEGIN + n * QUARTER_NS, STREET, "occupancy", 0.4, QUARTER_NS) for n in range(8)]
    said = [
        Observation(
            "street-parking/elm", "occupancy_percent", 40.0 + shift, BEGIN + n * QUARTER_NS, interval_ns=QUARTER_NS
        )
        for n in range(6)
    ]
    return truths, said


@pytest.mark.parametrize("shift", [0.0, 2.5, -5.0])
def test_occupancy_is_off_by_what_it_is_off(tmp_path: Path, shift: float) -> None:
    scores = parking.score(world(tmp_path, *quarters(shift)))
    assert value(scores, "occupancy in a quarter") == pytest.approx(abs(shift))
    assert value(scores, "the same, bias") == pytest.approx(shift)
    assert value(scores, "quarters of which") == 75


def test_values_that_were_taken_back_or_doubted_are_not_estimates(tmp_path: Path) -> None:
    truths, said = quarters(0.0)
    qualities: tuple[Quality, ...] = ("retracted", "suspect", "missing", "suppressed")
    doubted = [
        Observation(one.feature, one.property, 90.0, one.time_ns, quality=quality, interval_ns=one.interval_ns)
        for one, quality in zip(said, qualities, strict=False)
    ]
    scores = parking.score(world(tmp_path, truths, [*doubted, *said[4:]]))
    assert value(scores, "occupancy in a quarter") == 0
    assert value(scores, "quarters of which") == 25


def test_sessions_count_on_the_day_of_their_end(tmp_path: Path) -> None:
    stays = [Truth(BEGIN + DAY_NS * day + HOUR_NS, BAY, "stay_min", 60.0, HOUR_NS) for day in (0, 1, 1, 2)]
    said = [
        Observation("street-parking/elm", "sessions", count, BEGIN + DAY_NS * day, interval_ns=DAY_NS)
        for day, count in ((0, 9.0), (1, 2.0), (2, 2.0))
    ]
    scores = parking.score(world(tmp_path, stays, said))
    assert value(scores, "sessions counted") == pytest.approx(100 / 3)


@pytest.mark.parametrize(("chance", "score"), [(100.0, 0.0), (50.0, 0.25), (0.0, 1.0)])
def test_the_chance_of_a_bay_is_held_against_what_came(tmp_path: Path, chance: float, score: float) -> None:
    truths = [Truth(BEGIN, BAY, "occupied", value=True), Truth(BEGIN + 10 * MINUTE_NS, BAY, "occupied", value=False)]
    said = [Observation(BAY, "free_in_15min_percent", chance, BEGIN)]
    scores = parking.score(world(tmp_path, truths, said))
    assert value(scores, "P(bay free in 15 min), Brier") == pytest.approx(score)
    assert value(scores, "P(bay free), gap") == pytest.approx(1 - chance / 100)


def collected(*minutes: float) -> list[Observation]:
    return [
        Observation("waste-container/1", "collected", value=True, time_ns=BEGIN + round(m * MINUTE_NS)) for m in minutes
    ]


def test_collections_late_or_made_up_cost_recall_and_precision(tmp_path: Path) -> None:
    true = [Truth(BEGIN + n * DAY_NS, "waste-container/1", "collected", 60.0) for n in (1, 2, 3, 4)]
    soon = waste.score(world(tmp_path, true, collected(1_470, 2_900, 4_330, 5_800)))
    assert (value(soon, "collections, precision"), value(soon, "collections, recall")) == (1, 1)
    late = waste.score(world(tmp_path, true, collected(1_470, 2_900, 4_330, 5_760 + 151, 9_999)))
    assert (value(late, "collections, precision"), value(late, "collections, recall")) == (0.6, 0.75)


def test_what_happens_after_a_sensors_death_is_asked_of_nobody(tmp_path: Path) -> None:
    true = [Truth(BEGIN + n * DAY_NS, "waste-container/1", "collected", 60.0) for n in (1, 2, 3)]
    dead = Truth(BEGIN + 2 * DAY_NS + HOUR_NS, "waste-container/1", "device_dead", value=True)
    scores = waste.score(world(tmp_path, [*true, dead], collected(1_440)))
    assert value(scores, "collections, recall") == 1


def filling(early_h: float, late_h: float) -> tuple[list[Truth], list[Observation]]:
    """Two fillings after the ten days of learning, each full after 60 hours; one forecast at the beginning of each."""
    box = "waste-container/1"
    truths, said = [], []
    for number in range(3):
        begin_ns = BEGIN + 12 * DAY_NS + number * 3 * DAY_NS
        truths.append(Truth(begin_ns, box, "collected", 90.0))
        if number < 2:
            truths += [Truth(begin_ns + hour * HOUR_NS, box, "fill_level_percent", 1.5 * hour) for hour in range(1, 72)]
            for name, hours in (("p10", early_h), ("p50", 59.0), ("p90", late_h)):
                said.append(Observation(box, f"time_to_full_{name}_h", hours, begin_ns + HOUR_NS))
    return truths, said


def test_time_to_full_holds_when_it_is_between_its_quantiles(tmp_path: Path) -> None:
    wide = waste.score(world(tmp_path, *filling(50, 70)))
    narrow = waste.score(world(tmp_path, *filling(60, 70)))
    assert value(wide, "time to full, P10 to P90") == 1
    assert value(narrow, "time to full, P10 to P90") == 0
    assert value(wide, "time to full, pinball") == pytest.approx((0.1 * 9 + 0 + 0.1 * 11) / 3)


def test_containers_that_are_emptied_before_they_are_full_do_not_judge_forecasts(tmp_path: Path) -> None:
    truths, said = filling(50, 70)
    low = [one for one in truths if one.quantity == "collected" or float(one.value) < 80]
    assert value(waste.score(world(tmp_path, low, said)), "time to full, P10 to P90") is None


@pytest.mark.parametrize("factor", [1.0, 1.1, 0.5])
def test_counts_of_hours_are_held_against_the_sum_of_their_quarters(tmp_path: Path, factor: float) -> None:
    truths = [
        Truth(BEGIN + n * QUARTER_NS, "bike-counter/1", "bicycle_count_interval", 5.0, QUARTER_NS) for n in range(8)
    ]
    said = [
        Observation("bike-counter/1", "bicycles", 20 * factor, BEGIN + n * HOUR_NS, interval_ns=HOUR_NS)
        for n in range(3)
    ]
    scores = counting.score(world(tmp_path, truths, said))
    assert value(scores, "bicycles of an hour") == pytest.approx(100 * abs(factor - 1))
    assert next(one.count for one in scores) == 2  # of the third hour nobody knows the truth


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_lden_is_worked_out_from_the_true_quarters(tmp_path: Path, shift: float) -> None:
    truths = [Truth(BEGIN + n * QUARTER_NS, "noise-station/1", "laeq_db", 50.0, QUARTER_NS) for n in range(96)]
    said = [Observation("noise-station/1", "lden_db", 56.395 + shift, BEGIN, interval_ns=DAY_NS)]
    scores = surroundings.score(world(tmp_path, truths, said))
    assert value(scores, "Lden of a day, mean error") == pytest.approx(shift, abs=0.001)
    assert value(scores, "days of which Lden") == 100


def test_air_is_held_against_the_mean_of_the_hour(tmp_path: Path) -> None:
    truths = [Truth(BEGIN + n * QUARTER_NS, "air-station/1", "pm25_ug_m3", 8.0 + n, QUARTER_NS) for n in range(4)]
    said = [
        Observation("air-station/1", name, level, BEGIN, interval_ns=HOUR_NS)
        for name, level in (("pm25_ug_m3", 14.5), ("pm25_corrected_ug_m3", 9.0))
    ]
    scores = surroundings.score(world(tmp_path, truths, said))
    assert value(scores, "PM2.5 of an hour, bias") == 5
    assert value(scores, "PM2.5 corrected, bias") == -0.5


def test_litres_are_what_the_soil_lacks_on_the_wetted_area(tmp_path: Path) -> None:
    midnight = BEGIN + DAY_NS
    truths = [
        Truth(midnight - HOUR_NS, "tree/1", "soil_depletion_mm", 30.0),
        Truth(BEGIN, "tree/1", "needs_water", value=True, interval_ns=DAY_NS),
    ]
    details = {"tree/1": {"area_m2": 4.0, "efficiency": 0.8}}
    for litres, percent in ((150.0, 0.0), (120.0, -20.0)):
        said = [Observation("tree/1", "water_advised_l", litres, midnight, interval_ns=DAY_NS)]
        scores = surroundings.score(world(tmp_path, truths, said, details))
        assert value(scores, "litres advised, bias") == pytest.approx(percent)
        assert value(scores, "days of need") == 100


def test_a_register_that_jumps_shows_in_the_sum_of_its_meter(tmp_path: Path) -> None:
    meter = "electricity-meter/1"
    truths = [Truth(BEGIN + n * QUARTER_NS, meter, "import_kwh", 0.5, QUARTER_NS) for n in range(192)]

    def said(second: float, quality: Quality = "ok") -> list[Observation]:
        sound: Quality = "ok"
        days = ((BEGIN, 48.0, sound), (BEGIN + DAY_NS, second, quality))
        name = "energy_import_interval_kwh"
        return [Observation(meter, name, kwh, at_ns, quality=q, interval_ns=DAY_NS) for at_ns, kwh, q in days]

    assert value(supplies.score(world(tmp_path, truths, said(48.0))), "kWh of a meter") == 0
    assert value(supplies.score(world(tmp_path, truths, said(1_048.0))), "kWh of a meter") == 1_000
    assert value(supplies.score(world(tmp_path, truths, said(1_048.0, "estimated"))), "kWh of a meter") == 0


def test_leaks_and_false_suspicions(tmp_path: Path) -> None:
    meter = "water-meter/1"
    flow = Truth(BEGIN, meter, "water_l", 10.0, HOUR_NS)
    leak = [Truth(BEGIN + DAY_NS, meter, "leak", value=True), Truth(BEGIN + 9 * DAY_NS, meter, "leak", value=False)]

    def suspected(*hours: int) -> list[Observation]:
        return [Observation(meter, "leak_suspected", value=True, time_ns=BEGIN + hour * HOUR_NS) for hour in hours]

    right = supplies.score(world(tmp_path, [flow, *leak], suspected(50)))
    assert (value(right, "leaks suspected within"), value(right, "leaks suspected, precision")) == (1, 1)
    wrong = supplies.score(world(tmp_path, [flow, *leak], suspected(10, 90)))
    assert (value(wrong, "leaks suspected within"), value(wrong, "leaks suspected, precision")) == (0, 0.5)


def test_an_incident_that_goes_on_ends_with_the_truth() -> None:
    told = [Truth(1, "x", "leak", value=True), Truth(4, "x", "leak", value=False), Truth(7, "x", "leak", value=True)]
    assert incidents(told, 9) == [(1, 4), (7, 9)]
    assert incidents(told, 3) == [(1, 3)]


def test_the_dead_are_noticed_and_the_living_are_not_called_dead(tmp_path: Path) -> None:
    dead = Truth(BEGIN + 5 * DAY_NS, "tree/1", "device_dead", value=True)

    def silent(feature: str, hours: int) -> Observation:
        return Observation(feature, "silent", value=True, time_ns=BEGIN + hours * HOUR_NS)

    noticed = silence.score(world(tmp_path, [dead], [silent("tree/1", 123)]))
    assert (value(noticed, "dead devices"), value(noticed, "from death")) == (1, 3)
    not_yet = silence.score(world(tmp_path, [dead], [silent("tree/1", 119)]))
    assert (value(not_yet, "dead devices"), value(not_yet, "from death")) == (0, None)


ROAD = {"bike-counter/1": {"section": "elm-1", "direction": "forward"},
        "bike-counter/2": {"section": "elm-1", "direction": "backward"}}  # fmt: skip


def two_ways(folder: Path, *shares: float) -> list[Score]:
    """Two days of a road on which three in four go forward, and what was said of each."""
    truths = [
        Truth(BEGIN + n * HOUR_NS, feature, "bicycle_count_interval", count, HOUR_NS)
        for n in range(48)
        for feature, count in (("bike-counter/1", 30.0), ("bike-counter/2", 10.0))
    ]
    said = [
        Observation("bike-section/elm-1", "forward_percent", share, BEGIN + n * DAY_NS, interval_ns=DAY_NS)
        for n, share in enumerate(shares)
    ]
    return counting.score(world(folder, truths, said, ROAD))


def test_the_share_that_went_forward_is_held_against_both_counters_of_the_road(tmp_path: Path) -> None:
    right, wrong, silent = two_ways(tmp_path, 75.0, 75.0), two_ways(tmp_path, 71.0), two_ways(tmp_path)
    assert (value(right, "share that went"), value(right, "days of which the share")) == (0, 100)
    assert (value(wrong, "share that went"), value(wrong, "days of which the share")) == (4, 50)
    assert (value(silent, "share that went"), value(silent, "days of which the share")) == (None, 0)


def test_self_consumption_is_held_against_the_flows_at_the_border(tmp_path: Path) -> None:
    border, panels = "electricity-meter/1", "electricity-meter/2"
    flows = {"production_kwh": 1.0, "export_kwh": 0.4, "import_kwh": 0.9, "load_kwh": 1.5}
    truths = [
        Truth(BEGIN + n * QUARTER_NS, border, name, kwh, QUARTER_NS) for n in range(192) for name, kwh in flows.items()
    ]
    truths += [Truth(BEGIN + n * QUARTER_NS, panels, "production_kwh", 1.0, QUARTER_NS) for n in range(192)]
    details = {
        border: {"connection": "school-1", "role": "grid"},
        panels: {"connection": "school-1", "role": "production"},
    }
    said = [
        Observation("connection/school-1", f"self_{name}_percent", percent, BEGIN, interval_ns=DAY_NS)
        for name, percent in (("consumption", 57.0), ("sufficiency", 40.0))
    ]
    scores = supplies.score(world(tmp_path, truths, said, details))
    assert value(scores, "self-consumption of a day") == pytest.approx(3)
    assert value(scores, "self-sufficiency of a day") == pytest.approx(0)
    assert value(scores, "days of which self-consumption") == 50


def test_what_was_not_estimated_keeps_its_row_and_what_is_not_asked_has_a_dash(tmp_path: Path) -> None:
    """Of a city in which something of everything happened, a gateway said nothing."""
    asked = [
        Truth(BEGIN + n * QUARTER_NS, "x/1", name, 1.0, QUARTER_NS)
        for name in ("water_level_m", "water_l", "rain_mm", "pm25_ug_m3", "laeq_db", "import_kwh", "fill_level_percent",
                     "bicycle_count_interval", "occupancy", "bays_free")
        for n in range(192)
    ]  # fmt: skip
    dumb = world(tmp_path, asked, [])
    scores = [one for each in SCORERS for one in each(dumb)]
    empty = {one.measure for one in scores if one.asked and one.value is None}
    assert {"level, mean error", "litres of an hour, sum of errors", "rain of all days, total error"} <= empty
    assert {"fill level, mean error", "bicycles of a day, sum of errors", "Lden of a day, mean error"} <= empty
    assert {one.measure for one in scores if not one.asked} >= {"dead devices noticed within 3 days"}
    lines = markdown({"dumb": scores}).splitlines()
    assert any("level, mean error | no data |" in line for line in lines)
    assert any("dead devices noticed within 3 days | - |" in line for line in lines)
