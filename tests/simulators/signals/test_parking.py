import itertools
import statistics
from collections import Counter
from dataclasses import replace
from typing import Literal

import pytest

from simulators.signals import Report
from simulators.signals.loss_system import erlang_b
from simulators.signals.parking import ParkingMmcc, ParkingOverdispersed, details
from tests.simulated_site import DAY_NS, live, numbers, said, site, truths

ALWAYS = (0.9,) * 24
STEADY = ParkingMmcc(weekday_load=ALWAYS, saturday_load=ALWAYS, sunday_load=ALWAYS)
ODD = ParkingOverdispersed(weekday_load=ALWAYS, saturday_load=ALWAYS, sunday_load=ALWAYS)
CLEAN_ODD = replace(ODD, day_dispersion=0.0, failures_per_month=0.0)
BAYS = 20


@pytest.fixture(scope="module")
def steady() -> list[Report]:
    return live("parking_mmcc", STEADY, devices=BAYS, days=60)


def test_a_steady_street_is_as_full_as_erlang_says(steady: list[Report]) -> None:
    offered = 0.9 * BAYS
    carried = offered * (1 - erlang_b(BAYS, offered)) / BAYS
    assert statistics.fmean(numbers(steady, "occupancy")) == pytest.approx(carried, abs=0.012)


def test_as_many_cars_drive_on_as_erlang_says(steady: list[Report]) -> None:
    away, parked = sum(numbers(steady, "turned_away")), sum(numbers(steady, "cars_parked"))
    assert away / (away + parked) == pytest.approx(erlang_b(BAYS, 0.9 * BAYS), abs=0.012)


def test_stays_are_exponential_with_the_mean(steady: list[Report]) -> None:
    stays = numbers(steady, "stay_min")
    assert len(stays) > 20_000
    assert statistics.fmean(stays) == pytest.approx(45, rel=0.02)
    assert statistics.pstdev(stays) == pytest.approx(45, rel=0.03)


@pytest.mark.parametrize("minutes", [15, 30])
def test_the_true_chance_of_a_free_bay_is_met_by_what_happens(steady: list[Report], minutes: int) -> None:
    chances = numbers(steady, f"p_free_{minutes}min")
    free = numbers(steady, "bays_free")[minutes // 15 :]
    pairs = list(zip(chances, [count > 0 for count in free], strict=False))
    assert statistics.fmean(p for p, _ in pairs) == pytest.approx(statistics.fmean(f for _, f in pairs), abs=0.02)
    low = sorted(pairs)[: len(pairs) // 5]
    assert low[-1][0] < statistics.fmean(p for p, _ in pairs)
    assert statistics.fmean(p for p, _ in low) == pytest.approx(statistics.fmean(f for _, f in low), abs=0.05)


def test_a_bay_is_taken_and_left_in_turn_and_each_stay_lies_between(steady: list[Report]) -> None:
    feature = site("parking_mmcc", 1).devices[0].feature
    changes = list(truths(steady, "occupied", feature))
    assert all(before.value != after.value for before, after in itertools.pairwise(changes))
    assert all(before.at_ns < after.at_ns for before, after in itertools.pairwise(changes))
    arrivals = {change.at_ns: nxt.at_ns for change, nxt in itertools.pairwise(changes) if change.value}
    stays = list(truths(steady, "stay_min", feature))
    assert len(stays) > 500
    assert all(arrivals[stay.at_ns] == stay.at_ns + stay.interval_ns for stay in stays)


def test_occupancy_is_the_time_weighted_share_of_the_bays(steady: list[Report]) -> None:
    quarter = list(truths(steady, "occupancy"))[100]
    taken_ns = 0
    for device in site("parking_mmcc", BAYS).devices:
        state, since = False, quarter.at_ns
        for change in truths(steady, "occupied", device.feature):
            if change.at_ns > quarter.at_ns + quarter.interval_ns:
                break
            if change.at_ns > since:
                taken_ns += (change.at_ns - since) * state
                since = change.at_ns
            state = bool(change.value)
        taken_ns += (quarter.at_ns + quarter.interval_ns - since) * state
    assert quarter.value == pytest.approx(taken_ns / (BAYS * quarter.interval_ns))


def test_a_sensor_says_every_change_late_and_that_it_is_there_when_nothing_changes() -> None:
    quiet = replace(STEADY, weekday_load=(0.05,) * 24, saturday_load=(0.05,) * 24, detection_s=8.0, heartbeat_min=60)
    reports = live("parking_mmcc", quiet, devices=4, days=5)
    for device in site("parking_mmcc", 4).devices:
        own = [report for report in reports if report.device == device and report.readings]
        changes = [change for report in own[1:] for change in truths([report], "occupied")]
        assert all(report.at_ns - change.at_ns >= 8 * 10**9 for report in own[1:] for change in report.truth)
        assert changes
        gaps = [after.at_ns - before.at_ns for before, after in itertools.pairwise(own)]
        assert max(gaps) == 3_600 * 10**9
        assert {report.f_port for report in own} == {1, 2}
        assert all(report.readings == {"occupied": change.value} for report in own[1:] for change in report.truth[:1])


def test_loads_follow_the_hours_of_the_street_s_own_clock() -> None:
    nights = (0.0,) * 8 + (1.0,) * 12 + (0.0,) * 4
    reports = live("parking_mmcc", replace(STEADY, weekday_load=nights), devices=10, days=4.9)
    arrivals = [truth.at_ns for truth in truths(reports, "occupied") if truth.value][10:]
    local_hours = Counter((at_ns // 3_600_000_000_000 + 2) % 24 for at_ns in arrivals)  # CEST
    assert set(local_hours) == set(range(8, 20))


def test_loading_and_disabled_bays_have_their_rules_and_their_own_drivers() -> None:
    rules = replace(STEADY, loading_bays=3, disabled_bays=2)
    reports = live("parking_mmcc", rules, devices=12, days=20)
    told = [str(truth.value) for truth in truths(reports, "bay_rule")]
    assert sorted(told) == ["disabled"] * 2 + ["loading"] * 3 + ["ordinary"] * 7
    stays: dict[str, list[float]] = {rule: [] for rule in told}
    for number, device in enumerate(site("parking_mmcc", 12).devices):
        stays[str(details(rules, "street", number)["category"])] += numbers(reports, "stay_min", device.feature)
    means = {rule: statistics.fmean(found) for rule, found in stays.items()}
    assert means == {
        "loading": pytest.approx(12, rel=0.1),
        "disabled": pytest.approx(75, rel=0.2),
        "ordinary": pytest.approx(45, rel=0.06),
    }


def test_who_stays_too_long_is_told_from_the_moment_it_is_too_long(steady: list[Report]) -> None:
    over = list(truths(steady, "overstay_min"))
    stays = numbers(steady, "stay_min")
    assert len(over) == sum(stay > 120 for stay in stays)
    assert len(over) / len(stays) == pytest.approx(0.0695, abs=0.01)  # exp(-120/45)


def test_the_other_world_has_lognormal_stays() -> None:
    stays = numbers(live("parking_overdispersed", CLEAN_ODD, devices=BAYS, days=40), "stay_min")
    assert statistics.fmean(stays) == pytest.approx(45, rel=0.03)
    assert statistics.median(stays) == pytest.approx(45 / 2.718281828 ** (0.8**2 / 2), rel=0.03)


def test_the_other_world_has_days_that_differ_more_than_chance() -> None:
    def day_dispersion(parameters: ParkingOverdispersed) -> float:
        reports = live("parking_overdispersed", parameters, devices=BAYS, days=40)
        days: Counter[int] = Counter()
        for truth in truths(reports, "occupied"):
            days[truth.at_ns // DAY_NS] += bool(truth.value)
        counts = list(days.values())[1:-1]
        return statistics.pvariance(counts) / statistics.fmean(counts)

    light = replace(CLEAN_ODD, weekday_load=(0.4,) * 24, saturday_load=(0.4,) * 24, sunday_load=(0.4,) * 24)
    assert day_dispersion(light) < 2.0  # Poisson: 1
    assert day_dispersion(replace(light, day_dispersion=0.3)) > 8.0


@pytest.mark.parametrize("failure", ["stuck", "silent"])
def test_sensors_of_the_other_world_fail_together_and_then_say_nothing_true(
    failure: Literal["stuck", "silent"],
) -> None:
    failing = replace(ODD, failures_per_month=6.0, failure_share=0.5, failure_days=2.0, failure=failure)
    reports = live("parking_overdispersed", failing, devices=BAYS, days=30)
    begun = [truth for truth in truths(reports, "sensor_failed") if truth.value]
    assert len(begun) > BAYS
    assert len({truth.at_ns // (2 * 3_600_000_000_000) for truth in begun}) < len(begun) / 2
    failed: dict[str, bool] = {}
    while_failed: dict[str, set[str]] = {}
    for report in reports:
        for truth in truths([report], "sensor_failed"):
            failed[truth.feature] = bool(truth.value)
            while_failed[truth.feature] = set()
        if failed.get(report.device.feature) and report.readings is not None:
            while_failed[report.device.feature].add(str(report.readings))
            assert failure == "stuck"
            assert len(while_failed[report.device.feature]) == 1


def test_a_seed_is_a_street() -> None:
    once, again = (live("parking_overdispersed", ODD, devices=6, days=3, seed=9) for _ in range(2))
    assert once == again
    assert once != live("parking_overdispersed", ODD, devices=6, days=3, seed=10)


def test_the_begin_is_in_the_hour_s_long_run_law() -> None:
    taken = []
    for seed in range(150):
        first = live("parking_mmcc", STEADY, devices=BAYS, days=5 / 86_400, seed=seed)
        taken.append(sum(numbers(first, "occupied")))
    offered = 0.9 * BAYS
    assert statistics.fmean(taken) == pytest.approx(offered * (1 - erlang_b(BAYS, offered)), abs=0.7)


def test_a_street_where_nobody_ever_parks_stays_empty_and_still_reports() -> None:
    nobody = ParkingMmcc(weekday_load=(0.0,) * 24, saturday_load=(0.0,) * 24, sunday_load=(0.0,) * 24)
    reports = live("parking_mmcc", nobody, devices=2, days=20)
    assert set(numbers(reports, "occupied")) == {0.0}
    assert min(numbers(reports, "p_free_30min")) == pytest.approx(1.0)
    assert len(said(reports, "occupied")) == pytest.approx(2 * 20 * 24, abs=2)


def test_a_street_of_loading_bays_alone_has_no_ordinary_bay_to_be_free() -> None:
    reports = live("parking_mmcc", ParkingMmcc(loading_bays=3), devices=3, days=2)
    assert not numbers(reports, "bays_free")
    assert numbers(reports, "occupancy")


def test_more_special_bays_than_bays_are_refused() -> None:
    with pytest.raises(ValueError, match="more loading and disabled bays than the 3"):
        live("parking_mmcc", ParkingMmcc(loading_bays=4), devices=3)
    with pytest.raises(ValueError, match="weekday_load: 3 numbers"):
        ParkingMmcc(weekday_load=(0.5, 0.5, 0.5))


def test_every_sensor_says_the_same_in_its_own_words() -> None:
    plain = said(live("parking_mmcc", STEADY, devices=2, days=2), "occupied")
    netvox = live("parking_mmcc", STEADY, devices=2, days=2, profile="netvox/r719a")
    assert [report.readings["car"] == "there" for report in netvox if report.readings] == [bool(x) for x in plain]
