import itertools
import statistics
from dataclasses import replace

import pytest

from simulators.signals.local_hours import LocalHours
from simulators.signals.waste import EMPTY_PERCENT, Bins, calibration
from tests.simulated_site import DAY_NS, ZONE, live, numbers, said, site, truths

PLAIN = Bins(
    bridging_per_year=0,
    fires_per_year=0,
    tilts_per_year=0,
    lids_open_per_year=0,
    popularity_low=1.0,
    popularity_high=1.0,
    distance_noise_mm=0.0,
)
SLOW = replace(PLAIN, fill_per_day_percent=(2.0, 1.0, 1.0, 1.0, 2.0, 4.0, 3.0), collect_days=())
CLOCK = LocalHours(ZONE)


def test_a_bin_fills_by_the_mean_of_its_weekdays_and_varies_as_the_shape_says() -> None:
    gains = []
    for seed in range(45):
        levels = numbers(live("waste", SLOW, days=14, seed=seed, start="2026-05-31T22:00"), "fill_level_percent")
        if levels[-1] < 100:
            gains.append(levels[-1] - levels[0])
    assert len(gains) > 35
    assert statistics.fmean(gains) == pytest.approx(28.0, abs=1.5)
    # a gamma process: variance = mean * scale, with scale = daily mean / shape
    assert statistics.pvariance(gains) == pytest.approx(28.0 * 2.0 / 4.0, rel=0.5)


def test_nights_bring_little() -> None:
    by_night, by_day = 0.0, 0.0
    for seed in range(20):
        levels = list(truths(live("waste", SLOW, days=10, seed=seed), "fill_level_percent"))
        for before, after in itertools.pairwise(levels):
            gain = float(after.value) - float(before.value)
            if CLOCK.at(after.at_ns).hour < 6:
                by_night += gain
            else:
                by_day += gain
    assert by_night / (by_night + by_day) == pytest.approx(6 * 0.15 / (6 * 0.15 + 18), abs=0.03)


def test_the_scheduled_round_comes_on_its_days_and_at_its_hour_local_time() -> None:
    reports = live("waste", replace(PLAIN, skip_below_percent=0.0), devices=3, days=150, start="2026-01-05T00:00")
    moments = [CLOCK.at(truth.at_ns) for truth in truths(reports, "collected")]
    assert {moment.weekday for moment in moments} == {0, 3, 5}
    assert min(moment.hour for moment in moments) >= 7.5
    assert max(moment.hour for moment in moments) <= 7.5 + (45 + 6) / 60
    for device in site("waste", 3).devices:
        days = {CLOCK.at(truth.at_ns).day for truth in truths(reports, "collected", device.feature)}
        assert len(days) == sum((CLOCK.at(reports[0].at_ns).day + day + 3) % 7 in (0, 3, 5) for day in range(150))


def test_a_collection_takes_all_but_the_rest_and_a_bin_that_is_not_worth_it_is_left() -> None:
    reports = live("waste", PLAIN, devices=6, days=60)
    taken = numbers(reports, "collected")
    assert taken
    assert min(taken) >= PLAIN.skip_below_percent - EMPTY_PERCENT
    for device in site("waste", 6).devices:
        moments = [truth.at_ns for truth in truths(reports, "collected", device.feature)]
        levels = list(truths(reports, "fill_level_percent", device.feature))
        after = [next(level for level in levels if level.at_ns >= moment) for moment in moments]
        assert statistics.fmean(float(level.value) for level in after) < 8


def test_by_fill_only_full_bins_are_collected() -> None:
    reports = live("waste", replace(PLAIN, round="fill", collect_at_percent=70.0), devices=6, days=60)
    taken = numbers(reports, "collected")
    assert len(taken) > 20
    assert min(taken) >= 70 - EMPTY_PERCENT
    assert {CLOCK.at(truth.at_ns).weekday for truth in truths(reports, "collected")} == set(range(7))


def test_calibrated_distances_are_the_fill_level() -> None:
    factor, offset = calibration(PLAIN)["fill_level_percent"]
    reports = live("waste", PLAIN, devices=3, days=20)
    for level, distance in zip(numbers(reports, "fill_level_percent"), said(reports, "distance"), strict=True):
        assert distance * factor + offset == pytest.approx(level, abs=0.06)


def test_what_does_not_fit_is_told_as_overflow() -> None:
    reports = live("waste", replace(PLAIN, collect_days=()), devices=2, days=30)
    for device in site("waste", 2).devices:
        levels = numbers(reports, "fill_level_percent", device.feature)
        assert levels[-1] == 100.0
        gained = levels[-1] - levels[0] + sum(numbers(reports, "overflow_percent", device.feature))
        assert gained == pytest.approx(30 * sum(PLAIN.fill_per_day_percent) / 7, rel=0.35)


def test_paper_lies_across_the_bin_for_one_or_two_reports() -> None:
    bridged = replace(PLAIN, bridging_per_year=60, collect_days=())
    reports = live("waste", replace(bridged, fill_per_day_percent=(0.5,) * 7), devices=4, days=40)
    factor, offset = calibration(bridged)["fill_level_percent"]
    runs = []
    for device in site("waste", 4).devices:
        own = [report for report in reports if report.device == device]
        levels = numbers(own, "fill_level_percent")
        seen = [distance * factor + offset for distance in said(own, "distance")]
        wrong = "".join("x" if looks > true + 10 else "." for looks, true in zip(seen, levels, strict=True))
        runs += [run for run in wrong.split(".") if run]
    assert len(runs) > 10
    assert {len(run) for run in runs} <= {1, 2, 3}
    assert sum(len(run) == 3 for run in runs) <= 1  # two in a row are rare


def test_a_fire_is_reported_each_minute_rises_and_alarms_until_it_is_out() -> None:
    reports = live("waste", replace(PLAIN, fires_per_year=40.0), devices=1, days=40)
    began, ended = list(truths(reports, "fire"))[:2]
    assert (began.value, ended.value) == (True, False)
    during = [report for report in reports if began.at_ns <= report.at_ns <= ended.at_ns]
    assert len(during) > (ended.at_ns - began.at_ns) / 60e9 - 2
    alarms = [report for report in during if report.readings and report.readings.get("temperature_alarm") == "raised"]
    assert alarms
    assert alarms[0].at_ns - began.at_ns < 8 * 60 * 10**9
    assert said(alarms, "alarm_temperature")[0] >= 60
    after = [report for report in reports if report.at_ns > ended.at_ns and report.readings]
    told = [report for report in during + after[:3] if (report.readings or {}).get("temperature_alarm") == "released"]
    assert len(told) == 1


def test_a_bin_on_its_side_says_so_at_once_and_again_when_it_stands() -> None:
    reports = live("waste", replace(PLAIN, tilts_per_year=60.0), devices=2, days=40)
    changes = list(truths(reports, "tilted"))
    assert len(changes) > 4
    for change in changes:
        report = next(report for report in reports if change in report.truth)
        assert report.at_ns - change.at_ns < 2
        assert report.readings is not None
        assert report.readings["position"] == ("tilt" if change.value else "normal")


def test_an_open_lid_looks_emptier_than_empty() -> None:
    reports = live("waste", replace(PLAIN, lids_open_per_year=100.0, lid_open_hours=10.0), devices=1, days=30)
    opened = [truth.at_ns for truth in truths(reports, "lid_open") if truth.value]
    assert opened
    assert max(said(reports, "distance")) > PLAIN.depth_mm


def test_a_seed_is_a_bin() -> None:
    assert live("waste", Bins(), devices=2, days=5, seed=3) == live("waste", Bins(), devices=2, days=5, seed=3)
    assert reports_span(live("waste", Bins(report_min=30), days=5)) == pytest.approx(5 * DAY_NS, rel=0.02)


def reports_span(reports: list) -> int:  # type: ignore[type-arg]
    return int(reports[-1].at_ns - reports[0].at_ns)


def test_bins_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="Monday first"):
        Bins(fill_per_day_percent=(1.0,))
    with pytest.raises(ValueError, match="depth_mm"):
        Bins(depth_mm=200.0)
