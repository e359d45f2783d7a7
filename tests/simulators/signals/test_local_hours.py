import random
from datetime import UTC, datetime

import pytest

from simulators.signals.local_hours import LocalHours
from tests.simulated_site import ZONE, at

CLOCK = LocalHours(ZONE)


def test_local_time_is_that_of_the_zone_at_any_moment() -> None:
    rng = random.Random(1)
    for _ in range(300):
        seconds = rng.randrange(at("2020-01-01T00:00") // 10**9, at("2030-01-01T00:00") // 10**9)
        shown = datetime.fromtimestamp(seconds, UTC).astimezone(ZONE)
        found = CLOCK.at(seconds * 10**9)
        assert found.day == shown.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
        assert found.weekday == shown.weekday()
        assert found.hour == pytest.approx(shown.hour + shown.minute / 60 + shown.second / 3600)
        assert CLOCK.month(found.day) == shown.month


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        ("2026-01-15", 7.5, "2026-01-15T06:30"),
        ("2026-07-15", 7.5, "2026-07-15T05:30"),
        ("2026-03-29", 0.0, "2026-03-28T23:00"),
        ("2026-03-29", 7.5, "2026-03-29T05:30"),  # the day that lacks an hour
        ("2026-10-25", 7.5, "2026-10-25T06:30"),  # the day that has one twice
    ],
)
def test_an_hour_of_a_day_is_an_instant_also_where_the_clocks_change(day: str, hour: float, moment: str) -> None:
    days = at(f"{day}T00:00") // 86_400_000_000_000
    assert CLOCK.instant(days, hour) == at(moment)


def test_a_zone_that_is_off_by_half_an_hour_is_right_too() -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  used here only

    assert LocalHours(ZoneInfo("Asia/Kolkata")).at(at("2026-06-01T00:00")).hour == pytest.approx(5.5)
