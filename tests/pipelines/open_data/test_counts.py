"""Small counts, attacked: from everything that is told, each hidden count must still be anything from 1 to 4."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.model import Observation
from pipelines.open_data.counts import Counts
from pipelines.open_data.privacy import Subject

QUARTER, HOUR, DAY = 900 * 10**9, 3_600 * 10**9, 86_400 * 10**9
T0 = 20_000 * DAY
COUNTER = Subject("bike-counter/c", "C", "own")


def count(
    value: float, time_ns: int, interval_ns: int, subject: Subject = COUNTER, name: str = "bicycles"
) -> Observation:
    return Observation(subject.feature, name, value, time_ns, interval_ns=interval_ns)


def say(counts: Counts, value: float, time_ns: int, interval_ns: int, subject: Subject = COUNTER) -> Observation:
    (said,) = counts.screen(subject, [count(value, time_ns, interval_ns, subject)])
    return said


def day_of(quarters: Sequence[int]) -> list[Observation]:
    """What is said of a stretch that begins at midnight: quarters, hours, and the whole as a day."""
    counts, said = Counts(), []
    for place, value in enumerate(quarters):
        said.append(say(counts, value, T0 + place * QUARTER, QUARTER))
        if place % 4 == 3:
            said.append(say(counts, sum(quarters[place - 3 : place + 1]), T0 + (place - 3) * QUARTER, HOUR))
    said.append(say(counts, sum(quarters), T0, DAY))
    return said


def told(said: Sequence[Observation], interval_ns: int) -> list[float | None]:
    return [None if one.quality == "suppressed" else float(one.value) for one in said if one.interval_ns == interval_ns]


def test_one_to_four_are_hidden_and_zero_is_told() -> None:
    assert told(day_of([0, 1, 4, 5, 0, 0, 0, 0]), QUARTER) == [0, None, None, 5, 0, 0, 0, 0]


def test_an_hour_that_would_give_a_quarter_away_is_hidden_too() -> None:
    assert told(day_of([3, 10, 10, 10]), HOUR) == [None]
    assert told(day_of([1, 1, 10, 10]), HOUR) == [None]
    assert told(day_of([1, 4, 10, 10]), HOUR) == [25]


def test_what_follows_from_a_hidden_count_is_hidden_with_it() -> None:
    street = Subject("street-parking/kade", "C", "own")
    said = Counts().screen(
        street,
        [
            count(3, T0, DAY, street, "sessions"),
            count(0.5, T0, DAY, street, "turnover_per_bay"),
            count(40.0, T0, DAY, street, "occupancy_percent"),
        ],
    )
    assert [one.quality for one in said] == ["suppressed", "suppressed", "ok"]
    alone = Counts().screen(street, [count(0.5, T0, DAY, street, "turnover_per_bay")])
    assert [one.quality for one in alone] == ["suppressed"]


def test_a_section_is_told_only_where_its_counters_are() -> None:
    section = Subject("bike-section/s", "C", "own", parts=("bike-counter/a", "bike-counter/b"))
    one, other = (Subject(feature, "C", "own") for feature in section.parts)
    counts = Counts()
    say(counts, 40, T0, HOUR, one)
    say(counts, 3, T0, HOUR, other)
    assert say(counts, 43, T0, HOUR, section).quality == "suppressed"
    say(counts, 30, T0 + HOUR, HOUR, one)
    say(counts, 7, T0 + HOUR, HOUR, other)
    assert say(counts, 37, T0 + HOUR, HOUR, section).value == 37


def test_what_was_not_heard_in_order_cannot_be_told() -> None:
    counts = Counts()
    say(counts, 9, T0 + 2 * HOUR, QUARTER)
    assert say(counts, 90, T0, DAY).quality == "suppressed"
    for later in range(60):
        say(counts, 9, T0 + later * HOUR, HOUR)
    assert say(counts, 99, T0, HOUR).quality == "suppressed"
    assert len(counts.series["bike-counter/c", "bicycles"].words) <= 55


def test_a_missing_count_says_so_and_judges_nothing() -> None:
    gap = Observation("bike-counter/c", "bicycles", 0.0, T0, quality="missing", interval_ns=QUARTER)
    assert Counts().screen(COUNTER, [gap]) == [gap]


def test_the_memory_survives_a_restart() -> None:
    before, after = Counts(), Counts()
    for place, value in enumerate((3, 10, 10)):
        say(before, value, T0 + place * QUARTER, QUARTER)
    name = "bike-counter/c", "bicycles"
    after.restore(name, before.packed(name))
    say(after, 10, T0 + 3 * QUARTER, QUARTER)
    assert say(after, 33, T0, HOUR).quality == "suppressed"


def solutions(said: Sequence[Observation], quarters: int) -> list[set[int]]:
    """What each quarter can have been, by everything that was told: every assignment is tried."""
    leaves = [one for one in said if one.interval_ns == QUARTER]
    hidden = [place for place, one in enumerate(leaves) if one.quality == "suppressed"]
    totals = [one for one in said if one.interval_ns > QUARTER and one.quality != "suppressed"]
    possible: list[set[int]] = [set() for _ in range(quarters)]
    for guess in product(range(1, 5), repeat=len(hidden)):
        values = [float(one.value) for one in leaves]
        for place, value in zip(hidden, guess, strict=True):
            values[place] = value
        if all(
            sum(
                values[place]
                for place in range(quarters)
                if total.time_ns <= T0 + place * QUARTER < total.time_ns + total.interval_ns
            )
            == total.value
            for total in totals
        ):
            for place in hidden:
                possible[place].add(int(values[place]))
    return [possible[place] for place in hidden]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 12]), min_size=8, max_size=8).filter(
        lambda q: sum(1 <= v <= 4 for v in q) <= 6
    )
)
def test_no_subtraction_narrows_a_hidden_count(quarters: list[int]) -> None:
    assert all(possible == {1, 2, 3, 4} for possible in solutions(day_of(quarters), len(quarters)))
