"""Layouts ▸ dashboards and alert rules as the files that Grafana reads.

Run it with ``python -m gateway.grafana.generate``. It is for developers: it needs grafana-foundation-sdk. What it
writes is committed, so nobody else does.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from gateway.deploy_files import deploy_dir
from gateway.grafana import links
from gateway.grafana.alerts import RULES
from gateway.grafana.influxql import influxql
from gateway.grafana.layout import Dashboard, Mark, Panel, Row
from gateway.grafana.layouts import LAYOUTS
from gateway.grafana.palette import HEX
from gateway.grafana.panels import grafana_panel
from gateway.grafana.rules import rules_yaml
from gateway.grafana.variables import variables_of

WIDTH = 24
TAG = "citygate"


def files() -> Mapping[Path, str]:
    """Every generated file below ``deploy/grafana``, by its path there."""
    pages = {Path("dashboards") / f"{layout.uid}.json": json_of(layout) for layout in LAYOUTS}
    return {**pages, Path("provisioning/alerting/citygate.yaml"): rules_yaml(RULES, LAYOUTS)}


def json_of(layout: Dashboard) -> str:
    """A dashboard as Grafana imports it."""
    page: dict[str, Any] = json.loads(JSONEncoder().encode(_built(layout)))
    page["annotations"] = {"list": [_annotation(mark) for mark in layout.marks]}
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"


def _built(layout: Dashboard) -> model.Dashboard:
    page = (
        dashboard.Dashboard(layout.title)
        .uid(layout.uid)
        .description(layout.about)
        .tags([TAG])
        .time(layout.back, "now")
        .refresh(layout.refresh)
        .timezone("browser")
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .variables(variables_of(layout))
        .link(_to_the_others())
    )
    for number, (part, at) in enumerate(_placed(layout), start=1):
        if isinstance(part, Row):
            page.with_panel(_heading(part, number, at))
        else:
            page.with_panel(grafana_panel(part, number=number, at=at))
    return page.build()


def _placed(layout: Dashboard) -> Iterator[tuple[Panel | Row, tuple[int, int]]]:
    """Every part with its place: from left to right, and below the tallest of the line when that is full."""
    x = y = tallest = 0
    for part in layout.parts:
        width, height = (WIDTH, 1) if isinstance(part, Row) else (part.width, part.height)
        if x + width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        yield part, (x, y)
        x, tallest = x + width, max(tallest, height)


def _heading(row: Row, number: int, at: tuple[int, int]) -> dashboard.Panel:
    """A row that is open: Grafana stores it as a panel without a query."""
    return (
        dashboard.Panel()
        .type("row")
        .id(number)
        .title(row.title)
        .grid_pos(model.GridPos(x=at[0], y=at[1], w=WIDTH, h=1))
    )


def _to_the_others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Citygate")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(as_dropdown=True)
        .keep_time(keep_time=True)
        .include_vars(include_vars=False)
    )


def _annotation(mark: Mark) -> dict[str, object]:
    """As the InfluxDB data source stores it; ``target`` repeats it for the editor of newer Grafanas."""
    columns = {"query": influxql(mark.query), "textColumn": mark.text, "tagsColumn": "feature", "rawQuery": True}
    return {
        "name": mark.name,
        "datasource": links.DATASOURCE,
        "enable": mark.shown,
        "hide": False,
        "iconColor": HEX[mark.colour],
        **columns,
        "target": {"refId": "Anno", "fromAnnotations": True, "name": mark.name, **columns},
    }


def main() -> None:
    """Write every file that differs, and take away dashboards that no layout makes any more."""
    folder = deploy_dir() / "grafana"
    wanted = files()
    for file in (folder / "dashboards").glob("citygate-*.json"):
        if file.relative_to(folder) not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
