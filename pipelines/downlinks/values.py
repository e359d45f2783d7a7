"""What a person typed → the values of a downlink: which command is meant, words, numbers with their unit, limits."""

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches

from pipelines.downlinks.notation import Downlink, DownlinkField, Unsendable
from pipelines.model import Value

_WITH_UNIT = re.compile(r"(?P<number>[+-]?\d+(\.\d+)?)\s*(?P<unit>[a-z%]*)")
_TIME_S = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400}
_TRUE, _FALSE = {"true", "yes", "on"}, {"false", "no", "off"}


def chosen(downlinks: Mapping[str, Downlink], names: Mapping[str, object]) -> Downlink:
    """The one downlink that has all these fields. Raises Unsendable for unknown ones, and for those of two commands."""
    known = {field.name: downlink for downlink in downlinks.values() for field in downlink.fields}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            listed = ", ".join(known) or "nothing: its profile has no downlinks"
            raise Unsendable(f"{name}: this device knows no such setting", f"{hint}It understands {listed}.")
    meant = {known[name].name: known[name] for name in names}
    if len(meant) > 1:
        raise Unsendable(f"{' and '.join(names)} belong to different commands", "Send them one after the other.")
    if not meant:
        raise Unsendable("no value is given", "Give one: --set FIELD=VALUE")
    return next(iter(meant.values()))


def values_of(downlink: Downlink, given: Mapping[str, str]) -> dict[str, Value]:
    """The downlink's values in the order of its fields, defaults filled in. Raises Unsendable."""
    values: dict[str, Value] = {}
    for field in downlink.fields:
        if field.name in given:
            values[field.name] = read_value(field, given[field.name])
        elif field.default is not None:
            values[field.name] = field.default
        elif field.needed:
            raise Unsendable(f"{field.name}: missing", f"Add --set {field.name}=… ({described(field)})")
    return values


def read_value(field: DownlinkField, text: str) -> Value:
    """One value as typed: a word of the choices, or a number, with a unit of time where the field is one."""
    text = text.strip()
    if field.choices:
        return _choice(field, text)
    number = _number(field, text)
    within(field, number)
    return number


def within(field: DownlinkField, number: float) -> None:
    """Raises Unsendable where a number is outside of the maker's limits."""
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    if not low <= number <= high:
        raise Unsendable(f"{field.name}: {plain(number)} is outside of its limits", f"It takes {described(field)}.")


def _choice(field: DownlinkField, text: str) -> Value:
    by_word = {str(choice).lower(): choice for choice in field.choices}
    word = text.lower()
    if word in by_word:
        return by_word[word]
    if {True, False} == set(field.choices) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise Unsendable(f"{field.name}: {text[:40]!r} is none of its words", f"It takes {described(field)}.")


def _number(field: DownlinkField, text: str) -> float:
    found = _WITH_UNIT.fullmatch(text.lower())
    if found is None:
        raise Unsendable(f"{field.name}: {text[:40]!r} is no number", f"It takes {described(field)}.")
    number: float = float(found["number"]) if "." in found["number"] else int(found["number"])
    unit = found["unit"]
    if not unit or unit == field.unit.lower():
        return number
    if unit not in _TIME_S or field.unit not in _TIME_S:
        raise Unsendable(f"{field.name}: the unit {unit!r} does not fit", f"It takes {described(field)}.")
    seconds = number * _TIME_S[unit]
    whole, rest = divmod(seconds, _TIME_S[field.unit])
    return int(whole) if not rest else seconds / _TIME_S[field.unit]


def described(field: DownlinkField) -> str:
    """What a field takes, for people: ``60 to 64800 s``, ``open or closed``."""
    if field.choices:
        return " or ".join(str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in field.choices)
    unit = f" {field.unit}" if field.unit else ""
    if field.low is None:
        return f"a number{unit}" if field.high is None else f"{plain(field.high)}{unit} at most"
    return (
        f"{plain(field.low)}{unit} or more"
        if field.high is None
        else f"{plain(field.low)} to {plain(field.high)}{unit}"
    )


def plain(number: Value | None) -> str:
    """A number without a needless ``.0``."""
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)
