"""Colours of a preview: thresholds, value mappings and palettes of the dashboard's JSON, on a dark page."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.grafana.filled import Scalar
from tests.grafana.frames import Field
from tests.grafana.units import with_unit

PAGE, CARD, EDGE, INK, FAINT, GRID = "#15171c", "#1d2027", "#30343d", "#e3e5e9", "#9aa0ab", "#2b2f37"
NAMED: Mapping[str, str] = {
    "green": "#4fa86b", "yellow": "#e6c229", "red": "#e0504d", "orange": "#f08a3c", "blue": "#5a8fd6",
    "purple": "#b07cc6", "grey": "#999999", "gray": "#999999", "text": INK, "transparent": "transparent",
}  # fmt: skip
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#7a8fff", "#999999")
CONTINUOUS: Mapping[str, Sequence[str]] = {
    "BlYlRd": ("#5a8fd6", "#e6c229", "#e0504d"), "GrYlRd": ("#4fa86b", "#e6c229", "#e0504d"),
    "RdYlGr": ("#e0504d", "#e6c229", "#4fa86b"), "YlRd": ("#e6c229", "#e0504d"), "BlPu": ("#5a8fd6", "#b07cc6"),
    "YlBl": ("#e6c229", "#5a8fd6"), "blues": ("#1d2027", "#5a8fd6"), "greens": ("#1d2027", "#4fa86b"),
}  # fmt: skip


def colour(name: str) -> str:
    """A colour by Grafana's name or by its hex digits."""
    plain = re.sub(r"^(?:super-light|light|semi-dark|dark)-", "", name)
    return NAMED.get(plain, name)


def threshold_colour(settings: Mapping[str, Any], value: float) -> str:
    """Of the highest step that the value reaches."""
    found = "green"
    thresholds = settings.get("thresholds") or {}
    low, high = float(settings.get("min") or 0), float(settings.get("max") or 100)
    for step in thresholds.get("steps", []):
        at = step.get("value")
        if at is not None and thresholds.get("mode") == "percentage":
            at = low + (high - low) * at / 100
        if at is None or value >= at:
            found = step["color"]
    return colour(found)


def mapped(settings: Mapping[str, Any], value: Scalar) -> tuple[str, str]:
    """(text, colour) that a value mapping gives; "" where it gives none."""
    word = {True: "true", False: "false", None: "null"}.get(value) if value is None or isinstance(value, bool) else None
    word = word or (f"{value:g}" if isinstance(value, float | int) else str(value))
    for one in settings.get("mappings") or []:
        options = one.get("options", {})
        if one["type"] == "value" and word in options:
            return _result(options[word])
        if one["type"] == "range" and isinstance(value, float | int):
            low, high = options.get("from"), options.get("to")
            if (low is None or value >= low) and (high is None or value <= high):
                return _result(options["result"])
        if one["type"] == "special" and options.get("match") == word:
            return _result(options["result"])
        if one["type"] == "regex" and isinstance(value, str) and (found := re.search(options["pattern"], value)):
            text, fill = _result(options["result"])
            return re.sub(r"\$(\d)", lambda place: found[int(place[1])], text), fill
    return "", ""


def _result(result: Mapping[str, Any]) -> tuple[str, str]:
    return str(result.get("text") or ""), colour(result["color"]) if result.get("color") else ""


def text_of(field: Field, value: Scalar) -> str:
    """A value as its panel prints it."""
    if said := mapped(field.settings, value)[0]:
        return said
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return with_unit(float(value), str(field.settings.get("unit") or ""), field.settings.get("decimals"))


def value_colour(field: Field, value: Scalar, place: int, span: tuple[float, float]) -> str:
    """The colour of a value of the field at ``place`` in its panel; ``span``: lowest and highest of the panel."""
    if said := mapped(field.settings, value)[1]:
        return said
    wanted = field.settings.get("color") or {}
    mode = wanted.get("mode", "palette-classic")
    number = float(value) if isinstance(value, bool | float | int) else None
    if mode == "fixed":
        return colour(wanted.get("fixedColor", "text"))
    if mode == "thresholds":
        return threshold_colour(field.settings, number) if number is not None else INK
    if mode.startswith("continuous-"):
        low, high = _or(field.settings.get("min"), span[0]), _or(field.settings.get("max"), span[1])
        share = 0.0 if number is None or high <= low else (number - low) / (high - low)
        return _between(CONTINUOUS.get(mode.removeprefix("continuous-"), CONTINUOUS["BlYlRd"]), share)
    return PALETTE[place % len(PALETTE)]


def _or(given: Any, otherwise: float) -> float:
    return otherwise if given is None else float(given)


def _between(stops: Sequence[str], share: float) -> str:
    at = min(1.0, max(0.0, share)) * (len(stops) - 1)
    first = min(int(at), len(stops) - 2)
    parts = [(int(stops[first][i : i + 2], 16), int(stops[first + 1][i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(one + (other - one) * (at - first)):02x}" for one, other in parts)


def span_of(fields: Sequence[Field]) -> tuple[float, float]:
    """Lowest and highest number of fields; 0 and 1 where there is none."""
    numbers = [number for field in fields for number in field.numbers()]
    return (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
