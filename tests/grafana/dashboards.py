"""The dashboards' JSON and the alert rules, as far as they ask a database for something."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from gateway.deploy_files import deploy_dir

GRAFANA = deploy_dir() / "grafana"
BUILT_IN = frozenset(("-- Grafana --", "grafana", "-- Dashboard --", "__expr__", "-100"))
"""Data sources that Grafana has by itself: they ask no database."""
Json = Mapping[str, Any]


class Target(msgspec.Struct, frozen=True):
    """One query of a panel. ``source``: type of its data source. ``table``: it answers as a table, not as series."""

    ref: str
    query: str
    source: str = "influxdb"
    table: bool = False
    alias: str = ""
    hidden: bool = False


class Panel(msgspec.Struct, frozen=True):
    """One panel with its place on the grid of 24 columns; ``model`` is all of its JSON."""

    id: int
    kind: str
    title: str
    x: int
    y: int
    width: int
    height: int
    targets: tuple[Target, ...]
    model: Json

    @property
    def defaults(self) -> Json:
        """Of ``fieldConfig``."""
        found: Json = self.model.get("fieldConfig", {}).get("defaults", {})
        return found

    @property
    def overrides(self) -> Sequence[Json]:
        """Of ``fieldConfig``, in their order."""
        found: Sequence[Json] = self.model.get("fieldConfig", {}).get("overrides", [])
        return found

    @property
    def options(self) -> Json:
        """What this kind of panel can be told."""
        found: Json = self.model.get("options", {})
        return found


class Variable(msgspec.Struct, frozen=True):
    """One template variable. ``query``: InfluxQL, or the values themselves where ``kind`` is custom or constant."""

    name: str
    kind: str
    query: str = ""
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    current: tuple[str, ...] = ()
    regex: str = ""
    """What of each value is kept: its first group."""
    source: str = "influxdb"


class Annotation(msgspec.Struct, frozen=True):
    """Marks on the time axis: a query whose rows have a time and a text."""

    name: str
    query: str
    text_column: str = ""
    source: str = "influxdb"


class Dashboard(msgspec.Struct, frozen=True):
    """One file. ``time_from``: where its range begins when it is opened, such as now-24h."""

    uid: str
    title: str
    file: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]
    annotations: tuple[Annotation, ...]
    time_from: str
    model: Json


class AlertQuery(msgspec.Struct, frozen=True):
    """A rule's query, and how many seconds before its evaluation it looks back. ``model`` is all of the rule."""

    rule: str
    uid: str
    ref: str
    query: str
    from_s: int
    source: str
    model: Json


def dashboard_files(folder: Path = GRAFANA / "dashboards") -> list[Path]:
    """Every dashboard of the deployment."""
    return sorted(folder.rglob("*.json"))


def read_dashboard(file: Path) -> Dashboard:
    """One file as Grafana would provision it."""
    model: Json = json.loads(file.read_text(encoding="utf-8"))
    return Dashboard(
        uid=model["uid"],
        title=model["title"],
        file=file.name,
        panels=tuple(_panels(model)),
        variables=tuple(_variable(one) for one in model.get("templating", {}).get("list", [])),
        annotations=tuple(_annotations(model)),
        time_from=model.get("time", {}).get("from", "now-6h"),
        model=model,
    )


def _panels(model: Json) -> Iterator[Panel]:
    for panel in model.get("panels", []):
        at = panel["gridPos"]
        usual = _type_of(panel.get("datasource"), "influxdb")
        targets = tuple(_target(one, usual) for one in panel.get("targets", []))
        yield Panel(
            panel.get("id", 0),
            panel["type"],
            panel.get("title", ""),
            at["x"],
            at["y"],
            at["w"],
            at["h"],
            targets,
            panel,
        )
        yield from _panels(panel)


def _target(target: Json, usual: str) -> Target:
    return Target(
        ref=target.get("refId", "A"),
        query=target.get("query") or target.get("expr") or "",
        source=_type_of(target.get("datasource"), usual),
        table=target.get("resultFormat", target.get("format", "time_series")) == "table",
        alias=target.get("alias") or target.get("legendFormat") or "",
        hidden=bool(target.get("hide")),
    )


def _type_of(source: Any, usual: str) -> str:
    if isinstance(source, Mapping):
        uid = source.get("uid", "")
        return "built in" if uid in BUILT_IN else str(source.get("type") or usual)
    return "built in" if source in BUILT_IN else usual


def _variable(one: Json) -> Variable:
    query = one.get("query", "")
    if isinstance(query, Mapping):
        query = query.get("query", "")
    value = one.get("current", {}).get("value", "")
    return Variable(
        name=one["name"],
        kind=one["type"],
        query=query,
        multi=bool(one.get("multi")),
        include_all=bool(one.get("includeAll")),
        all_value=one.get("allValue") or "",
        regex=one.get("regex") or "",
        current=tuple(value) if isinstance(value, list) else (str(value),) if value else (),
        source=_type_of(one.get("datasource"), "influxdb"),
    )


def _annotations(model: Json) -> Iterator[Annotation]:
    for one in model.get("annotations", {}).get("list", []):
        target = one.get("target", {})
        query = one.get("query") or target.get("query") or ""
        text = one.get("textColumn") or target.get("textColumn") or ""
        yield Annotation(one["name"], query, text, _type_of(one.get("datasource"), "influxdb"))


def alert_queries(folder: Path = GRAFANA / "provisioning" / "alerting") -> list[AlertQuery]:
    """Every query of every provisioned alert rule; expressions of Grafana's own are left out."""
    found = []
    for file in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml"), *folder.glob("*.json")]):
        for group in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("groups", []):
            for rule in group["rules"]:
                found += [_alert_query(rule, data) for data in rule["data"] if data["datasourceUid"] not in BUILT_IN]
    return found


def _alert_query(rule: Json, data: Json) -> AlertQuery:
    model, window = data["model"], data.get("relativeTimeRange", {})
    return AlertQuery(
        rule=rule["title"],
        uid=rule["uid"],
        ref=data["refId"],
        query=model.get("query") or model.get("expr") or "",
        from_s=int(window.get("from", 600)),
        source=_type_of(model.get("datasource"), "influxdb"),
        model=rule,
    )
