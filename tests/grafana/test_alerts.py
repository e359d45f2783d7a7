"""Alert rules over the city's days: each fires while what it names is so, and for nobody else."""

from collections.abc import Callable

import pytest

from tests.grafana.alerts import evaluate
from tests.grafana.check import MOMENTS, OF_ITSELF, moments
from tests.grafana.dashboards import AlertQuery, alert_queries
from tests.grafana.filled import Filled, Scalar
from tests.grafana.influxql import read_select
from tests.grafana.macros import Span, filled_in

pytestmark = pytest.mark.timeout(400)  # whoever comes first waits until the city has lived

RULES = {rule.uid: rule for rule in alert_queries()}
HOUR_MS = 3_600_000

States = dict[str, list[tuple[float, Scalar]]]

OF_FLAGS: dict[str, tuple[str, Callable[[Scalar], bool]]] = {
    "citygate-silent": ("silent", lambda value: value is True),
    "citygate-fire": ("fire_alarm", lambda value: value is True),
    "citygate-flood": ("flood_state", lambda value: value in ("alert", "danger")),
    "citygate-lora-gateway": ("gateway_offline", lambda value: value is True),
}
"""Rule → the property that it watches, and when that means it."""


def measurements(rule: AlertQuery) -> set[str]:
    return read_select(filled_in(rule.query, Span(0, HOUR_MS), {})).measurements()


OWN = [rule.uid for rule in RULES.values() if measurements(rule) <= OF_ITSELF]


def states(data: Filled, name: str) -> States:
    """Every value of a property by feature, in order of time."""
    found: States = {}
    for series in data.ask(f'SELECT "{name}" FROM /.*_event/ GROUP BY "feature"'):
        found.setdefault(series.tags["feature"], []).extend((float(row[0] or 0), row[1]) for row in series.values)
    return {feature: sorted(values, key=lambda one: one[0]) for feature, values in found.items()}


@pytest.mark.parametrize("uid", OF_FLAGS)
def test_a_rule_fires_for_those_that_are_so_now_and_for_nobody_else(uid: str, data: Filled) -> None:
    name, means = OF_FLAGS[uid]
    rule, told, fired = RULES[uid], states(data, name), 0
    turns = [int(at) + 1 for values in told.values() for at, _ in values][:MOMENTS]
    for at_ms in sorted({*moments(data), *turns}):
        newest = {
            feature: known[-1]
            for feature, values in told.items()
            if (known := [one for one in values if at_ms - rule.from_s * 1_000 <= one[0] <= at_ms])
        }
        expected = {feature for feature, (_, value) in newest.items() if means(value)}
        assert evaluate(rule, data, at_ms).features() == expected, at_ms
        fired += bool(expected)
    assert fired


def test_the_rule_of_full_containers_fires_while_one_is_full(data: Filled) -> None:
    rule = RULES["citygate-overflow"]
    full = [evaluate(rule, data, at_ms).features() for at_ms in moments(data)]
    assert any(full)
    assert set() in full


@pytest.mark.parametrize("uid", OWN)
def test_a_rule_about_the_gateway_is_quiet_while_it_is_well(uid: str, data: Filled) -> None:
    found = evaluate(RULES[uid], data, data.own_end_ns // 1_000_000)
    assert not found.no_data
    assert found.firing == frozenset()


def test_a_gateway_that_is_not_heard_is_found_by_its_silence(data: Filled) -> None:
    rule = RULES["citygate-not-heard"]
    assert rule.model["noDataState"] == "Alerting"
    end_ms = data.own_end_ns // 1_000_000
    (silent,) = evaluate(rule, data, end_ms + HOUR_MS).firing
    assert {key for key, _ in silent} == {"city", "gateway"}
    assert evaluate(rule, data, end_ms + 25 * HOUR_MS).no_data


def test_every_rule_is_tried_here() -> None:
    assert set(RULES) == {*OF_FLAGS, *OWN, "citygate-overflow"}
