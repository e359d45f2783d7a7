"""Battery: the warning with its hysteresis, and months left by the slope."""

import random

import pytest

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.devices.battery import Battery, months_left
from tests.pipelines.domains.fold import at, fold, of, series, site, values

BIN = "waste-container/9"
BEGIN = at("2026-01-01T12:00")
DAY = 24 * HOUR_NS


def charge(percents: list[float]) -> list[Reading]:
    return series(BIN, "battery_percent", [(BEGIN + day * DAY, percent) for day, percent in enumerate(percents)])


def test_the_warning_comes_below_twenty_and_goes_above_thirty() -> None:
    said = fold(Battery(), charge([40, 19, 25, 19, 29, 31, 25]), site())
    assert values(said, "battery_warning") == [True, False]


def test_the_devices_own_word_counts() -> None:
    own = series(BIN, "battery_low", [(BEGIN, False), (BEGIN + DAY, True), (BEGIN + 2 * DAY, False)])
    assert values(fold(Battery(), own, site()), "battery_warning") == [True, False]


def test_a_steady_fall_of_a_tenth_a_day_from_ninety_lasts_its_arithmetic() -> None:
    days = [(day, 93 - 0.1 * day) for day in range(40)]
    assert months_left(days) == pytest.approx((93 - 3.6) / 0.1 / (365.25 / 12), rel=1e-6)


def test_a_cold_week_and_noise_do_not_bend_the_slope() -> None:
    rng = random.Random(1)
    days = [(day, 90 - 0.2 * day + rng.gauss(0, 0.3) - (12 if 20 <= day < 27 else 0)) for day in range(60)]
    months = months_left(days)
    assert months is not None
    assert months == pytest.approx((90 - 0.2 * 56) / 0.2 / (365.25 / 12), rel=0.12)


@pytest.mark.parametrize("days", [[(day, 90 - day) for day in range(20)], [(day, 90.0) for day in range(60)]])
def test_too_short_or_not_falling_says_nothing(days: list[tuple[int, float]]) -> None:
    assert months_left(days) is None


def test_a_new_battery_begins_a_new_line() -> None:
    old = [60 - 0.5 * day for day in range(45)]
    said = fold(Battery(), charge([*old, *(100 - 0.1 * day for day in range(33))]), site(), restarts=True)
    months = of(said, "battery_months_left")
    assert next((one.time_ns - BEGIN) // DAY for one in months if one.time_ns > BEGIN + 45 * DAY) >= 45 + 28
    assert float(months[-1].value) > 25
    assert {one.quality for one in months} == {"estimated"}
