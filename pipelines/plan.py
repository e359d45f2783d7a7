"""The rules by which one profile's readings become observations, made once and used for every uplink.

    vendor reading ─▶ table or ratio of the profile ▸ calibration of the device ▸ type of the property's kind

Laws
- A number is finite, a flag is true or false, a state is one of its words; anything else is unfit (None).
- No conversion raises, whatever a decoder hands over.
- Devices without a calibration of their own share the plan of their profile.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from typing import NamedTuple, assert_never

import msgspec

from pipelines.decode import CompiledProfile, PropertyMap
from pipelines.model import Value
from pipelines.screen import Limits
from pipelines.vocabulary import LINK_PROPERTIES, PROPERTIES, ObservedProperty

Convert = Callable[[Value], Value | None]
Calibration = Mapping[str, tuple[float, float]]


class Rule(NamedTuple):
    """How one reading becomes an observation: of which property, by which conversion (None: unfit)."""

    property: str
    convert: Convert


class Plan(msgspec.Struct, frozen=True):
    """Rules by the profile's reading names, rules by vocabulary names (filled as they are met), limits by property."""

    profile: CompiledProfile
    calibration: Calibration
    properties: Mapping[str, ObservedProperty]
    rules: dict[str, Rule] = {}
    direct: dict[str, Rule] = {}
    limits: dict[str, Limits] = {}

    def direct_rule(self, name: str) -> Rule | None:
        """The rule for a value that carries a vocabulary name and unit already; None for any other name."""
        row = self.properties.get(name)
        if row is None or name in LINK_PROPERTIES:
            return None
        self.limits.setdefault(name, Limits.of(row))
        return self.direct.setdefault(name, Rule(name, conversion(row, PropertyMap(name), self.calibration.get(name))))


def plan_for(
    profile: CompiledProfile, calibration: Calibration, properties: Mapping[str, ObservedProperty] = PROPERTIES
) -> Plan:
    """Make the plan. Raises KeyError for a mapping to a property that the vocabulary lacks."""
    plan = Plan(profile, calibration, properties)
    for name, mapped in profile.mapping.items():
        row = properties[mapped.property]
        if row.name in calibration or not mapped.needs_calibration:
            plan.rules[name] = Rule(row.name, conversion(row, mapped, calibration.get(row.name)))
            plan.limits[row.name] = plan.limits.get(row.name, Limits.of(row)).narrowed(mapped.low, mapped.high)
    return plan


def conversion(row: ObservedProperty, mapped: PropertyMap, calibration: tuple[float, float] | None = None) -> Convert:
    """What turns a reading into a value of this property's kind."""
    convert: Convert
    match row.kind:
        case "gauge" | "counter":
            convert = number if calibration is None else partial(calibrated, *calibration)
        case "flag":
            convert = flag
        case "state":
            convert = partial(word, row.states)
        case never:
            assert_never(never)
    plain = mapped.values is None and mapped.ratio == (1, 0, 1)
    return convert if plain else partial(converted, mapped.converted, convert)


def number(value: Value) -> float | None:
    """A finite float; a flag or a word is no number."""
    if isinstance(value, bool | str):
        return None
    try:
        value = float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return value if isfinite(value) else None


def calibrated(factor: float, offset: float, value: Value) -> float | None:
    """The number after the device's calibration, while finite."""
    raw = number(value)
    return None if raw is None else number(raw * factor + offset)


def flag(value: Value) -> bool | None:
    """True and false, also written 1 and 0; nothing else."""
    return bool(value) if not isinstance(value, str) and value in (0, 1) else None


def word(states: tuple[str, ...], value: Value) -> str | None:
    """One of the property's words."""
    return value if isinstance(value, str) and value in states else None


def converted(by_profile: Convert, by_kind: Convert, value: Value) -> Value | None:
    """The profile's table or ratio first, then the kind."""
    try:
        inner = by_profile(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return None if inner is None else by_kind(inner)
