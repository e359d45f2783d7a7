"""A layout's query as InfluxQL that InfluxDB 1.6, 2 and 3 all answer, and what Grafana puts in place of its macros.

Laws
- No function newer than InfluxDB 1.6, none that InfluxDB 3 lacks: no INTO, no call of a database by name.
- Names of fields, tags and measurements stand in double quotes; a variable stands in an anchored regular expression.
- Days of UTC are not the city's days: values of a local day are grouped by the hour in which it begins.
- ``All`` of a variable is ``.*``, so that a new bin is seen without loading the page again.
"""

import re
from collections.abc import Mapping, Sequence

from gateway.grafana.layout import Function, Query

FILTERS: Mapping[str, Sequence[str]] = {
    "things": ("city", "pilot", "feature"),
    "pilots": ("city", "pilot"),
    "areas": ("city", "pilot"),
    "devices": ("city", "pilot", "device"),
    "cities": ("city",),
    "gateway": ("city", "gateway"),
    "everything": (),
}
"""Scope → the tags that variables of the same name narrow."""

_VARIABLE = re.compile(r"\$\{(\w+):regex\}")
_CALL = re.compile(r"\b([a-z_]+)\(", re.IGNORECASE)
_NO_FUNCTIONS = frozenset(("time", "fill"))


def influxql(query: Query) -> str:
    """The text of a query, with Grafana's macros in it."""
    parts = [f"SELECT {_selected(query)} FROM {_source(query)}"]  # noqa: S608 - of our own layouts
    if conditions := _conditions(query):
        parts.append("WHERE " + " AND ".join(conditions))
    groups = [f"time({_step(query)})"] if query.every else []
    groups += [f'"{tag}"' for tag in query.by]
    if groups:
        parts.append("GROUP BY " + ", ".join(groups))
    if query.fill:
        parts.append(f"fill({query.fill})")
    if query.newest:
        parts.append(f"ORDER BY time DESC LIMIT {query.newest}")
    return " ".join(parts)


def filled_in(text: str, *, time_filter: str, interval: str = "5m", values: Mapping[str, str] | None = None) -> str:
    """What Grafana sends in place of its macros: ``time_filter`` such as ``time >= now() - 24h``.

    ``values``: variable → a regular expression; ``.*`` (All) for those that are not named.
    """
    chosen = values or {}
    text = text.replace("$timeFilter", time_filter).replace("$__interval", interval)
    return _VARIABLE.sub(lambda found: chosen.get(found[1], ".*"), text)


def functions_of(text: str) -> set[str]:
    """The InfluxQL functions that a query calls, in lower case."""
    return {name.lower() for name in _CALL.findall(text)} - _NO_FUNCTIONS


def _step(query: Query) -> str:
    """Local days begin at local midnight: grouped by the hour none is split, and each keeps its own beginning."""
    return "1h" if query.every == "1d" and query.measurement.endswith("_1d") else query.every


def _selected(query: Query) -> str:
    words = [f'"{tag}"' for tag in query.tags]
    said = [(_called(query.function, field), field) for field in query.fields]
    said += [(f'"{field}"', field) for field in query.beside]
    for place, (what, field) in enumerate(said):
        name = query.names[place] if query.names else field
        words.append(what if what == f'"{name}"' else f'{what} AS "{name}"')
    return ", ".join(words)


def _called(function: Function, field: str) -> str:
    match function:
        case "":
            return f'"{field}"'
        case "difference":
            return f'non_negative_difference(last("{field}"))'
        case _:
            return f'{function}("{field}")'


def _source(query: Query) -> str:
    if query.inner is not None:
        return f"({influxql(query.inner)})"
    if query.measurement.startswith("/"):
        return query.measurement
    return f'"{query.measurement}"'


def _conditions(query: Query) -> list[str]:
    if query.inner is not None:
        return [query.where] if query.where else []
    found = [f'"{tag}" =~ /^${{{tag}:regex}}$/' for tag in FILTERS[query.scope]]
    if query.area_of:
        found.append(f'"feature" =~ /^{query.area_of}\\/${{area:regex}}$/')
    if query.where:
        found.append(query.where)
    return [*found, "$timeFilter"]
