"""Whether an alert rule fires at an instant: its query, then Grafana's own expressions, reduce and threshold.

Rules: Grafana's documentation of server-side expressions. An expression that is not known here raises ValueError.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tests.grafana.dashboards import AlertQuery
from tests.grafana.filled import Filled, Scalar
from tests.grafana.macros import Span, filled_in

Labels = frozenset[tuple[str, str]]


class Evaluated(msgspec.Struct, frozen=True):
    """What a rule says: for whom it fires. ``no_data``: its query finds nothing, and ``noDataState`` decides."""

    firing: frozenset[Labels]
    no_data: bool

    def features(self) -> set[str]:
        """The things for which it fires."""
        return {value for labels in self.firing for key, value in labels if key == "feature"}


def evaluate(rule: AlertQuery, data: Filled, at_ms: int) -> Evaluated:
    """The rule as it would be evaluated at that instant; ``for`` is left out. Raises ValueError, QueryError."""
    answer = data.ask(filled_in(rule.query, Span(at_ms - rule.from_s * 1_000, at_ms), {}))
    values: Mapping[str, dict[Labels, float]] = {rule.ref: {}}
    expressions = {one["refId"]: one["model"] for one in rule.model["data"]}
    reducer = _reducer(expressions, rule.ref)
    for series in answer:
        for number in range(1, len(series.columns)):
            known = [row[number] for row in series.values if row[number] is not None]
            if known:
                values[rule.ref][frozenset(series.tags.items())] = _reduced(known, reducer)
    threshold = expressions[rule.model["condition"]]
    firing = {labels for labels, value in values[rule.ref].items() if _passes(threshold, value)}
    return Evaluated(frozenset(firing), no_data=not values[rule.ref])


def _reducer(expressions: Mapping[str, Mapping[str, Any]], ref: str) -> str:
    """Of the one expression that makes numbers of the query's series."""
    found = [one["reducer"] for one in expressions.values() if one.get("type") == "reduce" and one["expression"] == ref]
    if len(found) != 1:
        raise ValueError(f"{len(found)} reduce expressions of {ref}")
    return str(found[0])


def _reduced(values: Iterable[Scalar], reducer: str) -> float:
    numbers = [float(value) for value in values if isinstance(value, float | int)]
    match reducer:
        case "last":
            return numbers[-1]
        case "max":
            return max(numbers)
        case "min":
            return min(numbers)
        case "mean":
            return sum(numbers) / len(numbers)
        case unknown:
            raise ValueError(f"the reducer {unknown} is not known here")


def _passes(threshold: Mapping[str, Any], value: float) -> bool:
    if threshold.get("type") != "threshold" or len(threshold["conditions"]) != 1:
        raise ValueError(f"no plain threshold: {threshold}")
    evaluator = threshold["conditions"][0]["evaluator"]
    match evaluator["type"]:
        case "gt":
            return bool(value > evaluator["params"][0])
        case "lt":
            return bool(value < evaluator["params"][0])
        case unknown:
            raise ValueError(f"the evaluator {unknown} is not known here")
