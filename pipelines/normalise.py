"""The stage ``normalise``: when was it, and what is it in the vocabulary's words and units?

Laws
- Event time is the device's if plausible, else the network's, else ours. Ours counts only while our clock is trusted.
- A reading that no rule names is *unmapped*, one whose value or time cannot be right is *unfit*; both are handed back
  by name and make no observation.
- Of two readings of one property at one time the last one counts.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Literal, NamedTuple

from pipelines.decode import Reading
from pipelines.instants import is_plausible
from pipelines.model import NS_PER_S, Observation, Received, Rejected, TimeSource, Uplink
from pipelines.plan import Plan

AHEAD_NS = 24 * 3600 * NS_PER_S
"""A time so far ahead of ours is no time; a smaller lead is kept and marked ``future``."""

BEHIND_NETWORK_NS = 366 * 24 * 3600 * NS_PER_S
"""No device stores readings for longer; a clock that lost its battery stands years behind the network's."""

FIRST_DEVICE_TIME_NS = 1_420_070_400 * NS_PER_S
"""2015-01-01T00:00:00Z, the month of LoRaWAN 1.0. Unset clocks of devices begin at 1970, 1980, 2000 or 2010."""


class EventTime(NamedTuple):
    """When a message's readings were taken and whose clock says so; ``heard_ns``: when the network, else we, had it."""

    time_ns: int
    source: TimeSource
    heard_ns: int


class Unread(NamedTuple):
    """A reading that made no observation, by its name in the message."""

    name: str
    why: Literal["unmapped", "unfit"]


def event_time(uplink: Uplink, received: Received) -> EventTime | Rejected | None:
    """Choose the event time; None when only our own clock could tell and it is not set.

    A device's time is judged against the network's, else against ours, and never alone. A time outside the years 2000
    to 2099 is a mistake in the message, not a clock that is off: where nothing else in the message tells the time,
    the message is rejected rather than stamped with ours.
    """
    own_ns = received.received_ns if received.clock == "trusted" else None
    network_ns = uplink.network_time_ns
    if network_ns is not None and _is_off(network_ns, own_ns):
        network_ns = None
    heard_ns = own_ns if network_ns is None else network_ns
    device_ns = uplink.device_time_ns
    if device_ns is not None and heard_ns is not None and not _is_off(device_ns, heard_ns):
        earliest_ns = FIRST_DEVICE_TIME_NS if network_ns is None else network_ns - BEHIND_NETWORK_NS
        if device_ns >= earliest_ns:
            return EventTime(device_ns, "device", heard_ns)
    if network_ns is not None:
        return EventTime(network_ns, "network", network_ns)
    return _own_time(uplink, received, own_ns)


def _own_time(uplink: Uplink, received: Received, own_ns: int | None) -> EventTime | Rejected | None:
    for claim_ns in (uplink.network_time_ns, uplink.device_time_ns, own_ns):
        if claim_ns is not None and not is_plausible(claim_ns):
            return Rejected("implausible_time", "the message's time lies outside the years 2000 to 2099")
    if received.retained:
        return Rejected("retained_without_time", "a retained message that does not say when it was true")
    return None if own_ns is None else EventTime(own_ns, "gateway", own_ns)


def _is_off(claim_ns: int, heard_ns: int | None) -> bool:
    return not is_plausible(claim_ns) or (heard_ns is not None and claim_ns > heard_ns + AHEAD_NS)


def normalise(
    readings: Iterable[Reading], plan: Plan, feature: str, when: EventTime
) -> tuple[list[Observation], list[Unread]]:
    """Observations of the feature from readings in the vendor's words, and what made none."""
    observations: dict[str | tuple[str, int], Observation] = {}
    unread: list[Unread] = []
    rules = plan.rules
    time_ns, source, _ = when
    for reading in readings:
        rule = rules.get(reading.name)
        if rule is None:
            unread.append(Unread(reading.name, "unmapped"))
            continue
        name, convert = rule
        value = convert(reading.value)
        if value is None:
            unread.append(Unread(reading.name, "unfit"))
        elif reading.age_s == 0.0 and reading.time_ns is None:
            observations[name] = Observation(feature, name, value, time_ns, source)
        elif (own := _reading_time(reading, when)) is not None:
            observations[name, own[0]] = Observation(feature, name, value, *own)
        else:
            unread.append(Unread(reading.name, "unfit"))
    return list(observations.values()), unread


def normalise_named(
    values: Mapping[str, object], plan: Plan, feature: str, when: EventTime
) -> tuple[list[Observation], list[Unread]]:
    """The same for values that carry vocabulary names and units already; only calibration is left to apply."""
    observations: list[Observation] = []
    unread: list[Unread] = []
    time_ns, source, _ = when
    for name, value in values.items():
        rule = plan.direct.get(name) or plan.direct_rule(name)
        if rule is None:
            unread.append(Unread(name, "unmapped"))
            continue
        fit = rule.convert(value) if isinstance(value, float | int | str) else None
        if fit is None:
            unread.append(Unread(name, "unfit"))
        else:
            observations.append(Observation(feature, name, fit, time_ns, source))
    return observations, unread


def _reading_time(reading: Reading, when: EventTime) -> tuple[int, TimeSource] | None:
    """The reading's own time; None where it cannot be right. An instant in the payload is the device's word."""
    if reading.time_ns is not None:
        return None if _is_off(reading.time_ns, when.heard_ns) else (reading.time_ns, "device")
    if not isfinite(reading.age_s):
        return None
    time_ns = when.time_ns - int(reading.age_s * NS_PER_S)
    return None if _is_off(time_ns, when.heard_ns) else (time_ns, when.source)
