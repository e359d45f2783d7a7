"""Fire and tilt: said at once, and cleared."""

from pipelines.domains import Reading
from pipelines.domains.waste.alarms import AlarmMachine
from tests.pipelines.domains.fold import at, fold, of, site

BIN = "waste-container/B-1"
NOON = at("2026-06-01T12:00")
S = 10**9


def heard(*points: tuple[int, str, float | bool]) -> list[tuple[str, int, bool]]:
    readings = [Reading(NOON + second * S, "device", BIN, name, value) for second, name, value in points]
    said = fold(AlarmMachine(), readings, site(), until=NOON + 7_200 * S)
    events = [*of(said, "fire_alarm"), *of(said, "tilt_alarm")]
    return [(one.property, (one.time_ns - NOON) // S, bool(one.value)) for one in events]


def test_above_sixty_degrees_it_burns_and_below_fifty_no_longer() -> None:
    points = [(0, "temperature_c", 20.0), (3600, "temperature_c", 61.0), (3660, "temperature_c", 55.0)]
    assert heard(*points, (3720, "temperature_c", 49.0)) == [("fire_alarm", 3600, True), ("fire_alarm", 3720, False)]


def test_sixty_degrees_exactly_are_no_fire() -> None:
    assert heard((0, "temperature_c", 20.0), (3600, "temperature_c", 60.0)) == []


def test_a_rise_of_more_than_five_degrees_a_minute_is_a_fire() -> None:
    assert heard((0, "temperature_c", 20.0), (60, "temperature_c", 25.1)) == [("fire_alarm", 60, True)]
    assert heard((0, "temperature_c", 20.0), (60, "temperature_c", 25.0)) == []


def test_a_rise_between_far_or_near_readings_is_no_fire() -> None:
    assert heard((0, "temperature_c", 10.0), (3600, "temperature_c", 40.0)) == []
    assert heard((0, "temperature_c", 20.0), (5, "temperature_c", 22.0)) == []


def test_the_sensors_own_alarm_counts_and_holds_while_it_says_so() -> None:
    points = [(0, "fire", True), (60, "temperature_c", 30.0), (120, "fire", False), (120, "temperature_c", 30.0)]
    assert heard(*points) == [("fire_alarm", 0, True), ("fire_alarm", 120, False)]


def test_it_is_said_in_take_not_later() -> None:
    machine = AlarmMachine()
    state = machine.begin(BIN, site())
    (said,) = machine.take(state, Reading(NOON, "device", BIN, "temperature_c", 75.0), site())
    assert (said.property, said.time_ns, said.value) == ("fire_alarm", NOON, True)
    assert list(machine.take(state, Reading(NOON + S, "device", BIN, "temperature_c", 76.0), site())) == []


def test_a_tilt_is_an_alarm_after_a_minute() -> None:
    assert heard((0, "tilted", True), (59, "tilted", False)) == []
    assert heard((0, "tilted", True), (30, "tilted", True), (600, "tilted", False)) == [
        ("tilt_alarm", 60, True),
        ("tilt_alarm", 600, False),
    ]
