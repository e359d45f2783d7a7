"""Every machine of the table, and a toy that does all that a machine may do, against the laws of machines.

A failing example is made small with ``SHRINK=1``; that can take minutes.
"""

import os
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, LINK, QUARTER_NS, RELAYED, Machine, Reading
from pipelines.domains.ladder import place_of
from pipelines.domains.runner import GONE, LATENESS_NS
from pipelines.domains.table import MACHINES
from pipelines.domains.words import Words, hear
from pipelines.model import Value
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES
from tests.pipelines.domains import contract
from tests.pipelines.domains.contract import END_NS, START_NS
from tests.pipelines.domains.toy import TOY

ALL = (TOY, *MACHINES)
EXAMPLES = 30 if len(ALL) < 10 else 8
"""With a table full of machines each is asked less often; the toy meets everything on its own."""

quick = settings(
    max_examples=EXAMPLES,
    deadline=None,
    report_multiple_bugs=False,
    phases=[phase for phase in Phase if phase is not Phase.shrink or "SHRINK" in os.environ],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
every_machine = pytest.mark.parametrize("machine", ALL, ids=lambda machine: machine.producer)


@every_machine
@quick
@given(data=st.data())
def test_any_order_of_arrival_gives_the_same_last_words(machine: Machine[Any], data: st.DataObject) -> None:
    site = contract.site_of(machine)
    arrivals = _arrivals(machine, data)
    batches = _batches(arrivals, data)
    times = data.draw(st.dictionaries(st.integers(0, 20), st.integers(START_NS, END_NS), max_size=4))
    restart_after = data.draw(st.one_of(st.none(), st.integers(0, 20)))

    observer, _runner = contract.run(machine, site, batches, times, restart_after=restart_after)

    assert observer.final == contract.in_order(machine, site, arrivals, END_NS)


def _arrivals(machine: Machine[Any], data: st.DataObject) -> list[Reading]:
    """Readings in any order, some twice, some corrected afterwards, some taken back."""
    readings = data.draw(contract.readings_of(machine))
    lateness_ns = getattr(machine, "lateness_ns", LATENESS_NS)
    if lateness_ns < LATENESS_NS:  # within its own lateness, in any order
        readings = list({place_of(one): one for one in readings}.values())
        delays = data.draw(st.lists(st.integers(0, lateness_ns), min_size=len(readings), max_size=len(readings)))
        late = sorted(zip(readings, delays, strict=True), key=lambda pair: pair[0].time_ns + pair[1])
        return [reading for reading, _ in late]
    arrivals = data.draw(st.permutations(readings))
    afterwards = []
    for reading in arrivals[: data.draw(st.integers(0, 12))]:
        match data.draw(st.integers(0, 3)):
            case 0:
                afterwards.append(reading)
            case 1:
                afterwards.append(msgspec.structs.replace(reading, quality="retracted"))
            case _:
                second = (reading.time_ns - START_NS) // 1_000_000_000
                value = data.draw(contract.values_of(reading.property, second))
                afterwards.append(msgspec.structs.replace(reading, value=value))
    for one in afterwards:  # anywhere behind what they correct
        first = max(at for at, reading in enumerate(arrivals) if _is_same(reading, one))
        arrivals.insert(data.draw(st.integers(first + 1, len(arrivals))), one)
    return arrivals


def _is_same(reading: Reading, other: Reading) -> bool:
    return place_of(reading) == place_of(other)


def _batches(arrivals: Sequence[Reading], data: st.DataObject) -> list[list[Reading]]:
    size = data.draw(st.sampled_from([1, 2, 7, 100]))
    return [list(arrivals[at : at + size]) for at in range(0, len(arrivals), size)]


@every_machine
@quick
@given(data=st.data())
def test_a_state_survives_encoding_after_every_step(machine: Machine[Any], data: st.DataObject) -> None:
    contract.survives_encoding(machine, contract.site_of(machine), data.draw(contract.readings_of(machine)))


@pytest.mark.parametrize("machine", [one for one in ALL if hasattr(one, "due_ns")], ids=lambda one: one.producer)
@quick
@given(data=st.data())
def test_before_it_is_due_nothing_happens(machine: Machine[Any], data: st.DataObject) -> None:
    contract.says_nothing_before_it_is_due(machine, contract.site_of(machine), data.draw(contract.readings_of(machine)))


@every_machine
@quick
@given(data=st.data())
def test_time_passes_in_steps_of_any_size(machine: Machine[Any], data: st.DataObject) -> None:
    site = contract.site_of(machine)
    readings = sorted(data.draw(contract.readings_of(machine, at_most=25)))
    steps = sorted(data.draw(st.lists(st.integers(0, 66 * 12).map(lambda step: START_NS + step * QUARTER_NS // 3))))
    at_once, in_steps = _with_steps(machine, readings, []), _with_steps(machine, readings, steps)
    assert at_once == in_steps
    assert all(key is not None for key in at_once[1]) or not site.places


def _with_steps(machine: Machine[Any], readings: Sequence[Reading], steps: Sequence[int]) -> tuple[Any, Any]:
    """Last words and encoded states at the end."""
    site = contract.site_of(machine)
    words: Words = {}
    states: dict[str, Any] = {}
    waiting = list(steps)
    for reading in readings:
        while waiting and waiting[0] <= reading.time_ns:
            to_ns = waiting.pop(0)
            for state in states.values():
                hear(words, list(machine.pass_time(state, to_ns, site)))
        key = machine.key(reading, site)
        if key is not None:
            state = states.setdefault(key, None) or machine.begin(key, site)
            states[key] = state
            hear(words, list(machine.pass_time(state, reading.time_ns, site)))
            hear(words, list(machine.take(state, reading, site)))
    for state in states.values():
        for to_ns in [*waiting, END_NS]:
            hear(words, list(machine.pass_time(state, to_ns, site)))
    encoded = {key: msgspec.msgpack.encode(state) for key, state in states.items()}
    return contract.final(words.values()), encoded


@every_machine
@quick
@given(data=st.data())
def test_what_it_says_is_in_the_vocabulary_and_of_its_kind(machine: Machine[Any], data: st.DataObject) -> None:
    readings = data.draw(contract.readings_of(machine))
    site = contract.site_of(machine)
    observer, _runner = contract.run(machine, site, [readings], {})
    types = {"gauge": float, "counter": float, "flag": bool, "state": str}
    for one in observer.words.values():
        row = PROPERTIES[one.property]
        assert type(one.value) is types[row.kind], f"{one.property} = {one.value!r}"
        assert one.value == one.value, one.property  # no NaN
        assert one.feature.partition("/")[0] in FEATURE_TYPES, one.feature
        assert one.interval_ns >= 0
        if row.states and one.quality not in GONE:
            assert one.value in row.states


@every_machine
def test_nothing_is_said_where_nothing_is_known(machine: Machine[Any]) -> None:
    site = contract.site_of(machine)
    names = {name for name in (_key_of(machine, feature) for feature in site.places) if name is not None}
    for name in names:
        state = machine.begin(name, site)
        assert list(machine.pass_time(state, START_NS, site)) == []
        assert list(machine.pass_time(state, END_NS, site)) == []


def _key_of(machine: Machine[Any], feature: str) -> str | None:
    name = min(machine.properties)
    return machine.key(Reading(START_NS, "box", feature, name, 1.0), contract.site_of(machine))


@every_machine
def test_its_state_is_bounded(machine: Machine[Any]) -> None:
    """Three months of a busy device cost no more than twice what one month costs, and no more than 64 KiB."""
    site = contract.site_of(machine)
    feature = min(site.places)
    sizes = []
    state: Any = None
    for hour in range(3 * 30 * 24):
        for name in sorted(machine.properties):
            row = PROPERTIES.get(name)
            kind = "flag" if row is None else row.kind
            value: Value = float(hour) if kind == "counter" else float(20 + hour % 24)
            if name == LINK:
                value = f"{hour} 2 {-80.0 - hour % 24} 5.5"
            elif name == RELAYED:
                value = f"{hour} 1 tree/{hour % 100}"
            elif kind == "flag":
                value = hour % 5 < 2
            elif row is not None and row.states:
                value = row.states[hour % len(row.states)]
            reading = Reading(START_NS + hour * HOUR_NS, "box", feature, name, value)
            key = machine.key(reading, site)
            if key is None:
                continue
            state = machine.begin(key, site) if state is None else state
            list(machine.pass_time(state, reading.time_ns, site))
            list(machine.take(state, reading, site))
        if (hour + 1) % (30 * 24) == 0 and state is not None:
            sizes.append(len(msgspec.msgpack.encode(state)))
    if sizes:
        assert sizes[-1] <= max(2 * sizes[0], 4_096)
        assert sizes[-1] <= 64 << 10
