"""What time it is for a pilot: live, silent, fed its past, fed from its past into the present."""

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.ladder import LONG_BEFORE_NS
from pipelines.domains.local_time import quarter_of
from pipelines.domains.pilot_time import GRACE_NS, PilotTime
from pipelines.domains.runner import LATENESS_NS
from pipelines.model import Tick

NOW_NS = quarter_of(1_800_000_000 * 1_000_000_000)
YEAR_NS = 365 * 24 * HOUR_NS


def tick(time_ns: int) -> Tick:
    return Tick(time_ns, "trusted")


def test_a_reading_passes_time_to_the_quarter_that_is_over_for_two_minutes() -> None:
    time = PilotTime()
    time.read(NOW_NS + GRACE_NS - 1)
    assert time.time_ns == NOW_NS - QUARTER_NS
    time.read(NOW_NS + GRACE_NS)
    assert time.time_ns == NOW_NS
    time.read(NOW_NS - HOUR_NS)
    assert time.time_ns == NOW_NS


def test_ticks_pass_time_to_the_minute_while_the_pilot_lives_in_the_present() -> None:
    time = PilotTime()
    time.read(NOW_NS)
    time.tick(tick(NOW_NS + HOUR_NS), LATENESS_NS)
    assert time.time_ns == NOW_NS + HOUR_NS - GRACE_NS


def test_a_pilot_that_falls_silent_goes_on_in_the_present() -> None:
    time = PilotTime()
    time.read(NOW_NS)
    time.tick(tick(NOW_NS + 1), LATENESS_NS)
    time.tick(tick(NOW_NS + YEAR_NS), LATENESS_NS)
    assert time.time_ns == NOW_NS + YEAR_NS - GRACE_NS


def test_a_pilot_that_is_fed_its_past_has_its_readings_for_a_clock() -> None:
    time = PilotTime()
    for day in range(10):
        time.read(NOW_NS - YEAR_NS + day * 24 * HOUR_NS)
        time.tick(tick(NOW_NS), LATENESS_NS)
    assert time.time_ns == NOW_NS - YEAR_NS + 9 * 24 * HOUR_NS - QUARTER_NS


def test_a_past_that_reaches_the_present_is_the_present() -> None:
    time = PilotTime()
    time.read(NOW_NS - YEAR_NS)
    time.tick(tick(NOW_NS), LATENESS_NS)
    time.read(NOW_NS - HOUR_NS)
    time.tick(tick(NOW_NS + 1), LATENESS_NS)
    assert time.time_ns == NOW_NS + 1 - GRACE_NS


def test_a_clock_that_was_never_set_and_a_pilot_without_readings_have_no_time() -> None:
    time = PilotTime()
    time.tick(tick(NOW_NS), LATENESS_NS)
    assert time.time_ns == LONG_BEFORE_NS
    time.read(NOW_NS)
    before = time.time_ns
    time.tick(Tick(NOW_NS + HOUR_NS, "unset"), LATENESS_NS)
    assert time.time_ns == before
