"""Tamper: raised at once, held for ten minutes after the last sign, cleared."""

from pipelines.domains import HOUR_NS
from pipelines.domains.devices.tamper import HOLD_NS, Tamper
from tests.pipelines.domains.fold import at, fold, of, series, site

DOOR = "safety-point/door"
BEGIN = at("2026-06-01T00:00")
MINUTE = HOUR_NS // 60


def test_a_short_sign_stands_for_ten_minutes() -> None:
    signs = series(DOOR, "tamper", [(BEGIN, True), (BEGIN + MINUTE, False)])
    raised, cleared = of(fold(Tamper(), signs, site(), until=BEGIN + HOUR_NS), "tamper_alarm")
    assert (raised.value, raised.time_ns) == (True, BEGIN)
    assert (cleared.value, cleared.time_ns) == (False, BEGIN + MINUTE + HOLD_NS)


def test_a_sign_that_stands_keeps_the_alarm_however_long() -> None:
    signs = series(DOOR, "tamper", [(BEGIN, True), (BEGIN + 5 * HOUR_NS, True), (BEGIN + 6 * HOUR_NS, False)])
    raised, cleared = of(fold(Tamper(), signs, site(), until=BEGIN + 9 * HOUR_NS), "tamper_alarm")
    assert (raised.time_ns, cleared.time_ns) == (BEGIN, BEGIN + 6 * HOUR_NS + HOLD_NS)


def test_signs_within_ten_minutes_are_one_alarm() -> None:
    flicker = [(BEGIN + number * MINUTE, number % 2 == 0) for number in range(10)]
    said = of(
        fold(Tamper(), series(DOOR, "tamper", flicker), site(), until=BEGIN + HOUR_NS, restarts=True), "tamper_alarm"
    )
    assert [one.value for one in said] == [True, False]


def test_quiet_devices_say_nothing() -> None:
    assert not fold(Tamper(), series(DOOR, "tamper", [(BEGIN, False), (BEGIN + MINUTE, False)]), site())
