"""What a dashboard's variables offer and what is chosen of them, as Grafana works it out when the page opens."""

import re
from collections.abc import Iterator, Mapping

from tests.grafana.dashboards import Dashboard, Variable
from tests.grafana.filled import Filled
from tests.grafana.macros import Chosen, Span, filled_in

ALL = "$__all"
Choices = Mapping[str, Chosen]
Offers = Mapping[str, tuple[str, ...]]


def opened(dashboard: Dashboard, data: Filled, span: Span) -> tuple[Choices, Offers]:
    """What is chosen when the dashboard is opened, and what could be. Variables may use those before them.

    Raises MacroError, QueryError.
    """
    chosen: dict[str, Chosen] = {}
    offers: dict[str, tuple[str, ...]] = {}
    for variable in dashboard.variables:
        offers[variable.name] = values = _offered(variable, data, span, chosen)
        chosen[variable.name] = _at_first(variable, values)
    return chosen, offers


def one_at_a_time(dashboard: Dashboard, at_first: Choices, offers: Offers, most: int) -> Iterator[tuple[str, Choices]]:
    """Each variable narrowed to one of its values, then to two, the others as they are at first."""
    for variable in dashboard.variables:
        values = offers[variable.name][:most]
        for value in values:
            yield f"{variable.name} = {value}", {**at_first, variable.name: Chosen((value,), variable.multi)}
        if variable.multi and len(values) > 1:
            both = Chosen(values[:2], multi=True)
            yield f"{variable.name} = {' and '.join(values[:2])}", {**at_first, variable.name: both}


def _offered(variable: Variable, data: Filled, span: Span, chosen: Choices) -> tuple[str, ...]:
    match variable.kind:
        case "query":
            return _values(variable, data, span, chosen)
        case "custom" | "interval":
            return tuple(part.rpartition(" : ")[2].strip() for part in variable.query.split(",") if part.strip())
        case "constant":
            return (variable.query,)
        case _:
            return variable.current


def _values(variable: Variable, data: Filled, span: Span, chosen: Choices) -> tuple[str, ...]:
    answer = data.ask(filled_in(variable.query, span, chosen))
    found: dict[str, None] = {}
    for series in answer:
        at = series.columns.index("value") if "value" in series.columns else len(series.columns) - 1
        for row in series.values:
            found |= dict.fromkeys(_kept(variable, str(row[at])))
    return tuple(found)


def _kept(variable: Variable, value: str) -> Iterator[str]:
    """What the variable's own expression leaves of a value: its first group, where it has one."""
    pattern = variable.regex.strip("/")
    if not pattern:
        yield value
    elif found := re.search(pattern, value):
        groups = found.groupdict()
        yield groups.get("value") or (found[1] if found.re.groups else value)


def _at_first(variable: Variable, values: tuple[str, ...]) -> Chosen:
    if variable.include_all and (not variable.current or ALL in variable.current or "All" in variable.current):
        return Chosen(values or ("",), multi=True, all_value=variable.all_value)
    current = tuple(value for value in variable.current if value in values)
    return Chosen(current or values[:1] or ("",), variable.multi)
