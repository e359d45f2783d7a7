"""Alert rules as Grafana's provisioning file.

The file holds no contact point and no policy: whoever runs the Grafana says where alerts go; until then they are seen
on its own pages. The macros of queries and the ``$labels`` of annotations stand as they are: Grafana fills environment
variables neither into queries nor, but in braces, into annotations.
"""

from collections.abc import Mapping, Sequence

import yaml

from gateway.grafana import links
from gateway.grafana.influxql import influxql
from gateway.grafana.layout import Dashboard, Panel, Rule

FOLDER = "Citygate"
EVERY = "1m"
_EXPRESSIONS = {"type": "__expr__", "uid": "__expr__"}
_HEAD = """\
# Made by python -m gateway.grafana.generate from gateway/grafana/alerts.py: change it there.
"""


def rules_yaml(rules: Sequence[Rule], layouts: Sequence[Dashboard]) -> str:
    """One group, asked each minute."""
    pages = {layout.uid: layout for layout in layouts}
    told = [_rule(rule, pages[rule.page]) for rule in rules]
    group = {"orgId": 1, "name": "citygate", "folder": FOLDER, "interval": EVERY, "rules": told}
    text = yaml.safe_dump({"apiVersion": 1, "groups": [group]}, sort_keys=False, allow_unicode=True, width=120)
    return _HEAD + text


def _rule(rule: Rule, page: Dashboard) -> Mapping[str, object]:
    """Query A, its newest number B, and whether that is beyond the threshold: C, the condition."""
    number = next(n for n, part in enumerate(page.parts, 1) if isinstance(part, Panel) and part.title == rule.panel)
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": "C",
        "for": rule.lasting,
        "noDataState": rule.silence,
        "execErrState": "Error",
        "dashboardUid": rule.page,
        "panelId": number,
        "labels": {"severity": rule.severity, "source": "citygate"},
        "annotations": {"summary": rule.summary, "description": rule.mend},
        "data": [_query(rule), _reduced(rule), _condition(rule)],
    }


def _query(rule: Rule) -> Mapping[str, object]:
    model = {
        "refId": "A",
        "datasource": dict(links.DATASOURCE),
        "query": influxql(rule.query),
        "rawQuery": True,
        "resultFormat": "time_series",
        "intervalMs": 60_000,
        "maxDataPoints": 1_000,
    }
    return _datum(rule, "A", links.DATASOURCE["uid"], model)


def _reduced(rule: Rule) -> Mapping[str, object]:
    model = {"refId": "B", "datasource": dict(_EXPRESSIONS), "type": "reduce", "expression": "A", "reducer": "last"}
    return _datum(rule, "B", _EXPRESSIONS["uid"], model)


def _condition(rule: Rule) -> Mapping[str, object]:
    above = {"type": "gt", "params": [rule.above]}
    evaluator = above if rule.below is None else {"type": "lt", "params": [rule.below]}
    model = {
        "refId": "C",
        "datasource": dict(_EXPRESSIONS),
        "type": "threshold",
        "expression": "B",
        "conditions": [{"type": "query", "evaluator": evaluator}],
    }
    return _datum(rule, "C", _EXPRESSIONS["uid"], model)


def _datum(rule: Rule, ref: str, source: str, model: Mapping[str, object]) -> Mapping[str, object]:
    span = {"from": rule.look_back_s, "to": 0}
    return {"refId": ref, "relativeTimeRange": span, "datasourceUid": source, "model": dict(model)}
