"""Rules of bays on the clock of the street."""

import pytest

from pipelines.domains.parking.rule import MINUTE_NS, overstay_begins_ns, overstay_min
from pipelines.domains.parking.settings import BayDetails, ParkingSettings
from tests.pipelines.domains.fold import BRUSSELS, at

BLUE = BayDetails("blue", rule_from_h=9, rule_to_h=18, rule_days="mon-sat")


def begins(since: str, details: BayDetails = BLUE, allowed_min: float = 125) -> int | None:
    return overstay_begins_ns(at(since), details, allowed_min=allowed_min, zone=BRUSSELS)


def over(since: str, until: str, details: BayDetails = BLUE) -> float:
    return overstay_min(at(since), at(until), details, longest_min=120, tolerance_min=5, zone=BRUSSELS)


def test_a_stay_counts_from_the_begin_of_the_rule() -> None:
    assert begins("2026-06-01T07:00") == at("2026-06-01T11:05")
    assert begins("2026-06-01T10:00") == at("2026-06-01T12:05")
    assert over("2026-06-01T07:00", "2026-06-01T12:00") == pytest.approx(60)


def test_a_stay_is_cut_at_the_end_of_the_rule_and_begins_anew_on_the_next_day() -> None:
    assert begins("2026-06-01T17:00") == at("2026-06-02T11:05")
    assert over("2026-06-01T17:00", "2026-06-02T09:30") == 0
    assert over("2026-06-01T17:00", "2026-06-02T12:00") == pytest.approx(60)


def test_there_is_no_rule_on_sunday() -> None:
    assert begins("2026-06-06T17:00") == at("2026-06-08T11:05")
    assert over("2026-06-07T00:00", "2026-06-08T00:00") == 0


def test_a_rule_that_always_holds_has_no_cuts() -> None:
    always = BayDetails()
    assert begins("2026-06-01T23:00", always) == at("2026-06-02T01:05")
    assert over("2026-06-01T23:00", "2026-06-02T02:00", always) == pytest.approx(60)


def test_within_the_tolerance_is_no_overstay() -> None:
    assert over("2026-06-01T10:00", "2026-06-01T12:05") == 0
    assert over("2026-06-01T10:00", "2026-06-01T12:06") == pytest.approx(6)


def test_a_rule_shorter_than_what_it_allows_is_never_broken() -> None:
    assert begins("2026-06-01T10:00", BayDetails(rule_from_h=9, rule_to_h=10)) is None


def test_on_the_day_the_clock_goes_forward_a_rule_to_midnight_ends_at_midnight() -> None:
    night = BayDetails(rule_from_h=0, rule_to_h=24, rule_days="mon-fri")
    minutes = (at("2026-03-28T00:00") - at("2026-03-27T00:00")) / MINUTE_NS
    assert over("2026-03-27T00:00", "2026-03-29T12:00", night) == pytest.approx(minutes - 120)
    early = BayDetails(rule_from_h=3.5, rule_to_h=24)
    assert begins("2026-03-29T00:00", early) == at("2026-03-29T05:35")


def test_categories_have_longest_stays_of_their_own() -> None:
    settings = ParkingSettings()
    longest = {name: BayDetails(name).longest_stay_min(settings) for name in ("ordinary", "blue", "loading")}
    assert longest == {"ordinary": None, "blue": 120, "loading": 30}
    assert BayDetails("blue", max_stay_min=60).longest_stay_min(settings) == 60
