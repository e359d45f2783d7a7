"""Grafana's transformations between a panel's answer and its drawing, those that our dashboards use.

A transformation that is not here raises: the panel is then named as one that cannot be checked further.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.grafana.dashboards import Json, Panel
from tests.grafana.frames import Field, Frame, settings_of


class UnknownTransformationError(Exception):
    """One that is not done here; the text is its id."""


def transformed(panel: Panel, frames: list[Frame]) -> list[Frame]:
    """Frames as they are drawn: transformed in the panel's order, then given its settings by their new names.

    Raises UnknownTransformationError.
    """
    for one in panel.model.get("transformations", []):
        if not one.get("disabled"):
            if one["id"] not in _KNOWN:
                raise UnknownTransformationError(one["id"])
            frames = _KNOWN[one["id"]](frames, one.get("options", {}))
    for frame in frames:
        for field in frame.fields:
            field.settings = settings_of(panel, field)
    return frames


def _rename_by_regex(frames: list[Frame], options: Json) -> list[Frame]:
    pattern = re.compile(options["regex"])
    into = re.sub(r"\$(\d)", r"\\\1", options["renamePattern"])
    for frame in frames:
        for field in frame.values:
            field.name = pattern.sub(into, field.name)
    return frames


def _organize(frames: list[Frame], options: Json) -> list[Frame]:
    hidden: Mapping[str, bool] = options.get("excludeByName", {})
    order: Mapping[str, int] = options.get("indexByName", {})
    names: Mapping[str, str] = options.get("renameByName", {})
    made = []
    for frame in frames:
        kept = [field for field in frame.fields if not hidden.get(field.name)]
        kept.sort(key=lambda field: order.get(field.name, len(order)))
        for field in kept:
            field.name = names.get(field.name) or field.name
        made.append(Frame(kept))
    return made


def _sort_by(frames: list[Frame], options: Json) -> list[Frame]:
    for wanted in options.get("sort", []):
        for frame in frames:
            by = next((field for field in frame.fields if field.name == wanted["field"]), None)
            if by is not None:
                _reorder(frame, _order(by, falling=bool(wanted.get("desc"))))
    return frames


def _order(by: Field, *, falling: bool) -> list[int]:
    known = [place for place, value in enumerate(by.values) if value is not None]
    known.sort(key=lambda place: _key(by.values[place]), reverse=falling)
    return known + [place for place, value in enumerate(by.values) if value is None]


def _key(value: Any) -> tuple[float, str]:
    return (0.0, value) if isinstance(value, str) else (float(value), "")


def _reorder(frame: Frame, order: list[int]) -> None:
    for field in frame.fields:
        field.values = [field.values[place] for place in order]


def _limit(frames: list[Frame], options: Json) -> list[Frame]:
    most = int(options.get("limitField", 10))
    for frame in frames:
        _reorder(frame, list(range(min(most, len(frame.fields[0].values)))))
    return frames


def _merge(frames: list[Frame], _options: Json) -> list[Frame]:
    """Rows of all frames under one another; rows that agree in every field that both have become one."""
    fields: dict[str, Field] = {}
    rows: list[dict[str, Any]] = []
    for frame in frames:
        for field in frame.fields:
            fields.setdefault(field.name, Field(field.name, field.column, [], field.unit, ref=field.ref))
        for place in range(len(frame.fields[0].values) if frame.fields else 0):
            _merge_row(rows, {field.name: field.values[place] for field in frame.fields})
    for name, field in fields.items():
        field.values = [row.get(name) for row in rows]
    return [Frame(list(fields.values()))] if fields else []


def _merge_row(rows: list[dict[str, Any]], new: dict[str, Any]) -> None:
    for row in rows:
        shared = row.keys() & new.keys()
        if shared and all(row[name] == new[name] for name in shared) and new.keys() - row.keys():
            row.update(new)
            return
    rows.append(new)


_KNOWN: Mapping[str, Callable[[list[Frame], Json], list[Frame]]] = {
    "renameByRegex": _rename_by_regex,
    "organize": _organize,
    "sortBy": _sort_by,
    "limit": _limit,
    "merge": _merge,
}
