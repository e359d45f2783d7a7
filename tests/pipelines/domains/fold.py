"""A small fold for the tests of one machine: readings in order, time passed to each, the last word of each identity.

Half the tests' worlds also break the state open on the way: it is encoded and decoded again before every reading.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from pipelines.domains import Machine, Place, Reading, Site
from pipelines.domains.runner import gone_for
from pipelines.model import Observation

BRUSSELS = ZoneInfo("Europe/Brussels")
Identity = tuple[str, str, int, int]


def site(places: dict[str, Place] | None = None, settings: dict[str, msgspec.Struct] | None = None) -> Site:
    return Site("pilot", "mechelen", BRUSSELS, places or {}, settings or {})


def at(text: str, zone: ZoneInfo = BRUSSELS) -> int:
    """``2026-07-06T12:00`` of local time, or with an offset of its own, in nanoseconds."""
    when = datetime.fromisoformat(text)
    when = when if when.tzinfo else when.replace(tzinfo=zone)
    return round((when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9


def series(feature: str, name: str, points: Iterable[tuple[int, float | bool | str]]) -> list[Reading]:
    return [Reading(time_ns, "device", feature, name, value) for time_ns, value in points]


def fold(
    machine: Machine[Any], readings: Sequence[Reading], where: Site, *, until: int = 0, restarts: bool = False
) -> dict[Identity, Observation]:
    """What stands in the end, by identity."""
    said: dict[Identity, Observation] = {}
    states: dict[str, Any] = {}
    for reading in sorted(one for one in readings if one.quality not in gone_for(machine)):
        if (key := machine.key(reading, where)) is None:
            continue
        state = states[key] if key in states else machine.begin(key, where)
        if restarts:
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=machine.state)
        states[key] = state
        _hear(said, machine.pass_time(state, reading.time_ns, where))
        _hear(said, machine.take(state, reading, where))
    for state in states.values():
        _hear(said, machine.pass_time(state, until, where) if until else ())
    return said


def _hear(said: dict[Identity, Observation], observations: Iterable[Observation]) -> None:
    for one in observations:
        said[one.feature, one.property, one.time_ns, one.interval_ns] = one


def of(said: dict[Identity, Observation], name: str, interval_ns: int | None = None) -> list[Observation]:
    """Everything said of a property, in order of time."""
    found = [one for one in said.values() if one.property == name and interval_ns in (None, one.interval_ns)]
    return sorted(found, key=lambda one: (one.time_ns, one.interval_ns))


def values(said: dict[Identity, Observation], name: str, interval_ns: int | None = None) -> list[Any]:
    return [one.value for one in of(said, name, interval_ns)]
