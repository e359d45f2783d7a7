"""The sun by our own reckoning: Meeus's worked examples, an almanac's sunrise, the poles."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS
from pipelines.domains.light.sun import daylight, half_day_s, sun_at
from tests.pipelines.domains.fold import at


def test_meeus_example_25a_declination() -> None:
    """1992 October 13 at 0 h TD (JDE 2448908.5): -7.78507°."""
    assert sun_at(2_448_908.5).declination == pytest.approx(-7.78507, abs=5e-4)


def test_meeus_example_28b_equation_of_time() -> None:
    """The same instant by Smart's formula: 3.427351° are 13 min 42.6 s."""
    assert sun_at(2_448_908.5).equation_min == pytest.approx(13 + 42.6 / 60, abs=0.02)


@pytest.mark.parametrize(
    ("day", "rises", "sinks"),
    [
        ("2026-06-21", "2026-06-21T05:29", "2026-06-21T22:00"),
        ("2026-12-21", "2026-12-21T08:42", "2026-12-21T16:39"),
    ],
)
def test_sunrise_and_sunset_in_brussels(day: str, rises: str, sinks: str) -> None:
    """The solstices, as the city knows them to the minute or two."""
    up = daylight(at(f"{day}T00:00"), 50.85, 4.35)
    assert up[0] == pytest.approx(at(rises), abs=2.5 * 60e9)
    assert up[1] == pytest.approx(at(sinks), abs=2.5 * 60e9)


def test_civil_twilight_makes_the_day_longer_at_both_ends() -> None:
    begin = at("2026-06-21T00:00")
    sunset, dusk = daylight(begin, 50.85, 4.35), daylight(begin, 50.85, 4.35, -6.0)
    assert 30 < (dusk[1] - sunset[1]) / 60e9 < 60
    assert 30 < (sunset[0] - dusk[0]) / 60e9 < 60


def test_the_polar_day_lasts_24_hours_and_the_polar_night_all_day() -> None:
    june, december = at("2026-06-21T00:00"), at("2026-12-21T00:00")
    tromso = (69.65, 18.96)
    assert daylight(june, *tromso)[1] - daylight(june, *tromso)[0] == pytest.approx(24 * HOUR_NS, abs=60e9)
    assert daylight(december, *tromso)[1] - daylight(december, *tromso)[0] == pytest.approx(0, abs=60e9)
    assert (half_day_s(90.0, 20.0, 0.0), half_day_s(-90.0, 20.0, 0.0)) == (43_200, 0)


@given(st.integers(0, 36_500), st.floats(-65, 65), st.floats(-180, 180))
def test_the_sun_is_highest_between_its_rise_and_its_setting_near_the_middle_of_the_day(
    day: int, latitude: float, longitude: float
) -> None:
    begin_s = day * 86_400 - round(longitude * 240)
    rises, sinks = daylight(begin_s * 10**9, latitude, longitude)
    noon_h = ((rises + sinks) / 2 - begin_s * 10**9) / HOUR_NS
    assert rises < sinks
    assert noon_h == pytest.approx(12, abs=0.35)
    assert datetime.fromtimestamp(begin_s, UTC).year <= 2070
