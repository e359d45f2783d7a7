from datetime import date

import pytest

from pipelines.domains import HOUR_NS, Place
from pipelines.domains.cycling.kinds import BICYCLES
from pipelines.domains.cycling.links import FASTEST_BICYCLE_KMH, LinkMachine, SpeedMachine
from pipelines.domains.cycling.settings import LinkDetails
from pipelines.domains.local_time import bounds_of
from pipelines.model import NS_PER_S
from tests.pipelines.domains.fold import BRUSSELS, at, fold, of, series, site, values

LINK = "bike-link/canal"
NOON_NS = at("2026-07-06T12:00")


def passes(times_s: list[float], begin_ns: int = NOON_NS) -> list[tuple[int, float]]:
    return [(begin_ns + place * 60 * NS_PER_S, time_s) for place, time_s in enumerate(times_s)]


@pytest.mark.parametrize("restarts", [False, True])
def test_the_travel_time_of_an_hour_is_the_median_of_its_passes(restarts: bool) -> None:
    readings = series(LINK, "travel_time_s", passes([100.0, 110.0, 120.0, 130.0, 500.0]))
    said = fold(LinkMachine(), readings, site(), until=NOON_NS + HOUR_NS, restarts=restarts)
    assert values(said, "travel_time_median_s") == [120.0]
    assert values(said, "travel_time_p90_s") == [352.0]
    assert {(one.time_ns, one.interval_ns) for one in said.values()} == {(NOON_NS, HOUR_NS)}


def test_four_passes_are_suppressed() -> None:
    readings = series(LINK, "travel_time_s", passes([100.0, 110.0, 120.0, 130.0]))
    (one,) = fold(LinkMachine(), readings, site(), until=NOON_NS + HOUR_NS).values()
    assert (one.quality, one.reason, one.value) == ("suppressed", "privacy", 0.0)


def test_delay_is_against_the_free_flow_of_quiet_hours() -> None:
    points = [each for hour in range(9) for each in passes([100.0] * 5, NOON_NS + hour * HOUR_NS)]
    points += passes([150.0] * 5, NOON_NS + 9 * HOUR_NS)
    said = fold(LinkMachine(), series(LINK, "travel_time_s", points), site(), until=NOON_NS + 10 * HOUR_NS)
    assert values(said, "free_flow_time_s") == [100.0] * 10
    assert values(said, "delay_percent") == [0.0] * 9 + [50.0]


def test_what_no_bicycle_can_do_is_no_pass() -> None:
    where = site({LINK: Place(details=LinkDetails(length_m=500.0))})
    slow, fast = 601.0, 39.0  # below 3, above 45 km/h
    readings = series(LINK, "travel_time_s", passes([slow, fast, 100.0, 100.0, 100.0, 100.0, 100.0, slow]))
    assert values(fold(LinkMachine(), readings, where, until=NOON_NS + HOUR_NS), "travel_time_p90_s") == [100.0]


@pytest.mark.parametrize("day", [date(2026, 7, 6), date(2026, 3, 29), date(2026, 10, 25)])
def test_speeds_of_a_local_day(day: date) -> None:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    points = [(begin_ns + place * HOUR_NS, 10.0 + place) for place in range((end_ns - begin_ns) // HOUR_NS)]
    points[3] = (points[3][0], 80.0)
    machine = SpeedMachine(BICYCLES, FASTEST_BICYCLE_KMH)
    said = fold(machine, series("bike-counter/a", "speed_kmh", points), site(), until=end_ns, restarts=True)
    (median,) = of(said, "speed_median_kmh")
    assert (median.time_ns, median.interval_ns) == (begin_ns, end_ns - begin_ns)
    assert median.value == pytest.approx(22.0, abs=1.0)
    assert values(said, "speed_v85_kmh")[0] > 28.0


def test_speeds_of_four_are_suppressed() -> None:
    points = [(NOON_NS + place, 18.0) for place in range(4)]
    said = fold(
        SpeedMachine(BICYCLES), series("bike-counter/a", "speed_kmh", points), site(), until=NOON_NS + 24 * HOUR_NS
    )
    assert [one.quality for one in said.values()] == ["suppressed"]


@pytest.mark.parametrize("value", [0.0, 4_000.0])
def test_an_impossible_travel_time_or_speed_leaves_no_trace(value: float) -> None:
    link, speed = LinkMachine(), SpeedMachine(BICYCLES)
    of_link, of_counter = link.begin(LINK, site()), speed.begin("bike-counter/a", site())
    assert link.take(of_link, series(LINK, "travel_time_s", [(NOON_NS, value)])[0], site()) == ()
    assert speed.take(of_counter, series("bike-counter/a", "speed_kmh", [(NOON_NS, value)])[0], site()) == ()
    assert of_link == link.begin(LINK, site())
    assert of_counter == speed.begin("bike-counter/a", site())


def test_an_hour_keeps_at_most_a_thousand_passes() -> None:
    machine = LinkMachine()
    state = machine.begin(LINK, site())
    for place in range(1_200):
        machine.take(state, series(LINK, "travel_time_s", [(NOON_NS + place, 100.0)])[0], site())
    assert len(state.passes_s) == 1_000
