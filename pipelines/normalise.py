"""The stage ``normalise``: what is it in the vocabulary's words and units?

Laws
- A reading that no rule names is *unmapped*, one whose value or time cannot be right is *unfit*; both are handed back
  by name and make no observation.
- Of two readings of one property at one time the last one counts.
- A device that tells only its battery's voltage gets the charge by its profile's curve, marked *estimated*.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Literal

import msgspec

from pipelines.decode import Reading
from pipelines.model import NS_PER_S, Observation, TimeSource, Value
from pipelines.plan import Plan, Rule, on_curve
from pipelines.when import EventTime, is_off


class Unread(msgspec.Struct, frozen=True, gc=False):
    """A reading that made no observation, by its name in the message."""

    name: str
    why: Literal["unmapped", "unfit"]


def normalise(
    readings: Iterable[Reading], plan: Plan, feature: str, when: EventTime
) -> tuple[list[Observation], list[Unread]]:
    """Observations of the feature from readings in the vendor's words, and what made none."""
    observations: dict[str | tuple[str, int], Observation] = {}
    unread: list[Unread] = []
    rule_of = plan.rules.get
    time_ns, source = when.time_ns, when.source
    for reading in readings:
        rule = rule_of(reading.name)
        if rule is None:
            unread.append(Unread(reading.name, "unmapped"))
            continue
        name, raw = rule.property, reading.value
        kind = type(raw)
        value: Value | None
        if rule.as_is and (kind is float or kind is int) and rule.low <= raw <= rule.high:  # type: ignore[operator]
            value = float(raw)  # as ``convert`` would say; its call for each reading costs half as much as all of this
        else:
            value = rule.convert(raw)
        if value is None:
            unread.append(Unread(reading.name, "unfit"))
        elif reading.age_s != 0.0 or reading.time_ns is not None:
            own = _reading_time(reading, when)
            if own is None:
                unread.append(Unread(reading.name, "unfit"))
            else:
                observations[name, own[0]] = _within(Observation(feature, name, value, *own), rule)
        elif type(value) is not float or rule.low <= value <= rule.high:
            observations[name] = Observation(feature, name, value, time_ns, source)
        else:
            observations[name] = Observation(feature, name, value, time_ns, source, "suspect", "range")
    if plan.charge:
        _estimate_charge(observations, plan)
    return list(observations.values()), unread


def _estimate_charge(observations: dict[str | tuple[str, int], Observation], plan: Plan) -> None:
    """Add the battery's charge by the profile's curve; a voltage that cannot be right says nothing of it."""
    volts = observations.get("battery_v")
    if volts is not None and volts.quality == "ok" and isinstance(volts.value, float):
        charge = on_curve(plan.charge, volts.value)
        observations["battery_percent"] = Observation(
            volts.feature, "battery_percent", charge, volts.time_ns, volts.time_source, "estimated", volts.reason
        )


def normalise_named(
    values: Mapping[str, object], plan: Plan, feature: str, when: EventTime
) -> tuple[list[Observation], list[Unread]]:
    """The same for values that carry vocabulary names and units already; only calibration is left to apply."""
    observations: list[Observation] = []
    unread: list[Unread] = []
    for name, value in values.items():
        rule = plan.direct.get(name) or plan.direct_rule(name)
        if rule is None:
            unread.append(Unread(name, "unmapped"))
            continue
        fit = rule.convert(value) if isinstance(value, (float, int, str)) else None
        if fit is None:
            unread.append(Unread(name, "unfit"))
        else:
            observation = Observation(feature, name, fit, when.time_ns, when.source)
            observations.append(_within(observation, rule))
    return observations, unread


def _within(observation: Observation, rule: Rule) -> Observation:
    if type(observation.value) is not float or rule.low <= observation.value <= rule.high:
        return observation
    return msgspec.structs.replace(observation, quality="suspect", reason="range")


def _reading_time(reading: Reading, when: EventTime) -> tuple[int, TimeSource] | None:
    """The reading's own time; None where it cannot be right. An instant in the payload is the device's word."""
    if reading.time_ns is not None:
        return None if is_off(reading.time_ns, when.heard_ns) else (reading.time_ns, "device")
    if not isfinite(reading.age_s):
        return None
    time_ns = when.time_ns - int(reading.age_s * NS_PER_S)
    return None if is_off(time_ns, when.heard_ns) else (time_ns, when.source)
