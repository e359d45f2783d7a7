"""Every query of every dashboard and alert rule, asked of a database that a simulated city has filled.

A query is sound when Grafana's macros and variables fill in, the database understands it, it finds rows, and the unit
that its panel prints is that of what it selects.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from pipelines.encodings.own_points import INVENTORY, INVENTORY_EVENT, OWN_MEASUREMENTS
from tests.grafana.choices import Choices, opened
from tests.grafana.dashboards import (
    AlertQuery,
    Annotation,
    Dashboard,
    Panel,
    Target,
    Variable,
    alert_queries,
    dashboard_files,
    read_dashboard,
)
from tests.grafana.exceptions import EMPTY, Empty
from tests.grafana.filled import DAY_NS, Filled, QueryError, Series
from tests.grafana.frames import Frame, frames, rows
from tests.grafana.influxql import InfluxqlError, Select, read_select
from tests.grafana.macros import MacroError, Span, filled_in, milliseconds
from tests.grafana.transform import UnknownTransformationError, transformed
from tests.grafana.units import says

OF_ITSELF = OWN_MEASUREMENTS.keys() - {INVENTORY_EVENT}
"""Stamped by the clock of the machine, not with the recording's time."""
MOMENTS = 40
OWN_INTERVAL_MS = 2_000
"""It lived the city's days in less than a minute, and reported each second."""
WITHOUT_QUERY = frozenset(("row", "text", "dashlist", "news", "alertlist", "annolist", "welcome"))
What = Literal["panel", "variable", "annotation", "alert"]


class Finding(msgspec.Struct, frozen=True):
    """What one query came to. ``wrong``: what is the matter with it, "" when nothing is."""

    dashboard: str
    what: What
    title: str
    ref: str
    query: str
    rows: int
    units: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    wrong: str = ""
    excepted: str = ""
    """The reason why it finds nothing and need not."""


def span_of(data: Filled) -> Span:
    """All the days that the database holds."""
    return Span(data.start_ns // 1_000_000, data.end_ns // 1_000_000)


def ask(query: str, data: Filled, span: Span, chosen: Choices) -> tuple[Select, Sequence[Series]]:
    """The query as it is understood, and its answer. What the gateway says of itself is asked of when it ran.

    Raises MacroError, QueryError, InfluxqlError.
    """
    select = read_select(filled_in(query, span, chosen))
    if is_of_itself(select):
        span = own_span(data, select)
    return select, data.ask(filled_in(query, span, chosen))


def is_of_itself(select: Select) -> bool:
    """Whether all that is asked is what the gateway says of itself."""
    return select.measurements() <= OF_ITSELF


def own_span(data: Filled, select: Select) -> Span:
    """When the gateway ran; of the inventory, which is of a day, since that day began."""
    begin_ns = data.own_start_ns
    if INVENTORY in select.measurements():
        begin_ns -= begin_ns % DAY_NS
    return Span(begin_ns // 1_000_000, data.own_end_ns // 1_000_000, OWN_INTERVAL_MS)


def span_of_panel(panel: Panel, span: Span) -> Span:
    """The same with the panel's own smallest interval."""
    least = panel.model.get("interval")
    return msgspec.structs.replace(span, least_interval_ms=milliseconds(least)) if least else span


def check_dashboard(dashboard: Dashboard, data: Filled) -> Iterator[Finding]:
    """Its variables, its annotations and its panels, in this order."""
    span = span_of(data)
    try:
        chosen, offers = opened(dashboard, data, span)
    except (MacroError, QueryError) as error:
        yield Finding(dashboard.title, "variable", "", "", "", 0, wrong=str(error))
        return
    for variable in dashboard.variables:
        yield _variable(dashboard, variable, len(offers[variable.name]), data)
    for annotation in dashboard.annotations:
        if annotation.source == "influxdb":
            yield _annotation(dashboard, annotation, data, span, chosen)
    for panel in dashboard.panels:
        if panel.kind not in WITHOUT_QUERY:
            yield from check_panel(dashboard, panel, data, chosen)


def check_panel(dashboard: Dashboard, panel: Panel, data: Filled, chosen: Choices) -> Iterator[Finding]:
    """Every target that asks InfluxDB; a panel that asks nothing at all is wrong."""
    asking = [target for target in panel.targets if target.source == "influxdb"]
    if not asking and not panel.targets:
        yield Finding(dashboard.title, "panel", panel.title, "", "", 0, wrong="it asks nothing")
    for target in asking:
        try:
            asked = ask_at_any_time(panel, target, data, chosen)
            asked = msgspec.structs.replace(asked, frames=transformed(panel, asked.frames))
        except (MacroError, QueryError, InfluxqlError, UnknownTransformationError) as error:
            yield Finding(dashboard.title, "panel", panel.title, target.ref, target.query, 0, wrong=str(error))
            continue
        yield _judged(dashboard, panel, target, asked, data)


class Asked(msgspec.Struct, frozen=True):
    """The answer to one target and the fields that the panel makes of it."""

    answer: Sequence[Series]
    frames: list[Frame]
    select: Select


def ask_panel(panel: Panel, target: Target, data: Filled, span: Span, chosen: Choices) -> Asked:
    """Ask what the panel asks.

    Raises MacroError, QueryError, InfluxqlError.
    """
    select, answer = ask(target.query, data, span, chosen)
    return Asked(answer, frames(panel, target, select, answer), select)


def ask_at_any_time(panel: Panel, target: Target, data: Filled, chosen: Choices) -> Asked:
    """Ask over all days; where nothing is so at their end, the same until each of many instants before.

    Raises MacroError, QueryError, InfluxqlError.
    """
    whole = span_of_panel(panel, span_of(data))
    asked = ask_panel(panel, target, data, whole, chosen)
    for at_ms in moments(data):
        if rows(asked.answer):
            break
        asked = ask_panel(panel, target, data, msgspec.structs.replace(whole, to_ms=at_ms), chosen)
    return asked


def check_alert(alert: AlertQuery, data: Filled) -> Finding:
    """A rule's query at many instants, each with the time that the rule looks back: the most rows that it finds.

    Whether it fires for the right ones is asked in ``test_alerts.py``.
    """
    found = Finding("alert rules", "alert", alert.rule, alert.ref, alert.query, 0)
    try:
        select = read_select(filled_in(alert.query, span_of(data), {}))
        spans = [Span(at_ms - alert.from_s * 1_000, at_ms) for at_ms in moments(data)]
        answers = [ask(alert.query, data, span, {})[1] for span in spans]
    except (MacroError, QueryError, InfluxqlError) as error:
        return msgspec.structs.replace(found, wrong=str(error))
    return _counted(found, max(map(rows, answers)), data, functions=frozenset(select.functions()))


def moments(data: Filled) -> list[int]:
    """Instants in milliseconds, spread over all days."""
    begin, end = data.start_ns // 1_000_000, data.end_ns // 1_000_000
    return [begin + (end - begin) * part // MOMENTS for part in range(1, MOMENTS + 1)]


def _variable(dashboard: Dashboard, variable: Variable, count: int, data: Filled) -> Finding:
    found = Finding(dashboard.title, "variable", f"${variable.name}", "", variable.query, 0)
    return _counted(found, count, data, functions=frozenset())


def _annotation(dashboard: Dashboard, annotation: Annotation, data: Filled, span: Span, chosen: Choices) -> Finding:
    found = Finding(dashboard.title, "annotation", annotation.name, "", annotation.query, 0)
    try:
        select, answer = ask(annotation.query, data, span, chosen)
    except (MacroError, QueryError, InfluxqlError) as error:
        return msgspec.structs.replace(found, wrong=str(error))
    columns = {column for series in answer for column in (*series.columns, *series.tags)}
    found = _counted(found, rows(answer), data, functions=frozenset(select.functions()))
    if answer and annotation.text_column and annotation.text_column not in columns:
        return msgspec.structs.replace(
            found, wrong=f"its text is the column {annotation.text_column}, which is not there"
        )
    return found


def _judged(dashboard: Dashboard, panel: Panel, target: Target, asked: Asked, data: Filled) -> Finding:
    found = Finding(dashboard.title, "panel", panel.title, target.ref, target.query, 0)
    units: dict[str, None] = {}
    wrong = []
    for field in (field for frame in asked.frames for field in frame.values):
        unit = str(field.settings.get("unit", ""))
        units[f"{field.unit} → {unit or 'none'}"] = None
        hidden = field.settings["custom"].get("hidden") or field.settings["custom"].get("hideFrom", {}).get("viz")
        if not hidden and not (field.unit == "text" or says(unit, field.unit)):
            wrong.append(f"{field.name} is in {field.unit} and is printed as {unit!r}")
    found = _counted(found, rows(asked.answer), data, functions=frozenset(asked.select.functions()))
    return msgspec.structs.replace(found, units=tuple(units), wrong=found.wrong or "; ".join(dict.fromkeys(wrong)))


def _counted(found: Finding, count: int, data: Filled, *, functions: frozenset[str]) -> Finding:
    days = (data.end_ns - data.start_ns) / 86_400e9
    excepted = next((one for one in EMPTY if _is_meant(one, found) and days < one.below_days), None)
    wrong = ""
    if excepted is None and not count:
        wrong = "it finds nothing"
    elif excepted is not None and count:
        wrong = f"it finds {count} rows after all: take it out of the exceptions ({excepted.reason})"
    return msgspec.structs.replace(
        found, rows=count, wrong=wrong, functions=functions, excepted=excepted.reason if excepted else ""
    )


def _is_meant(one: Empty, found: Finding) -> bool:
    return (one.dashboard, one.title) == (found.dashboard, found.title) and one.ref in ("", found.ref)


def check_all(data: Filled) -> list[Finding]:
    """Every dashboard and every alert rule of the deployment."""
    findings = [one for file in dashboard_files() for one in check_dashboard(read_dashboard(file), data)]
    return findings + [check_alert(alert, data) for alert in alert_queries()]
