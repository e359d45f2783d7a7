"""Verdicts that stand up: by hand-worked days, and by how often the interval holds the truth."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from pipelines.pilots.bootstrap import block_length, difference_of, interval_of, ratio
from pipelines.pilots.days import Days, DayValue
from pipelines.pilots.evaluate import Aim, Evaluation, Span, evaluate
from pipelines.pilots.kpi import Better, How, Kpi, Term, own_kpi
from pipelines.pilots.table import KPIS
from pipelines.vocabulary import Domain

FIRST = date(2026, 3, 2)
SPAN = Span(FIRST, FIRST + timedelta(days=55))
BEFORE = Span(FIRST - timedelta(days=56), FIRST - timedelta(days=1))


def kpi(better: Better = "lower", how: How = "mean") -> Kpi:
    return Kpi("fill", Domain.WASTE, "Fill", "%", better, Term("fill_level_percent", how))


def course(values: Sequence[float | None], first: date = FIRST, name: str = "fill_level_percent") -> list[DayValue]:
    return [DayValue(first + timedelta(days=at), f"f/{name}", name, value) for at, value in enumerate(values)]


def noisy(mean: float, days: int, seed: int, spread: float = 3) -> list[float | None]:
    rng = random.Random(seed)
    return [rng.gauss(mean, spread) for _ in range(days)]


NO_AIM = Aim()


def judged(
    now: list[float | None],
    then: Sequence[float | None] = (),
    *,
    aim: Aim = NO_AIM,
    better: Better = "lower",
) -> Evaluation:
    rows = course(now) + course(then, BEFORE.first)
    return evaluate(kpi(better), Days.of(rows), SPAN, aim=aim, before=BEFORE if then else None)


def test_a_ratio_is_sum_over_sum_and_no_mean_of_ratios() -> None:
    share = Kpi("o", Domain.PARKING, "t", "%", "lower", Term("overstays"), Term("sessions"), factor=100)
    rows = course([1.0, 9.0], name="overstays") + course([2.0, 98.0], name="sessions")
    found = evaluate(share, Days.of(rows), Span(FIRST, FIRST + timedelta(days=1)), aim=NO_AIM, before=None)
    assert found.pilot.value == 10.0  # the mean of 50 % and 9.2 % would be 29.6 %


@pytest.mark.parametrize(("name", "share"), [("energy-own-use", 100 * 30 / 110), ("energy-own-make", 100 * 30 / 80)])
def test_the_own_sun_of_a_span_is_what_was_used_of_all_that_was_made(name: str, share: float) -> None:
    """A dark day of which all is used, a bright one of which a fifth is: the mean of the shares would be 60 %."""
    rows = course([10.0, 20.0], name="energy_own_use_interval_kwh")
    rows += course([10.0, 100.0], name="energy_production_interval_kwh")
    rows += course([50.0, 30.0], name="energy_use_interval_kwh")
    kpi = next(one for one in KPIS if one.id == name)
    found = evaluate(kpi, Days.of(rows), Span(FIRST, FIRST + timedelta(days=1)), aim=NO_AIM, before=None)
    assert found.pilot.value == pytest.approx(share)


def test_levels_are_averaged_as_energies() -> None:
    noise = own_kpi("laeq_db", domain=Domain.NOISE, title="", better="lower")
    found = evaluate(noise, Days.of(course([50.0, 60.0], name="laeq_db")), SPAN, aim=NO_AIM, before=None)
    assert found.pilot.value == pytest.approx(10 * math.log10((1e5 + 1e6) / 2))


@pytest.mark.parametrize("usable", [0, 5, 13, 41])
def test_too_few_days_are_no_verdict(usable: int) -> None:
    found = judged([50.0] * usable + [None] * (56 - usable), aim=Aim(baseline=80, target=60))
    assert found.verdict == "insufficient data"
    assert (found.pilot.usable, found.pilot.days) == (usable, 56)


def test_a_target_is_reached_when_the_whole_interval_is_beyond_it_and_met_when_only_the_figure_is() -> None:
    assert judged(noisy(50, 56, 1), aim=Aim(target=55)).verdict == "target reached"
    now = noisy(50, 56, 1)
    figure = judged(now).pilot.value
    assert figure is not None
    assert judged(now, aim=Aim(target=figure + 0.01)).verdict == "target met"


def test_a_change_is_shown_only_beyond_chance() -> None:
    assert judged(noisy(50, 56, 1), noisy(60, 56, 2)).verdict == "better"
    assert judged(noisy(50, 56, 1), noisy(60, 56, 2), better="higher").verdict == "worse"
    assert judged(noisy(50, 56, 1), noisy(50, 56, 4)).verdict == "no change shown"
    assert judged(noisy(50, 56, 1)).verdict == "no baseline"


def test_what_has_no_good_direction_gets_no_praise() -> None:
    assert judged(noisy(50, 56, 1), noisy(60, 56, 2), better="context").verdict == "for context"


def test_a_written_baseline_is_a_number_and_its_source_stands_beside_it() -> None:
    found = judged(noisy(50, 56, 1), aim=Aim(baseline=60, source="Manual count, 12 days"))
    assert found.verdict == "better"
    assert found.baseline_value == 60
    assert found.change == pytest.approx((found.pilot.value or 0) - 60)


def test_another_season_is_told() -> None:
    winter = Span(date(2025, 12, 1), date(2026, 1, 25))
    rows = course(noisy(50, 56, 1)) + course(noisy(60, 56, 2), winter.first)
    found = evaluate(kpi(), Days.of(rows), SPAN, aim=NO_AIM, before=winter)
    assert any("season" in caution for caution in found.cautions)
    same = evaluate(
        kpi(), Days.of(course(noisy(50, 56, 1)) + course(noisy(60, 56, 2), SPAN.first)), SPAN, aim=NO_AIM, before=SPAN
    )
    assert not any("season" in caution for caution in same.cautions)


def test_a_day_with_too_few_features_is_not_used() -> None:
    day = [DayValue(FIRST, f"bin/{number}", "fill_level_percent", 50.0 if number < 2 else None) for number in range(4)]
    found = evaluate(kpi(), Days.of(day), Span(FIRST, FIRST), aim=NO_AIM, before=None)
    assert (found.pilot.usable, found.pilot.value) == (0, None)


def test_a_counter_that_died_is_no_fall_of_the_traffic() -> None:
    """Two of four counters say nothing any more, not even that they are missing: those days are left out."""
    volume = Kpi("v", Domain.CYCLING, "t", "{count}/d", "higher", Term("bicycles"))
    rows = [
        DayValue(FIRST + timedelta(days=day), f"bicycle-counter/{number}", "bicycles", 1_000.0)
        for day in range(-56, 56)
        for number in range(4)
        if number < 2 or day < 28
    ]
    found = evaluate(volume, Days.of(rows), SPAN, aim=NO_AIM, before=BEFORE)
    assert (found.pilot.usable, found.pilot.value, found.verdict) == (28, 4_000.0, "insufficient data")


def test_a_feature_that_was_taken_away_before_the_pilot_is_not_expected_in_it() -> None:
    rows = course([50.0] * 56, BEFORE.first) + [
        DayValue(FIRST + timedelta(days=day), "f/new", "fill_level_percent", 50.0) for day in range(56)
    ]
    assert evaluate(kpi(), Days.of(rows), SPAN, aim=NO_AIM, before=BEFORE).pilot.usable == 56


def test_a_watering_round_is_not_one_more_tree() -> None:
    rows = [DayValue(FIRST, f"tree/{number}", "water_advised_l", 40.0) for number in range(3)]
    rows.append(DayValue(FIRST, "watering-round/street", "water_advised_l", 120.0))
    assert Days.of(rows).at("water_advised_l", FIRST) == [40.0] * 3


def test_estimated_days_are_counted_beside_the_figure() -> None:
    rows = [
        DayValue(FIRST + timedelta(days=day), "f/a", "fill_level_percent", 50.0, guessed=day < 3) for day in range(10)
    ]
    found = evaluate(kpi(), Days.of(rows), Span(FIRST, FIRST + timedelta(days=9)), aim=NO_AIM, before=None)
    assert (found.pilot.usable, found.pilot.guessed) == (10, 3)


def test_litres_saved_are_nothing_on_a_day_without_a_round() -> None:
    """The schedule waters twice a week: the other days are watched, and nothing was saved."""
    saved = next(one for one in KPIS if one.id == "green-saved")
    rows = course([0.0] * 14, name="water_advised_l") + course([80.0], name="water_saved_l")
    found = evaluate(saved, Days.of(rows), Span(FIRST, FIRST + timedelta(days=13)), aim=NO_AIM, before=None)
    assert (found.pilot.usable, found.verdict) == (14, "no baseline")
    assert found.pilot.value == pytest.approx(80 / 14)


def test_what_only_happens_counts_nothing_on_days_that_were_watched() -> None:
    alarms = Kpi("a", Domain.WASTE, "t", "1/d", "lower", Term("fire_alarm", "count"), watched="coverage_percent")
    rows = course([100.0] * 4, name="coverage_percent") + course([1.0], name="fire_alarm")
    found = evaluate(alarms, Days.of(rows), Span(FIRST, FIRST + timedelta(days=7)), aim=NO_AIM, before=None)
    assert (found.pilot.usable, found.pilot.value) == (4, 0.25)


def test_where_nothing_changed_a_change_is_hardly_ever_shown() -> None:
    """Days hang together (correlation 0.5) and have a weekend; 5 of 100 are promised."""
    shown = 0
    for seed in range(60):
        rng = random.Random(seed)
        before, after = ([(value, 1.0) for value in hanging_together(rng, 56)] for _ in range(2))
        interval = difference_of(before, after, str(seed))
        assert interval is not None
        shown += not interval.low <= 0 <= interval.high
    assert shown <= 6


def hanging_together(rng: random.Random, days: int) -> list[float]:
    found, state = [], 0.0
    for day in range(days):
        state = 0.5 * state + rng.gauss(0, math.sqrt(0.75))
        found.append(50 + 3 * state + 5 * (day % 7 >= 5))
    return found


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Weekday rhythm and spread, eight weeks, 120 pilots: 95 % promised; the block bootstrap gives a little less."""
    held = 0
    for seed in range(120):
        rng = random.Random(seed)
        pairs = [(100 + 20 * (day % 7 >= 5) + rng.gauss(0, 8), 1.0) for day in range(56)]
        interval = interval_of(pairs, str(seed))
        assert interval is not None
        held += interval.low <= 100 + 20 * 2 / 7 <= interval.high
    assert 0.85 <= held / 120 <= 1.0


def test_same_days_same_interval() -> None:
    pairs = [(float(day % 5), 1.0) for day in range(40)]
    assert interval_of(pairs, "a") == interval_of(pairs, "a")
    assert (block_length(11), block_length(27), block_length(28)) == (1, 3, 7)
    assert ratio([(1.0, 0.0)]) is None
    assert interval_of([(1.0, 1.0)], "a") is None
