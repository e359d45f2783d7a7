"""Mappings: from a recorded row to the message that was on the wire. One TOML file each, in ``mappings/``.

A row is a JSON object (NDJSON) or a CSV line by its header. The first ``[[message]]`` whose ``when`` fits makes the
message; a row that fits none is counted and left out. Nothing is invented: what ``set_recorded_at`` writes is the
recorder's own time.
"""

import fnmatch
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipelines.dialects import find_dialect
from pipelines.instants import NS_PER_UNIT, TimeFormat, epoch_ns, format_rfc3339, parse_rfc3339
from pipelines.model import NS_PER_S

Row = dict[str, Any]
Message = tuple[int, str, bytes]
"""When it was received (ns), topic, body."""


class RecordedAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the recorder's time of receipt stands.

    ``utc_offset`` is added to a text without one, such as +01:00. ``timezone``: the time is a local one of that zone;
    of an hour that comes twice in autumn nobody can tell which, it counts as the first. ``after_s`` is added: a row
    that names the beginning of an hour was received at its end.
    """

    path: str
    format: TimeFormat = "rfc3339"
    utc_offset: str = ""
    timezone: str = ""
    after_s: float = 0.0


class MessageRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of row becomes a message. ``{name}`` in the topic is the row's value; ``drop`` takes patterns.

    ``when_above``: only rows with more than this in these columns. ``columns``: the message has these names alone, each
    the number of one column or the sum of several; what is empty is left out, and a row with none makes no message.
    """

    topic: str
    when: Mapping[str, str] = {}
    when_above: Mapping[str, float] = {}
    columns: Mapping[str, str | tuple[str, ...]] = {}
    hex_to_base64: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    set_recorded_at: Mapping[str, TimeFormat] = {}


class MappingFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of ``mappings/``. ``order = "time"``: the file goes on sensor by sensor; put its rows in order."""

    title: str
    dialect: str
    recorded_at: RecordedAt
    message: tuple[MessageRule, ...]
    times: Mapping[str, TimeFormat] = {}
    order: Literal["file", "time"] = "file"


class MappingError(ValueError):
    """A mapping that cannot work, or a row that it cannot read; the text says which and why."""


def built_in() -> list[str]:
    """Names of the mappings that ship with the project."""
    return sorted(entry.name[:-5] for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def _folder() -> Any:
    return resources.files("simulators").joinpath("mappings")


def load_mapping(name: str) -> MappingFile:
    """A mapping by its built-in name or its path. Raises MappingError."""
    if name in built_in():
        text = _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8")
    else:
        raise MappingError(f"mapping {name!r}: neither a file nor one of {', '.join(built_in())}")
    try:
        mapping = msgspec.convert(tomllib.loads(text), MappingFile)
        find_dialect(mapping.dialect)
        ZoneInfo(mapping.recorded_at.timezone or "UTC")
    except (ValueError, ZoneInfoNotFoundError) as error:  # covers TOML's and msgspec's
        raise MappingError(f"mapping {name}: {error}") from error
    return mapping


def received_ns(mapping: MappingFile, row: Row) -> int:
    """The recorder's time of a row. Raises MappingError."""
    rule = mapping.recorded_at
    found = row.get(rule.path)
    after_ns = int(rule.after_s * NS_PER_S)
    try:
        if rule.timezone:
            shown = found if isinstance(found, datetime) else datetime.fromisoformat(str(found))
            return round(shown.replace(tzinfo=ZoneInfo(rule.timezone)).timestamp() * 1e6) * 1_000 + after_ns
        return after_ns + _instant(rule, found)
    except (TypeError, ValueError) as error:
        raise MappingError(f"{rule.path}: no time as {rule.format} in {str(found)[:40]!r}") from error


def _instant(rule: RecordedAt, found: Any) -> int:
    if rule.format == "rfc3339":
        return parse_rfc3339(f"{found}{rule.utc_offset}")
    return epoch_ns(float(found) if isinstance(found, str) else found, rule.format)


def compile_mapping(mapping: MappingFile, *, shift_ns: int = 0) -> Callable[[Row], Message | None]:
    """A function from a row to its message, None where no rule fits. It may change the row."""
    rules = [(rule, _topic_maker(rule.topic), _dropper(rule.drop)) for rule in mapping.message]
    movers = [(path.split("."), form) for path, form in mapping.times.items()] if shift_ns else []

    def read(row: Row) -> Message | None:
        chosen = next((maker for maker in rules if _fits(row, maker[0])), None)
        if chosen is None:
            return None
        rule, topic_of, drop = chosen
        at_ns = received_ns(mapping, row) + shift_ns
        try:
            topic = topic_of(row)
            for path, form in movers:
                _move(row, path, form, shift_ns)
            _convert(row, rule)
            if rule.columns:
                row = _chosen(row, rule.columns)
                if not row:
                    return None
        except (KeyError, TypeError, ValueError) as error:
            raise MappingError(f"{type(error).__name__}: {error}") from error
        drop(row)
        for name, form in rule.set_recorded_at.items():
            row[name] = _written(at_ns, form)
        return at_ns, topic, msgspec.json.encode(row)

    return read


def _fits(row: Row, rule: MessageRule) -> bool:
    if any(row.get(name) != value for name, value in rule.when.items()):
        return False
    return all((number := _number(row.get(name))) is not None and number > at for name, at in rule.when_above.items())


def _chosen(row: Row, columns: Mapping[str, str | tuple[str, ...]]) -> Row:
    """The columns that a message has, under its own names."""
    chosen: Row = {}
    for name, sources in columns.items():
        numbers = [_number(row[source]) for source in ((sources,) if isinstance(sources, str) else sources)]
        found = [number for number in numbers if number is not None]
        if found:
            chosen[name] = sum(found)
    return chosen


def _number(found: Any) -> float | None:
    """The number in a column; None where it is empty or not a number. Raises ValueError for a text that is none."""
    if found is None or found == "":
        return None
    number = float(found)
    return number if math.isfinite(number) else None


def _convert(row: Row, rule: MessageRule) -> None:
    for name in rule.hex_to_base64:
        if row.get(name) is not None:
            row[name] = bytes.fromhex(row[name])  # msgspec writes bytes as base64
    for name in rule.numbers:
        row[name] = float(row[name]) if row.get(name) else None


def _topic_maker(template: str) -> Callable[[Row], str]:
    names = re.findall(r"\{([^{}]+)\}", template)

    def topic_of(row: Row) -> str:
        topic = template
        for name in names:
            topic = topic.replace("{" + name + "}", str(row[name]))
        return topic

    return topic_of


def _dropper(patterns: tuple[str, ...]) -> Callable[[Any], None]:
    """Removes the recorder's keys at every depth; what a name is told once and remembered."""
    verdicts: dict[str, bool] = {}

    def drop(value: Any) -> None:
        if isinstance(value, dict):
            for name in list(value):
                if name not in verdicts:
                    verdicts[name] = any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
                if verdicts[name]:
                    del value[name]
                else:
                    drop(value[name])
        elif isinstance(value, list):
            for item in value:
                drop(item)

    return drop if patterns else lambda _value: None


def _move(value: Any, path: list[str], form: TimeFormat, shift_ns: int) -> None:
    """Shift the instants at a path such as ``rxInfo[].time``."""
    step, rest = path[0], path[1:]
    name = step.removesuffix("[]")
    if not isinstance(value, dict) or value.get(name) is None:
        return
    if step.endswith("[]"):
        for item in value[name]:
            _move(item, rest, form, shift_ns)
    elif rest:
        _move(value[name], rest, form, shift_ns)
    else:
        found = value[name]
        instant_ns = parse_rfc3339(found) if form == "rfc3339" else epoch_ns(found, form)
        value[name] = _written(instant_ns + shift_ns, form)


def _written(instant_ns: int, form: TimeFormat) -> str | int:
    return format_rfc3339(instant_ns) if form == "rfc3339" else instant_ns // NS_PER_UNIT[form]
