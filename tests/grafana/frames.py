"""An answer of InfluxDB as the fields that Grafana makes of it, each with the settings that its panel gives it.

Rules: Grafana's InfluxDB data source (alias patterns, table format) and its field overrides.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.grafana.dashboards import Json, Panel, Target
from tests.grafana.filled import Scalar, Series
from tests.grafana.influxql import Select

_ALIAS = re.compile(r"\$\{?(\w+)\}?|\[\[([\s\S]+?)\]\]")


class Field(msgspec.Struct):
    """One field: its name as Grafana has it, where it comes from, its values, its panel's settings."""

    name: str
    column: str
    values: list[Scalar]
    unit: str = ""
    """Of the vocabulary; what the query makes of it."""
    settings: dict[str, Any] = {}
    tags: Mapping[str, str] = {}
    measurement: str = ""
    ref: str = "A"

    @property
    def shown(self) -> str:
        """The name that is drawn."""
        return str(self.settings.get("displayName") or self.name)

    @property
    def is_time(self) -> bool:
        """Whether it holds instants."""
        return self.unit == "time"

    def numbers(self) -> list[float]:
        """Its values that are numbers or flags."""
        return [float(value) for value in self.values if isinstance(value, bool | float | int)]


class Frame(msgspec.Struct):
    """Fields of equal length; the first one is the time where there is one."""

    fields: list[Field]

    @property
    def time(self) -> Field | None:
        """Its instants in milliseconds."""
        return next((field for field in self.fields if field.is_time), None)

    @property
    def values(self) -> list[Field]:
        """All but the time."""
        return [field for field in self.fields if not field.is_time]


def frames(panel: Panel, target: Target, select: Select, answer: Sequence[Series]) -> list[Frame]:
    """What the panel gets from one query."""
    made = [_table(select, answer)] if target.table and answer else _series(target, select, answer)
    for frame in made:
        for field in frame.fields:
            field.ref = target.ref
            field.settings = settings_of(panel, field)
    return made


def rows(answer: Sequence[Series]) -> int:
    """How many rows say something beside their time."""
    return sum(
        any(value is not None for name, value in zip(one.columns, row, strict=True) if name != "time")
        for one in answer
        for row in one.values
    )


def _series(target: Target, select: Select, answer: Sequence[Series]) -> list[Frame]:
    made = []
    for one in answer:
        at = [row[0] for row in one.values]
        for number, column in enumerate(one.columns[1:], start=1):
            values = [row[number] for row in one.values]
            time = Field("Time", "time", list(at), "time")
            name = _name(target.alias, one, column)
            made.append(Frame([time, Field(name, column, values, select.unit(column), {}, one.tags, one.name)]))
    return made


def _name(alias: str, one: Series, column: str) -> str:
    if not alias:
        tags = ", ".join(f"{key}: {value}" for key, value in one.tags.items())
        return f"{one.name}.{column}" + (f" {{ {tags} }}" if tags else "")

    def said(found: re.Match[str]) -> str:
        word = found[1] or found[2]
        if word in ("m", "measurement"):
            return one.name
        if word == "col":
            return column
        return one.tags.get(word.removeprefix("tag_"), found[0]) if word.startswith("tag_") else found[0]

    return _ALIAS.sub(said, alias)


def _table(select: Select, answer: Sequence[Series]) -> Frame:
    first = answer[0]
    tags = [Field(tag, tag, [], "text") for tag in first.tags]
    columns = [Field("Time" if name == "time" else name, name, [], select.unit(name)) for name in first.columns]
    for one in answer:
        for row in one.values:
            for field in tags:
                field.values.append(one.tags.get(field.name))
            for field, value in zip(columns, row, strict=True):
                field.values.append(value)
    return Frame([columns[0], *tags, *columns[1:]] if columns and columns[0].is_time else [*tags, *columns])


def settings_of(panel: Panel, field: Field) -> dict[str, Any]:
    """The panel's defaults with the overrides that match the field; ``custom.…`` of an override lands in ``custom``."""
    made: dict[str, Any] = dict(panel.defaults) | {"custom": dict(panel.defaults.get("custom", {}))}
    for override in panel.overrides:
        if _matches(override["matcher"], field):
            for one in override["properties"]:
                if one["id"].startswith("custom."):
                    made["custom"][one["id"].removeprefix("custom.")] = one.get("value")
                else:
                    made[one["id"]] = one.get("value")
    return made


def _matches(matcher: Json, field: Field) -> bool:
    wanted = matcher.get("options", "")
    match matcher["id"]:
        case "byName":
            return bool(wanted == field.name)
        case "byRegexp":
            found = re.fullmatch(r"/(.*)/[a-z]*", wanted, re.DOTALL)
            return bool(re.search(found[1] if found else wanted, field.name))
        case "byFrameRefID":
            return bool(wanted == field.ref)
        case "byType":
            return bool(wanted == _type(field))
        case "byNames":
            return field.name in wanted.get("names", [])
        case unknown:
            raise ValueError(f"matcher {unknown} is not read here")


def _type(field: Field) -> str:
    if field.is_time:
        return "time"
    one = next((value for value in field.values if value is not None), None)
    return "boolean" if isinstance(one, bool) else "string" if isinstance(one, str) else "number"
