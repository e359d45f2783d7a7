"""A street's machine on days worked by hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, QUARTER_NS, Place, Reading, Site
from pipelines.domains.parking.settings import BayDetails, ParkingSettings
from pipelines.domains.parking.street import StreetMachine, street_name
from pipelines.model import Observation
from tests.pipelines.domains.fold import at, fold, of, site, values

NOON = at("2026-06-01T12:00")  # a Monday
S, MIN = 10**9, 60 * 10**9
Said = dict[tuple[str, str, int, int], Observation]


def bay(number: int) -> str:
    return f"parking-spot/A-{number}"


def street(bays: int = 1, details: BayDetails | None = None, **changes: Any) -> Site:
    places = {bay(number): Place("Sluis straat", None, details) for number in range(bays)}
    return site(places, {"parking": ParkingSettings(**changes)})


def says(number: int, *signs: tuple[int, bool], f_cnt: int | None = None) -> list[Reading]:
    """What a bay's sensor sends; with ``f_cnt`` each frame counts on from there."""
    readings = []
    for count, (at_ns, occupied) in enumerate(signs):
        readings.append(Reading(at_ns, f"box-{number}", bay(number), "occupied", occupied))
        if f_cnt is not None:
            readings.append(Reading(at_ns, f"box-{number}", bay(number), "f_cnt", float(f_cnt + count)))
    return readings


def run(readings: list[Reading], where: Site, hours: float = 30) -> Said:
    return fold(StreetMachine(), readings, where, until=NOON + int(hours * HOUR_NS))


def quarter(said: Said, minutes: int, name: str = "occupancy_percent") -> Observation:
    return said["street-parking/Sluis-straat", name, NOON + minutes * MIN, QUARTER_NS]


def test_occupancy_is_time_weighted_over_the_street() -> None:
    # bay 0 taken for 6 of 15 minutes, bay 1 for all of them
    readings = [*says(0, (NOON, False), (NOON + 3 * MIN, True), (NOON + 9 * MIN, False)), *says(1, (NOON, True))]
    said = run(readings, street(2))
    assert quarter(said, 0).value == pytest.approx(100 * (6 + 15) / 30)
    assert quarter(said, 0, "coverage_percent").value == pytest.approx(100)
    assert quarter(said, 15).value == pytest.approx(50)


def test_a_bay_that_nobody_has_heard_leaves_the_denominator_and_the_coverage() -> None:
    said = run(says(0, (NOON, True)), street(4))
    assert quarter(said, 0).quality == "missing"
    assert quarter(said, 0, "coverage_percent").value == pytest.approx(25)
    said = run(says(0, (NOON, True)), street(4, min_capture_percent=20))
    assert quarter(said, 0).value == pytest.approx(100)


def test_a_bay_that_falls_silent_is_unknown_from_its_last_word_on() -> None:
    beats = [(NOON + half * 30 * MIN, False) for half in range(12)]
    said = run([*says(0, (NOON, True)), *says(1, *beats)], street(2, longest_silence_h=1, min_capture_percent=50))
    for minutes in (0, 15, 60):  # said when it was certain that nothing had come after the first word
        assert quarter(said, minutes, "coverage_percent").value == pytest.approx(50)
        assert quarter(said, minutes).value == pytest.approx(0)


def test_a_bay_that_speaks_again_counts_again_and_what_was_parked_meanwhile_is_censored() -> None:
    later = [(NOON + minutes * MIN, minutes == 600) for minutes in (600, 605, 640)]
    readings = says(0, (NOON, True), *later)
    said = run(readings, street(longest_silence_h=1))
    assert of(said, "stay_min") == []
    assert quarter(said, 600).value == pytest.approx(100 * 5 / 15)


def test_a_blip_is_nothing_and_a_short_stay_is_one() -> None:
    readings = says(
        0, (NOON, False), (NOON + 60 * S, True), (NOON + 63 * S, False), (NOON + 600 * S, True), (NOON + 620 * S, False)
    )
    said = run(readings, street())
    assert values(said, "stay_min") == [pytest.approx(20 / 60)]
    assert quarter(said, 0).value == pytest.approx(100 * 20 / 900)


def test_three_bays_that_flip_within_two_seconds_must_last_a_minute() -> None:
    free = [reading for number in range(4) for reading in says(number, (NOON, False))]
    passing = [says(number, (NOON + 300 * S + number * S // 2, True), (NOON + 330 * S, False)) for number in range(3)]
    lasting = says(3, (NOON + 400 * S, True), (NOON + 430 * S, False))  # alone
    readings = free + [reading for one in passing for reading in one] + lasting
    said = run(readings, street(4))
    assert [one.feature for one in of(said, "stay_min")] == [bay(3)]


def test_between_two_frames_with_one_lost_the_bay_is_unknown() -> None:
    first = says(0, (NOON, False), (NOON + 10 * MIN, True), f_cnt=10)
    after = says(0, (NOON + 30 * MIN, True), f_cnt=13)  # 12 is missing
    other = says(1, (NOON, True), (NOON + 30 * MIN, True), f_cnt=1)
    said = run([*first, *after, *other], street(2, min_capture_percent=10))
    assert quarter(said, 0, "coverage_percent").value == pytest.approx(100 * 25 / 30)
    assert quarter(said, 0).value == pytest.approx(100 * 15 / 25)
    assert quarter(said, 15, "coverage_percent").value == pytest.approx(50)
    assert quarter(said, 30, "coverage_percent").value == pytest.approx(100)


def test_a_change_behind_a_lost_frame_is_a_stay_that_is_estimated() -> None:
    first = says(0, (NOON, False), (NOON + 10 * MIN, True), f_cnt=10)
    after = says(0, (NOON + 30 * MIN, False), f_cnt=13)
    said = run([*first, *after], street())
    (stay,) = of(said, "stay_min")
    assert stay.value == pytest.approx(10)
    assert (stay.quality, stay.reason) == ("estimated", "gap")
    assert stay.time_ns == NOON + 20 * MIN


def test_a_frame_counter_that_begins_anew_or_another_box_is_no_gap() -> None:
    readings = [*says(0, (NOON, True), f_cnt=500), *says(0, (NOON + 10 * MIN, True), f_cnt=2)]
    box = Reading(NOON + 12 * MIN, "box-new", bay(0), "f_cnt", 900.0)
    said = run([*readings, box], street())
    assert quarter(said, 0, "coverage_percent").value == pytest.approx(100)


def test_the_day_of_the_parking_study() -> None:
    # DOMAINS 3.1: V / S, V / (S T), mean stay; two bays, three cars of 60 minutes, one of 20
    midnight = at("2026-06-01T00:00")
    cars = [says(0, (midnight, False), *[(midnight + h * HOUR_NS + m * MIN, m == 0) for h in (8, 12) for m in (0, 60)])]
    cars.append(says(1, (midnight, False), (midnight + 9 * HOUR_NS, True), (midnight + 10 * HOUR_NS, False)))
    cars.append(says(1, (midnight + 11 * HOUR_NS, True), (midnight + 11 * HOUR_NS + 20 * MIN, False)))
    said = run([reading for car in cars for reading in car], street(2), hours=36)
    day = 24 * HOUR_NS
    assert values(said, "sessions", day) == [4]
    assert values(said, "turnover_per_bay", day) == [2]
    assert values(said, "turnover_per_bay_hour", day) == [pytest.approx(4 / 48)]
    assert values(said, "mean_stay_min", day) == [pytest.approx(50)]
    assert values(said, "utilisation_percent", day) == [pytest.approx(100 * 200 / 60 / 48)]
    assert values(said, "occupancy_percent", day) == [pytest.approx(100 * 200 / 60 / 48)]
    assert values(said, "sessions_censored", day) == [0]
    assert values(said, "overstays", day) == [0]
    hours = {one.time_ns: one.value for one in of(said, "occupancy_percent", HOUR_NS)}
    assert hours[midnight + 8 * HOUR_NS] == pytest.approx(50)


def test_days_of_23_and_25_hours_are_one_interval() -> None:
    for day, length in (("2026-03-29T00:00", 23), ("2026-10-25T00:00", 25)):
        begin_ns = at(day)
        where = street()
        beats = [(begin_ns + hour * HOUR_NS, True) for hour in range(0, 36, 6)]
        said = fold(StreetMachine(), says(0, *beats), where, until=begin_ns + 40 * HOUR_NS)
        (used, *_) = of(said, "occupancy_percent", length * HOUR_NS)
        assert used.time_ns == begin_ns
        assert used.value == pytest.approx(100)


def test_a_car_that_was_there_before_or_is_lost_sight_of_is_censored() -> None:
    midnight = at("2026-06-01T00:00")
    readings = says(0, (midnight, True), (midnight + HOUR_NS, False), (midnight + 2 * HOUR_NS, True))
    said = run(readings, street(longest_silence_h=3), hours=40)
    assert of(said, "stay_min") == []
    assert {one.quality for one in of(said, "sessions_censored")} == {"missing"}  # 5 of 24 hours are known
    beats = [(midnight + hour * HOUR_NS, True) for hour in range(4, 24, 2)]
    said = run([*readings, *says(0, *beats)], street(longest_silence_h=3), hours=40)
    assert values(said, "sessions_censored", 24 * HOUR_NS)[0] == 1


def test_an_overstay_is_said_when_it_begins_and_its_minutes_when_the_car_leaves() -> None:
    details = BayDetails("loading")  # 30 minutes by the pilot's settings, 5 of tolerance
    readings = says(0, (NOON, False), (NOON + 10 * MIN, True), (NOON + 70 * MIN, False))
    said = run(readings, street(details=details))
    assert [(one.time_ns, one.value) for one in of(said, "overstay")] == [
        (NOON + 45 * MIN, True),
        (NOON + 70 * MIN, False),
    ]
    assert values(said, "overstay_min") == [pytest.approx(30)]
    assert of(run(readings, street(), hours=30), "overstay") == []


def test_a_bay_that_nobody_sees_any_more_is_not_called_overstayed_for_ever() -> None:
    readings = says(0, (NOON, False), (NOON + 10 * MIN, True), (NOON + 60 * MIN, True))
    said = run(readings, street(details=BayDetails("loading"), longest_silence_h=3), hours=30)
    assert values(said, "overstay") == [True, False]


def test_within_the_tolerance_nobody_overstays() -> None:
    readings = says(0, (NOON, False), (NOON + 10 * MIN, True), (NOON + 44 * MIN, False))
    said = run(readings, street(details=BayDetails(max_stay_min=30)))
    assert of(said, "overstay") == of(said, "overstay_min") == []


def test_a_bay_without_an_area_is_in_a_street_with_the_pilots_name() -> None:
    where = site()
    reading = Reading(NOON, "box", bay(1), "occupied", True)
    assert StreetMachine().key(reading, where) == "pilot"
    assert street_name("Grote Markt/2 é") == "Grote-Markt-2--"


def busy(days: int, bays: int = 6) -> list[Reading]:
    """Each bay taken for 40 minutes of each hour from 8 to 20, each at a minute of its own; free at night."""
    begin_ns = at("2026-06-01T00:00")
    readings = []
    for number in range(bays):
        signs = [(begin_ns + number * S, False)]
        for day in range(days):
            for hour in range(8, 20):
                arrive_ns = begin_ns + (day * 24 + hour) * HOUR_NS + (number * 7 % 19) * MIN
                signs += [(arrive_ns, True), (arrive_ns + 40 * MIN, False)]
            signs += [(begin_ns + (day * 24 + hour) * HOUR_NS, False) for hour in (22, 24 + 2, 24 + 5)]
        readings += says(number, *signs)
    return readings


def test_forecasts_follow_the_state_and_judge_themselves() -> None:
    said = run(busy(9), street(6), hours=9 * 24)
    free = [float(one.value) for one in of(said, "free_in_10min_percent") if one.feature.startswith("street")]
    assert free
    assert all(0 <= one <= 100 for one in free)
    for name in ("brier_5min", "brier_30min", "bay_brier_10min"):
        scores = values(said, name, 24 * HOUR_NS)
        assert len(scores) >= 5
        assert all(0 <= score <= 1 for score in scores)
    taken = [one for one in of(said, "free_in_5min_percent") if one.feature == bay(0)]
    assert {round(float(one.value)) > 50 for one in taken} == {True, False}  # after leaving, after arriving
    none = run(busy(9), street(6, bay_forecasts="none"), hours=9 * 24)
    assert not [one for one in none.values() if one.property == "free_in_5min_percent" and one.feature == bay(0)]


def test_a_bay_that_stands_still_for_longer_than_chance_allows_is_stuck_until_it_moves() -> None:
    readings = busy(24)
    stuck_ns = at("2026-06-18T12:00")
    alive_ns = at("2026-06-21T09:00")
    kept = [one for one in readings if one.feature != bay(0) or not stuck_ns < one.time_ns < alive_ns]
    beats = [(stuck_ns + hour * HOUR_NS, True) for hour in range(1, 68)]
    said = run([*kept, *says(0, *[(stuck_ns - 20 * MIN, True), *beats])], street(6), hours=24 * 24)
    events = [(one.feature, bool(one.value)) for one in of(said, "bay_stuck")]
    assert events == [(bay(0), True), (bay(0), False)]
    raised, cleared = of(said, "bay_stuck")
    assert stuck_ns + 12 * HOUR_NS < raised.time_ns < stuck_ns + 60 * HOUR_NS
    assert cleared.time_ns >= alive_ns


def test_free_bays_are_those_that_everybody_may_use() -> None:
    places = {bay(0): Place("s", None, BayDetails("disabled")), bay(1): Place("s"), bay(2): Place("s")}
    readings = [*says(0, (NOON, False)), *says(1, (NOON, False)), *says(2, (NOON, True))]
    said = run(readings, site(places))
    assert values(said, "bays_free")[0] == 1
    assert values(said, "bays_taken")[0] == 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 8 * 3600), st.booleans(), st.integers(0, 400)),
        min_size=1,
        max_size=40,
        unique_by=lambda sign: sign[:2],
    )
)
def test_whatever_the_order_of_states_shares_stay_shares_and_a_restart_changes_nothing(
    signs: list[tuple[int, int, bool, int]],
) -> None:
    readings = []
    for number, second, occupied, f_cnt in signs:
        readings += says(number, (NOON + second * S, occupied), f_cnt=f_cnt)
    where = street(3)
    said = run(readings, where, hours=40)
    assert said == fold(StreetMachine(), readings, where, until=NOON + 40 * HOUR_NS, restarts=True)
    for one in said.values():
        if one.property.endswith("_percent"):
            assert 0 <= float(one.value) <= 100 + 1e-9, one
        if one.property == "stay_min":
            assert float(one.value) >= 0
