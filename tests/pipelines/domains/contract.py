"""What every machine must keep, asked with readings made for it. ``test_contract.py`` asks each of the table.

The measure of everything is ``in_order``: a plain fold over sorted readings, without runner, checkpoint or memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import strategies as st

from pipelines.domains import HEARD, HOUR_NS, LINK, RELAYED, Machine, Place, Reading, Site
from pipelines.domains.ladder import place_of
from pipelines.domains.runner import GONE, LATENESS_NS, Runner, gone_for
from pipelines.domains.words import Identity, Said, Words, hear, identity_of
from pipelines.model import NS_PER_S, Location, Observation, Value
from pipelines.vocabulary import PROPERTIES

START_NS = 1_793_000_000 * NS_PER_S - 1_793_000_000 * NS_PER_S % (24 * HOUR_NS) + 3 * 24 * HOUR_NS
"""A midnight in UTC, a day before Europe's clocks change in October 2026: days of 24 and 25 hours are in reach."""

SPAN_S = 40 * 3600
"""All readings lie within the lateness, so that any order of arrival is allowed."""

END_NS = START_NS + SPAN_S * NS_PER_S + 26 * HOUR_NS
Final = dict[Identity, tuple[Value, str, str]]


def site_of(machine: Machine[Any]) -> Site:
    """A pilot with two areas, its features placed in them."""
    places = {feature: Place(f"area-{at % 2}", Location(4.4 + at / 100, 51.0)) for at, feature in _features(machine)}
    return Site("pilot", "mechelen", ZoneInfo("Europe/Brussels"), places)


def _features(machine: Machine[Any]) -> Iterable[tuple[int, str]]:
    return enumerate(f"{kind}/{local}" for kind in sorted(machine.features) for local in ("one", "two", "three"))


def readings_of(machine: Machine[Any], *, at_most: int = 60) -> st.SearchStrategy[list[Reading]]:
    """Readings that the machine wants, on a grid of 20 s and 20 min so that times, orders and series meet."""
    features = [feature for _, feature in _features(machine)]
    seconds = st.one_of(
        st.integers(0, SPAN_S // 1200).map(lambda step: step * 1200),
        st.integers(0, SPAN_S // 20).map(lambda step: step * 20),
        st.integers(0, 3 * 90).map(lambda step: step * 20),
    )
    return st.lists(
        st.tuples(seconds, st.sampled_from(features), st.sampled_from(sorted(machine.properties)), st.data()).flatmap(
            lambda drawn: _reading(*drawn[:3])
        ),
        max_size=at_most,
    )


def _reading(second: int, feature: str, name: str) -> st.SearchStrategy[Reading]:
    quality = st.sampled_from(["ok"] * 6 + ["suspect", "estimated"])
    return st.builds(
        lambda value, quality: Reading(
            START_NS + second * NS_PER_S, f"box-of-{feature.partition('/')[2]}", feature, name, value, quality
        ),
        values_of(name, second),
        quality,
    )


def values_of(name: str, second: int) -> st.SearchStrategy[Value]:
    """Values of a property: registers mostly rise with time, and sometimes begin again."""
    if name == HEARD:
        return st.just(True)
    if name in (LINK, RELAYED):
        return st.sampled_from(_travelled(name, second // 60))
    row = PROPERTIES[name]
    if row.kind == "flag":
        return st.booleans()
    if row.kind == "state":
        return st.sampled_from(row.states)
    if row.kind == "counter":
        return st.one_of(st.just(float(second // 60)), st.integers(0, 3000).map(float))
    low = -100.0 if row.low is None else float(row.low)
    high = 1000.0 if row.high is None else min(float(row.high), 1000.0)
    return st.one_of(st.floats(low, high, allow_subnormal=False).map(lambda value: round(value, 2)), st.just(low))


def _travelled(name: str, f_cnt: int) -> list[str]:
    if name == LINK:
        return [f"{f_cnt} 2 -101.5 7.0", f"{f_cnt} 1 - -3.25", "- 3 -80.0 -", "7 - - -"]
    return [f"{f_cnt} 1 tree/a", f"{f_cnt} 2 tree/b", "- 1 tree/a", "7 3 tree/c"]


def in_order(machine: Machine[Any], site: Site, readings: Sequence[Reading], until_ns: int) -> Final:
    """The last words of the plain fold; time is passed to each key as far as the runner follows it."""
    last = {place_of(one): one for one in readings}
    words: Words = {}
    states: dict[str, Any] = {}
    taken_ns: dict[str, int] = {}
    newest: dict[str, int] = {}  # also of readings that were taken back: time has been passed on account of them
    for reading in readings:
        if (key := machine.key(reading, site)) is not None:
            newest[key] = max(newest.get(key, 0), reading.time_ns)
    for reading in (one for _, one in sorted(last.items()) if one.quality not in gone_for(machine)):
        key = machine.key(reading, site)
        if key is not None:
            if key not in states:
                states[key] = machine.begin(key, site)
            taken_ns[key] = reading.time_ns
            hear(words, list(machine.pass_time(states[key], reading.time_ns, site)))
            hear(words, list(machine.take(states[key], reading, site)))
    followed_ns = getattr(machine, "followed_ns", LATENESS_NS)
    for key, state in states.items():
        to_ns = max(taken_ns[key], min(until_ns, newest[key] + followed_ns))
        hear(words, list(machine.pass_time(state, to_ns, site)))
    return final(words.values())


def final(words: Iterable[Observation]) -> Final:
    """What an observer is left with."""
    found: Final = {}
    for one in words:
        if one.quality == "retracted":
            found.pop(identity_of(one), None)
        else:
            value: Value = 0.0 if one.quality in GONE else one.value
            found[identity_of(one)] = (value, one.quality, one.reason)
    return found


class Observer:
    """Keeps what it was told last, and notices a first word that was none."""

    def __init__(self) -> None:
        self.words: dict[Identity, Observation] = {}

    def hear(self, said: Said) -> None:
        """Take in what one settling told."""
        for identity, (one, again) in said.items():
            assert identity == identity_of(one)
            had = self.words.get(identity)
            if had is not None and (had.quality, had.reason) != (one.quality, one.reason):
                assert again, f"{identity}: {had.quality} became {one.quality}, told as a first word"
            self.words[identity] = one

    @property
    def final(self) -> Final:
        """What it is left with."""
        return final(self.words.values())


def run(
    machine: Machine[Any],
    site: Site,
    batches: Iterable[Sequence[Reading]],
    times: Mapping[int, int],
    *,
    until_ns: int = END_NS,
    restart_after: int | None = None,
) -> tuple[Observer, Runner[Any]]:
    """Through the runner: batch by batch, time passed after those that ``times`` names, perhaps a restart between."""
    runner = Runner(machine, site)
    observer = Observer()
    passed_ns = 0
    for at, batch in enumerate(batches):
        for reading in batch:
            runner.take(reading)
        passed_ns = max(passed_ns, times.get(at, 0))
        observer.hear(runner.settle(passed_ns))
        if at == restart_after:
            packed = runner.pack()
            runner = Runner(machine, site)
            runner.restore(packed)
            assert runner.pack() == packed
    observer.hear(runner.settle(until_ns))
    return observer, runner


def survives_encoding(machine: Machine[Any], site: Site, readings: Sequence[Reading]) -> None:
    """A state that is encoded and decoded after every step says and becomes the same."""
    states: dict[str, Any] = {}
    copies: dict[str, Any] = {}
    for reading in sorted(readings, key=place_of):
        key = machine.key(reading, site)
        if key is None:
            continue
        if key not in states:
            states[key], copies[key] = machine.begin(key, site), machine.begin(key, site)
        copies[key] = _copied(machine, copies[key])
        to_ns = reading.time_ns
        assert list(machine.pass_time(states[key], to_ns, site)) == list(machine.pass_time(copies[key], to_ns, site))
        copies[key] = _copied(machine, copies[key])
        assert list(machine.take(states[key], reading, site)) == list(machine.take(copies[key], reading, site))
    for key, state in states.items():
        assert msgspec.msgpack.encode(state) == msgspec.msgpack.encode(copies[key])


def says_nothing_before_it_is_due(machine: Machine[Any], site: Site, readings: Sequence[Reading]) -> None:
    """To pass time to just before ``due_ns`` says nothing and leaves the state as it is, to the byte."""
    states: dict[str, Any] = {}
    for reading in sorted(readings, key=place_of):
        key = machine.key(reading, site)
        if key is None:
            continue
        state = states.setdefault(key, machine.begin(key, site))
        list(machine.pass_time(state, reading.time_ns, site))
        list(machine.take(state, reading, site))
        before = msgspec.msgpack.encode(state)
        due_ns = machine.due_ns(state, site)  # type: ignore[attr-defined]  # not every machine has it
        if due_ns > reading.time_ns:
            assert not list(machine.pass_time(state, min(due_ns - 1, END_NS), site))
            assert msgspec.msgpack.encode(state) == before


def _copied(machine: Machine[Any], state: Any) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=machine.state)
