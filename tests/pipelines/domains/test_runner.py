"""The runner with many readings per key, so that rungs are cut, run again, forgotten and found equal."""

import random
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.ladder import LONG_BEFORE_NS, LONGEST_TAIL, READINGS_PER_RUNG, rung_length
from pipelines.domains.runner import LATENESS_NS, Runner, StaleImageError
from pipelines.model import NS_PER_S, Observation
from tests.pipelines.domains import contract
from tests.pipelines.domains.contract import END_NS, START_NS
from tests.pipelines.domains.toy import TOY, Toy, ToyState

SITE = Site(
    "pilot", "mechelen", ZoneInfo("Europe/Brussels"), {"parking-spot/one": Place("a"), "parking-spot/two": Place("a")}
)
MINUTE_NS = 60 * NS_PER_S


def reading(minute: float, value: bool = True, local: str = "one") -> Reading:
    feature = f"parking-spot/{local}"
    return Reading(START_NS + int(minute * MINUTE_NS), f"box-{local}", feature, "occupied", value)


def day_of(rng: random.Random, count: int) -> list[Reading]:
    """Readings of two bays within 40 hours."""
    minutes = sorted(rng.randrange(40 * 60) for _ in range(count))
    return [reading(minute, rng.random() < 0.5, rng.choice(["one", "two"])) for minute in minutes]


def disturbed(rng: random.Random, readings: Sequence[Reading]) -> list[Reading]:
    """A few come late, some much, some are changed or taken back later."""
    arrivals = []
    for at, one in enumerate(readings):
        late = rng.choice([0, 0, 0, 0, 0, 3, 40, 400])
        arrivals.append((at + rng.random() * late, one))
        if rng.random() < 0.1:
            again = [
                one,
                msgspec.structs.replace(one, value=not one.value),
                msgspec.structs.replace(one, quality="retracted"),
            ]
            arrivals.append((at + late + 1 + rng.random() * 300, rng.choice(again)))
    return [one for _, one in sorted(arrivals, key=lambda pair: pair[0])]


def batches_of(rng: random.Random, arrivals: Sequence[Reading]) -> list[Sequence[Reading]]:
    batches, at = [], 0
    while at < len(arrivals):
        size = rng.choice([1, 1, 3, 50])
        batches.append(arrivals[at : at + size])
        at += size
    return batches


@pytest.mark.parametrize("seed", range(25))
def test_a_long_ladder_gives_the_same_last_words_as_an_in_order_run(seed: int) -> None:
    rng = random.Random(seed)
    arrivals = disturbed(rng, day_of(rng, 600))
    batches = batches_of(rng, arrivals)
    times = {rng.randrange(len(batches)): START_NS + rng.randrange(66) * HOUR_NS for _ in range(rng.choice([0, 5]))}

    observer, runner = contract.run(TOY, SITE, batches, times, restart_after=rng.randrange(len(batches)))

    assert observer.final == contract.in_order(TOY, SITE, arrivals, END_NS)
    assert runner.counts["late"] > 0
    assert runner.counts["too_late"] == runner.counts["shortened"] == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_how_readings_are_batched_changes_neither_state_nor_counts(seed: int) -> None:
    rng = random.Random(seed)
    arrivals = disturbed(rng, day_of(rng, 120))
    one_by_one, one_runner = contract.run(TOY, SITE, [[one] for one in arrivals], {})
    in_batches, runner = contract.run(TOY, SITE, batches_of(rng, arrivals), {})
    assert in_batches.final == one_by_one.final
    assert runner.counts["too_late"] == one_runner.counts["too_late"]


def test_a_reading_is_too_late_by_the_newest_of_its_own_key() -> None:
    runner = Runner(TOY, SITE)
    runner.take(reading(0))
    runner.take(reading(49 * 60, False))
    runner.take(reading(30, local="two"))
    runner.take(reading(59 * 60 - 48 * 60, local="two"))
    runner.settle()
    assert runner.counts["too_late"] == 1


def test_the_lateness_does_not_depend_on_how_far_time_was_passed() -> None:
    runner = Runner(TOY, SITE)
    runner.take(reading(0))
    runner.settle(START_NS + 90 * 24 * HOUR_NS)
    runner.take(reading(5, False))
    told = runner.settle()
    assert runner.counts["too_late"] == 0
    assert runner.counts["late"] == 1
    assert told


def test_time_is_passed_only_as_far_as_the_machine_follows_a_silent_key() -> None:
    times: list[int] = []

    class Watching(Toy):
        followed_ns = 3 * HOUR_NS

        def pass_time(self, state: ToyState, to_ns: int, site: Site) -> Iterator[Observation]:
            times.append(to_ns)
            return super().pass_time(state, to_ns, site)

    runner = Runner(Watching(), SITE)
    runner.take(reading(0))
    runner.settle(START_NS + HOUR_NS)
    runner.settle(START_NS + 90 * 24 * HOUR_NS)
    runner.settle(START_NS + 91 * 24 * HOUR_NS)
    assert times == [START_NS, START_NS + HOUR_NS, START_NS + 3 * HOUR_NS]


def test_a_reading_that_is_there_already_says_nothing_and_counts_nowhere() -> None:
    runner = Runner(TOY, SITE)
    readings = [reading(minute, minute % 2 == 0) for minute in range(200)]
    for one in readings:
        runner.take(one)
    runner.settle()
    for one in readings:
        runner.take(one)
    assert runner.settle() == {}
    assert (runner.counts["late"], runner.counts["corrected"]) == (0, 0)


def test_what_is_said_no_longer_is_retracted() -> None:
    runner = Runner(TOY, SITE)
    runner.take(reading(0))
    first = runner.settle()
    runner.take(msgspec.structs.replace(reading(0), quality="retracted"))
    then = runner.settle()
    assert [one.quality for one, _again in then.values()] == ["retracted"] * len(first)
    assert then.keys() == first.keys()
    assert all(again for _one, again in then.values())


def test_old_rungs_are_forgotten_and_memory_stays_level() -> None:
    runner = Runner(TOY, SITE)
    sizes = []
    for minute in range(0, 30 * 24 * 60, 10):
        runner.take(reading(minute, minute % 20 == 0))
        runner.settle(START_NS + minute * MINUTE_NS)
        if minute % (24 * 60) == 0:
            sizes.append(runner.remembered_bytes)
    assert max(sizes[4:]) < 1.2 * min(sizes[4:])
    per_reading = sizes[-1] / (LATENESS_NS / (10 * MINUTE_NS))
    assert per_reading < 60


def test_a_key_that_would_remember_too_much_looks_back_less_far_and_is_counted() -> None:
    runner = Runner(TOY, SITE, max_bytes=1)
    for minute in range(40 * 60):
        runner.take(reading(minute, minute % 2 == 0))
        runner.settle()
    assert runner.counts["shortened"] > 0
    assert runner.remembered_bytes < 8 << 10
    runner.take(reading(0.5))
    assert runner.settle() == {}
    assert runner.counts["too_late"] == 1


def test_a_machine_of_a_whole_pilot_may_remember_more_for_a_key() -> None:
    class OfAPilot(Toy):
        key_bytes = 1 << 20

    looks_back = {}
    for machine in (TOY, OfAPilot()):
        runner = Runner(machine, SITE)
        for second in range(0, 40 * 3600, 15):
            runner.take(reading(second / 60, second % 30 == 0))
        runner.settle()
        looks_back[type(machine)] = runner.counts["shortened"]
    assert looks_back[Toy] > 0
    assert looks_back[OfAPilot] == 0


def test_a_late_reading_costs_only_the_run_of_what_follows_until_all_is_as_it_was() -> None:
    taken = 0

    class Counting(Toy):
        def take(self, state: ToyState, reading: Reading, site: Site) -> Iterator[Observation]:
            nonlocal taken
            taken += 1
            return super().take(state, reading, site)

    runner = Runner(Counting(), SITE)
    for minute in range(2_000):
        runner.take(reading(minute, minute % 2 == 0))
    runner.settle()
    before = taken
    runner.take(reading(1_000.5, True))
    runner.settle()
    assert taken - before < 6 * READINGS_PER_RUNG
    before = taken
    runner.take(reading(1_999.5, True))
    runner.settle()
    assert taken - before < 4 * READINGS_PER_RUNG


def test_a_snapshot_of_another_version_is_not_taken_up() -> None:
    class Newer(Toy):
        version = 2

    runner = Runner(TOY, SITE)
    runner.take(reading(0))
    runner.settle()
    newer = Runner(Newer(), SITE)
    with pytest.raises(StaleImageError, match="toy 1, wanted toy 2"):
        newer.restore(runner.pack())
    with pytest.raises(StaleImageError):
        newer.restore(b"\xc1 no snapshot")
    assert newer.keys == 0


def test_a_snapshot_whose_state_is_another_type_is_not_taken_up() -> None:
    class Other(msgspec.Struct):
        area: int

    class Changed(Toy):
        state = Other  # type: ignore[assignment]

    changed: Any = Changed()
    runner = Runner(TOY, SITE)
    runner.take(reading(0))
    runner.settle()
    with pytest.raises(StaleImageError):
        Runner(changed, SITE).restore(runner.pack())


def test_a_large_state_is_kept_less_often() -> None:
    assert rung_length(100) == READINGS_PER_RUNG
    assert rung_length(4_800) == 200
    assert rung_length(1 << 20) == LONGEST_TAIL


def test_a_reading_of_no_key_is_of_no_use() -> None:
    runner = Runner(TOY, SITE)
    runner.take(msgspec.structs.replace(reading(0), feature="parking-spot/nowhere"))
    runner.take(msgspec.structs.replace(reading(0), quality="retracted"))
    assert runner.keys == 0
    assert runner.passed_ns == LONG_BEFORE_NS


def test_a_key_over_which_the_machine_raises_begins_anew_and_stops_no_other() -> None:
    class Fragile(Toy):
        def take(self, state: ToyState, reading: Reading, site: Site) -> Iterator[Observation]:
            if reading.value == "poison":
                raise ZeroDivisionError("by a reading")
            return super().take(state, reading, site)

    places = {"parking-spot/one": Place("a"), "parking-spot/two": Place("b")}
    runner = Runner(Fragile(), msgspec.structs.replace(SITE, places=places))
    runner.take(reading(0))
    runner.take(msgspec.structs.replace(reading(1), value="poison"))
    runner.take(reading(0, local="two"))
    told = runner.settle(START_NS + HOUR_NS)
    assert "b" in {feature.partition("/")[2] for feature, *_ in told}
    assert (runner.counts["fallen"], runner.keys) == (1, 1)
    assert "ZeroDivisionError" in runner.fell
    runner.take(reading(120))
    runner.settle()
    assert runner.keys == 2
