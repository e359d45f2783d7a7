"""Sums over households: enough of them, none too large, and each hour once."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pipelines.model import Observation
from pipelines.open_data.households import Households
from pipelines.open_data.privacy import Subject

HOUR = 3_600 * 10**9
T0 = 480_000 * HOUR
NAME = "energy_import_interval_kwh"


def meter(house: int, *, connection: str = "") -> Subject:
    feature = f"electricity-meter/h{house}"
    return Subject(feature, "D", "sums", area="dorp", contributor=connection or feature)


def used(house: int, kwh: float, hour: int = 0, **more: Any) -> Observation:
    return Observation(
        f"electricity-meter/h{house}", more.pop("name", NAME), kwh, T0 + hour * HOUR, interval_ns=HOUR, **more
    )


def said(
    households: Households, values: Mapping[int, float] | Sequence[float], *, hour: int = 0, of: int = 0
) -> list[Observation]:
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
    found: list[Observation] = []
    for house, kwh in pairs:
        found += households.take(meter(house), used(house, kwh, hour), connections=of or len(values))
    return found


def test_ten_connections_are_added_up_when_all_are_heard() -> None:
    (total,) = said(Households(), [1.0] * 10)
    assert (total.feature, total.value, total.quality, total.interval_ns) == (
        "electricity-meter/dorp",
        10.0,
        "ok",
        HOUR,
    )


@pytest.mark.parametrize(
    "values", [[1.0] * 9, [10.1, *[1.0] * 10], [0.0] * 12], ids=["nine", "one has more than half", "all are zero"]
)
def test_too_few_too_large_and_all_zero_are_suppressed(values: list[float]) -> None:
    (total,) = said(Households(), values)
    assert (total.quality, total.reason, total.value) == ("suppressed", "privacy", 0.0)


def test_two_meters_of_one_house_count_once() -> None:
    households = Households()
    found = [
        one
        for house in range(10)
        for one in households.take(meter(house, connection=f"house-{min(house, 8)}"), used(house, 1.0), connections=9)
    ]
    assert [one.quality for one in found] == ["suppressed"]


def test_an_hour_waits_three_hours_for_meters_that_are_silent_and_is_never_said_again() -> None:
    households = Households()
    assert said(households, [1.0] * 11, of=12) == []
    assert said(households, [1.0] * 11, hour=2, of=12) == []
    first, *_ = said(households, [1.0] * 11, hour=3, of=12)
    assert (first.time_ns, first.value) == (T0, 11.0)
    assert said(households, {11: 1.0}, of=12) == []
    assert said(households, {0: 5.0}, of=12) == []


def test_one_meter_with_a_wrong_clock_closes_no_hour() -> None:
    households = Households()
    assert said(households, {0: 1.0}, hour=999, of=12) == []
    assert said(households, [1.0] * 11, of=12) == []
    assert [one.value for one in said(households, {11: 1.0}, of=12)] == [12.0]


def test_a_corrected_reading_counts_as_it_was_last_said_and_a_missing_one_not_at_all() -> None:
    households = Households()
    said(households, [1.0] * 11, of=12)
    list(households.take(meter(0), used(0, 3.0, quality="estimated"), connections=12))
    list(households.take(meter(1), used(1, 0.0, quality="missing"), connections=12))
    assert list(households.take(meter(11), used(11, 1.0), connections=12)) == []
    (total,) = households.take(meter(1), used(1, 1.0), connections=12)
    assert (total.value, total.quality) == (14.0, "estimated")


def test_other_intervals_and_properties_are_not_added_up() -> None:
    households = Households()
    quarter = Observation("electricity-meter/h1", NAME, 1.0, T0, interval_ns=HOUR // 4)
    assert list(households.take(meter(1), quarter, connections=1)) == []
    assert list(households.take(meter(1), used(1, 1.0, name="coverage_percent"), connections=1)) == []


def test_open_hours_survive_a_restart_and_said_ones_stay_said() -> None:
    before, after = Households(), Households()
    said(before, [1.0] * 10)
    said(before, [2.0] * 9, hour=1, of=10)
    group = "electricity-meter", "dorp", NAME
    after.restore(group, before.packed(group))
    assert said(after, [1.0] * 10) == []
    assert [one.value for one in said(after, {9: 2.0}, hour=1, of=10)] == [20.0]


def test_hours_that_never_come_together_are_given_up_before_they_fill_the_memory() -> None:
    households = Households()
    for hour in range(200):
        said(households, {hour % 3: 1.0}, hour=hour, of=12)
    assert len(households.groups["electricity-meter", "dorp", NAME].hours) <= 73


def test_no_difference_of_two_sums_is_ever_one_household() -> None:
    """Whatever comes late, corrected or again: each hour is told once, so there is nothing to subtract."""
    rng = random.Random(7)
    households, told = Households(), list[Observation]()
    words = [(house, hour) for hour in range(48) for house in range(14)]
    words.sort(key=lambda word: word[1] + rng.expovariate(0.5))
    for house, hour in words + rng.sample(words, 100):
        told += households.take(meter(house), used(house, rng.random(), hour), connections=14)
    hours = [one.time_ns for one in told]
    assert len(hours) == len(set(hours)) > 30
    assert hours == sorted(hours)
