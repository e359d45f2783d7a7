"""The field table of plain JSON: where a value stands, which property it is, and what it may look like."""

import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Literal

import msgspec

from pipelines.dialects.json_body import quoted
from pipelines.model import Value
from pipelines.vocabulary import PROPERTIES, ObservedProperty

Path = Callable[[object], object]
Reader = Callable[[object], Value]

_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST_NUMBER = 40


class FieldMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One declared field. The value becomes ``value * scale + offset`` in the property's own unit.

    ``accept = "number-or-text"`` also takes a number written as text ("21.5"). ``words`` maps what a device says to
    the property's value: {"OCCUPIED" = true, "FREE" = false}; a word that is not listed is refused.
    """

    property: str
    scale: float = 1.0
    offset: float = 0.0
    accept: Literal["number", "number-or-text"] = "number"
    words: Mapping[str, Value] = {}


def compile_path(path: str) -> Path:
    """A function that follows a path: ``a.b[0].c``; ``$`` is the whole body. Missing steps give None."""
    if path == "$":
        return lambda tree: tree
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(path)]
    if not steps or "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".") != path:
        raise ValueError(f"{quoted(path)} is no path. Write it like a.b[0].c")
    if len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]
        return lambda tree: tree.get(name) if isinstance(tree, dict) else None
    return lambda tree: _follow(tree, steps)


def _follow(tree: object, steps: list[str | int]) -> object:
    for step in steps:
        if isinstance(step, str) and isinstance(tree, dict):
            tree = tree.get(step)
        elif isinstance(step, int) and isinstance(tree, list) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def compile_fields(fields: Mapping[str, str | FieldMapping]) -> Callable[[object], dict[str, Value]]:
    """A function from body to values by property. Raises ValueError naming every mistake in the table."""
    mistakes: list[str] = []
    readers: list[tuple[str, Path, Reader, str]] = []
    for path, entry in fields.items():
        mapping = FieldMapping(property=entry) if isinstance(entry, str) else entry
        try:
            observed = _property(mapping.property)
            readers.append((path, compile_path(path), _reader(observed, mapping), observed.name))
        except ValueError as error:
            mistakes.append(f"fields.{path}: {error}")
    names = [name for _, _, _, name in readers]
    mistakes += [f"fields: {name} is mapped twice" for name in sorted(set(names)) if names.count(name) > 1]
    if mistakes:
        raise ValueError("; ".join(mistakes))

    def read(tree: object) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for path, find, value_of, name in readers:
            found = find(tree)
            if found is None:
                continue
            try:
                values[name] = value_of(found)
            except ValueError as error:
                raise ValueError(f"{path}: {error}, found {_shown(found)}") from None
        return values

    return read


def _shown(found: object) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    return quoted(found) if isinstance(found, str) else quoted(found)[1:-1]


def _property(name: str) -> ObservedProperty:
    observed = PROPERTIES.get(name)
    if observed is None:
        near = get_close_matches(name, PROPERTIES, 1)
        raise ValueError(f"unknown property {quoted(name)}." + (f" Did you mean {near[0]!r}?" if near else ""))
    return observed


def _reader(observed: ObservedProperty, mapping: FieldMapping) -> Reader:
    if mapping.words:
        words = _checked_words(observed, mapping.words)
        return lambda found: _word(found, words)
    match observed.kind:
        case "gauge" | "counter":
            return _number_reader(mapping)
        case "flag":
            return _flag
        case "state":
            return lambda found: _state(found, observed.states)


def _checked_words(observed: ObservedProperty, words: Mapping[str, Value]) -> dict[str, Value]:
    """The words with values of the property's own type. Raises ValueError for one that is of another."""
    kinds: dict[str, type] = {"gauge": float, "counter": float, "flag": bool, "state": str}
    wanted = kinds[observed.kind]
    checked: dict[str, Value] = {}
    for word, value in words.items():
        fitting = float(value) if wanted is float and type(value) is int else value
        if type(fitting) is not wanted:
            raise ValueError(f"words.{word}: {observed.name} is a {observed.kind}, {quoted(value)} is not")
        checked[word] = fitting
    return checked


def _word(found: object, words: Mapping[str, Value]) -> Value:
    if not isinstance(found, str) or found not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return words[found]


def _number_reader(mapping: FieldMapping) -> Reader:
    """A function from a number, or where declared its text, to the property's unit."""
    scale, offset, takes_text = mapping.scale, mapping.offset, mapping.accept == "number-or-text"

    def read(found: object) -> float:
        if type(found) is float or type(found) is int:  # not isinstance: a bool is an int to Python
            number: float = found
        elif takes_text and isinstance(found, str):
            if len(found) > _LONGEST_NUMBER or not _NUMBER.fullmatch(found.strip()):
                raise ValueError("expected a number as text")
            number = float(found)
        else:
            raise ValueError("expected a number")
        try:
            value = float(number * scale + offset)
        except OverflowError:
            raise ValueError("expected a finite number") from None
        if not math.isfinite(value):
            raise ValueError("expected a finite number")
        return value

    return read


def _flag(found: object) -> bool:
    """A flag is true or false; 1 and 0 are what small devices write for them."""
    if isinstance(found, bool):
        return found
    if isinstance(found, int) and found in (0, 1):
        return found == 1
    raise ValueError("expected true or false")


def _state(found: object, states: tuple[str, ...]) -> str:
    if not isinstance(found, str) or (states and found not in states):
        raise ValueError(f"expected one of {', '.join(states)}" if states else "expected a text")
    return found
