"""The rules by which one profile's readings become observations, made once and used for every uplink.

    vendor reading ─▶ table or ratio of the profile ▸ calibration of the device ▸ type of the property's kind

Laws
- A number is finite, a flag is true or false, a state is one of its words; anything else is unfit (None).
- No conversion raises, whatever a decoder hands over.
- Devices without a calibration of their own share the plan of their profile.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import inf, isfinite
from sys import float_info
from typing import assert_never

import msgspec

from pipelines.decode import CompiledProfile, PropertyMap
from pipelines.model import Value
from pipelines.screen import Watch, watch_for
from pipelines.vocabulary import LINK_PROPERTIES, PROPERTIES, ObservedProperty

DECIMALS = 9
"""Of a calibrated value: finer than any sensor, and coarse enough to hide that 49.1 is no sum of powers of two."""

LARGEST = float_info.max

Convert = Callable[[Value], Value | None]
Calibration = Mapping[str, tuple[float, float]]
Curve = tuple[tuple[float, float], ...]


class Rule(msgspec.Struct, frozen=True):
    """How one reading becomes an observation: of which property, by which conversion (None: unfit), in which range.

    ``as_is``: numbers are in the property's unit already; those within the limits, which are finite then, need no call.
    """

    property: str
    convert: Convert
    low: float
    high: float
    as_is: bool = False


class Plan(msgspec.Struct, frozen=True):
    """Rules by the profile's reading names; rules by vocabulary names and ``watched`` properties fill up as met.

    ``charge``: rising (V, %) points, where the battery's charge is to be estimated from its voltage.
    """

    profile: CompiledProfile
    calibration: Calibration
    properties: Mapping[str, ObservedProperty]
    rules: dict[str, Rule] = {}
    direct: dict[str, Rule] = {}
    watched: dict[str, Watch] = {}
    charge: Curve = ()

    def direct_rule(self, name: str) -> Rule | None:
        """The rule for a value that carries a vocabulary name and unit already; None for any other name."""
        if name not in self.properties or name in LINK_PROPERTIES:
            return None
        rule = self.direct[name] = self.rule(PropertyMap(name))
        return rule

    def rule(self, mapped: PropertyMap) -> Rule:
        """The rule of one mapping. Raises KeyError for a property that the vocabulary lacks."""
        row = self.properties[mapped.property]
        watch = watch_for(row)
        if watch is not None:
            self.watched[row.name] = watch
        low = max(-inf if limit is None else float(limit) for limit in (row.low, mapped.low))
        high = min(inf if limit is None else float(limit) for limit in (row.high, mapped.high))
        convert = conversion(row, mapped, self.calibration.get(row.name))
        if convert is number:
            return Rule(row.name, convert, max(low, -LARGEST), min(high, LARGEST), as_is=True)
        return Rule(row.name, convert, low, high)


def plan_for(
    profile: CompiledProfile, calibration: Calibration, properties: Mapping[str, ObservedProperty] = PROPERTIES
) -> Plan:
    """Make the plan. Raises KeyError for a mapping to a property that the vocabulary lacks."""
    tells_charge = any(mapped.property == "battery_percent" for mapped in profile.mapping.values())
    plan = Plan(profile, calibration, properties, charge=() if tells_charge else profile.battery_percent)
    for name, mapped in profile.mapping.items():
        if mapped.property in calibration or not mapped.needs_calibration:
            plan.rules[name] = plan.rule(mapped)
    return plan


def conversion(row: ObservedProperty, mapped: PropertyMap, calibration: tuple[float, float] | None = None) -> Convert:
    """What turns a reading into a value of this property's kind."""
    convert: Convert
    match row.kind:
        case "gauge" | "counter":
            convert = number if mapped.ratio == (1, 0, 1) else partial(ratio, *mapped.ratio)
            if calibration is not None:
                convert = partial(calibrated, convert, *calibration)
        case "flag":
            convert = flag
        case "state":
            convert = partial(word, row.states)
        case _:  # pragma: no cover - the type checker proves that nothing comes here
            assert_never(row.kind)
    return convert if mapped.values is None else partial(listed, mapped, convert)


def on_curve(curve: Curve, value: float) -> float:
    """Straight lines between the curve's points, its ends beyond them."""
    below = curve[0]
    for point in curve:
        if value < point[0]:
            share = (value - below[0]) / (point[0] - below[0]) if point is not below else 0.0
            return round(below[1] + share * (point[1] - below[1]), 1)
        below = point
    return below[1]


def number(value: Value) -> float | None:
    """A finite float; a flag or a word is no number."""
    if type(value) is float:
        return value if isfinite(value) else None
    if isinstance(value, str) or value is True or value is False:
        return None
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None


def ratio(a: int, b: int, d: int, value: Value) -> float | None:
    """``(value * a + b) / d`` if finite: a decimal scale as a division is right to the last digit."""
    if isinstance(value, str) or value is True or value is False:
        return None
    try:
        result = (value * a + b) / d
    except OverflowError:  # an integer of hundreds of digits
        return None
    return result if isfinite(result) else None


def calibrated(convert: Convert, factor: float, offset: float, value: Value) -> Value | None:
    """The number after the device's calibration, while finite."""
    raw = convert(value)
    return number(round(raw * factor + offset, DECIMALS)) if isinstance(raw, float) else None


def flag(value: Value) -> bool | None:
    """True and false, also written 1 and 0; nothing else."""
    return bool(value) if not isinstance(value, str) and value in (0, 1) else None


def word(states: tuple[str, ...], value: Value) -> str | None:
    """One of the property's words."""
    return value if isinstance(value, str) and value in states else None


def listed(mapped: PropertyMap, convert: Convert, value: Value) -> Value | None:
    """What the profile's table says for this value; what neither its words nor its ``"*"`` cover is unfit."""
    meant = mapped.converted(value)
    return None if meant is None else convert(meant)
