"""One family of metrics from rows."""

from collections.abc import Iterable
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Row = tuple[tuple[str, ...], float]
"""Values of the labels, and the value."""


def family(
    kind: Literal["counter", "gauge"], name: str, about: str, rows: Iterable[Row], *labels: str
) -> CounterMetricFamily | GaugeMetricFamily:
    """``name`` without ``citygate_`` and, for a counter, without ``_total``."""
    made = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(f"citygate_{name}", about, labels=labels)
    for values, value in rows:
        made.add_metric(values, value)
    return made


def one(kind: Literal["counter", "gauge"], name: str, about: str, value: float) -> Metric:
    """A family of a single value."""
    return family(kind, name, about, [((), value)])
