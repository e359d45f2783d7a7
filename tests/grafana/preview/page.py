"""A dashboard as one page of our own: its panels by their place on the grid, drawn from what their queries find.

Law: every page is captioned as a preview, never as Grafana. What cannot be drawn is named, never guessed.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

import msgspec

from gateway.reports.html import Child, Markup, tag
from tests.grafana.check import ask, ask_panel, is_of_itself, own_span
from tests.grafana.choices import Choices, opened
from tests.grafana.dashboards import Dashboard, Panel
from tests.grafana.filled import Filled, QueryError
from tests.grafana.frames import Frame
from tests.grafana.influxql import InfluxqlError
from tests.grafana.macros import MacroError, Span, milliseconds
from tests.grafana.preview import places, series, states, table, tiles
from tests.grafana.preview.canvas import Canvas
from tests.grafana.preview.colours import CARD, EDGE, FAINT, INK, PAGE, colour
from tests.grafana.transform import UnknownTransformationError, transformed

WIDTH, EDGE_PX, UNIT, GAP, HEAD = 1440, 12, 30, 8, 30
ZONE = ZoneInfo("Europe/Brussels")
DRAWINGS: Mapping[str, Callable[[Canvas], Markup]] = {
    "timeseries": series.draw,
    "stat": tiles.draw_stat,
    "gauge": tiles.draw_gauge,
    "bargauge": tiles.draw_bar_gauge,
    "state-timeline": states.draw,
    "table": table.draw,
    "geomap": places.draw,
}
STYLE = f"""
body {{ margin: 0; background: {PAGE}; color: {INK}; font: 13px/1.35 "DejaVu Sans", system-ui, sans-serif; }}
header {{ padding: 12px {EDGE_PX + 4}px 8px; display: flex; justify-content: space-between; align-items: baseline; }}
h1 {{ font-size: 19px; margin: 0; }} header p {{ margin: 2px 0 0; color: {FAINT}; }}
.preview {{ color: #111; background: #f0e442; padding: 3px 9px; border-radius: 3px; font-weight: 600; }}
.chosen {{ padding: 0 {EDGE_PX + 4}px 8px; color: {FAINT}; }}
.chosen b {{ color: {INK}; font-weight: 500; margin-right: 18px; }}
main {{ position: relative; }}
section {{ position: absolute; background: {CARD}; border: 1px solid {EDGE}; border-radius: 3px; }}
section {{ box-sizing: border-box; }}
section, h2 {{ overflow: hidden; }}
section h2 {{ font-size: 13px; font-weight: 600; margin: 0; padding: 6px 9px 0; }}
h2 {{ white-space: nowrap; text-overflow: ellipsis; }}
section.row {{ background: none; border: 0; }} section.row h2 {{ font-size: 15px; padding: 8px 2px; }}
section p {{ padding: 4px 9px; color: {FAINT}; }} svg {{ display: block; margin: 2px 6px; font-family: inherit; }}
"""


class Preview(msgspec.Struct, frozen=True):
    """The page, its height in pixels, and the panels that could not be drawn, with the reason."""

    html: str
    height: int
    not_drawn: list[str]


def preview(dashboard: Dashboard, data: Filled) -> Preview:
    """Draw a dashboard as it looks when it is opened at the end of the data."""
    span = _opened_span(dashboard.time_from, data)
    chosen, _ = opened(dashboard, data, span)
    marks = _marks(dashboard, data, span, chosen)
    not_drawn: list[str] = []
    sections = []
    for panel in dashboard.panels:
        try:
            inside = _inside(panel, data, span, chosen, marks)
        except (UnknownTransformationError, MacroError, QueryError, InfluxqlError, KeyError, ValueError) as error:
            not_drawn.append(f"{dashboard.title}: {panel.title} ({panel.kind}): {type(error).__name__} {error}")
            inside = tag("p", f"This panel ({panel.kind}) is not in the preview.")
        sections.append(_section(panel, inside))
    height = max((panel.y + panel.height for panel in dashboard.panels), default=4) * (UNIT + GAP) + 96
    return Preview(_page(dashboard, chosen, sections), height, not_drawn)


def _opened_span(time_from: str, data: Filled) -> Span:
    end_ms = data.end_ns // 1_000_000
    back = milliseconds(time_from.removeprefix("now-").partition("/")[0])
    return Span(max(end_ms - back, data.start_ns // 1_000_000), end_ms)


def _inside(panel: Panel, data: Filled, span: Span, chosen: Choices, marks: list[tuple[int, str]]) -> Markup:
    if panel.kind == "row":
        return Markup("")
    if panel.kind == "text":
        return tag("p", str(panel.options.get("content", "")))
    if panel.kind not in DRAWINGS:
        raise ValueError("no drawing for this kind of panel")
    if back := panel.model.get("timeFrom"):
        span = Span(max(span.to_ms - milliseconds(back), data.start_ns // 1_000_000), span.to_ms)
    least = panel.model.get("interval")
    wide = _width(panel)
    span = msgspec.structs.replace(
        span, max_points=int(wide), least_interval_ms=milliseconds(least) if least else 30_000
    )
    frames: list[Frame] = []
    shown = span
    for target in panel.targets:
        if not target.hidden:
            if target.source != "influxdb":
                raise ValueError(f"it asks {target.source}")
            asked = ask_panel(panel, target, data, span, chosen)
            frames += asked.frames
            shown = own_span(data, asked.select) if is_of_itself(asked.select) else span
    canvas = Canvas(
        panel, transformed(panel, frames), wide - 14, _height(panel) - HEAD - 6, shown.from_ms, shown.to_ms, ZONE, marks
    )
    return DRAWINGS[panel.kind](canvas)


def _marks(dashboard: Dashboard, data: Filled, span: Span, chosen: Choices) -> list[tuple[int, str]]:
    """Instants of the annotations that are shown when the dashboard is opened."""
    models = {one["name"]: one for one in dashboard.model.get("annotations", {}).get("list", [])}
    marks = []
    for annotation in dashboard.annotations:
        model = models[annotation.name]
        if annotation.source == "influxdb" and model.get("enable", True):
            for one in ask(annotation.query, data, span, chosen)[1]:
                marks += [(int(row[0] or 0), colour(model.get("iconColor", "blue"))) for row in one.values]
    return marks


def _width(panel: Panel) -> float:
    return (WIDTH - 2 * EDGE_PX + GAP) / 24 * panel.width - GAP


def _height(panel: Panel) -> float:
    return panel.height * (UNIT + GAP) - GAP


def _section(panel: Panel, inside: Child) -> Markup:
    left = EDGE_PX + (WIDTH - 2 * EDGE_PX + GAP) / 24 * panel.x
    place = (
        f"left:{left:.0f}px;top:{panel.y * (UNIT + GAP)}px;width:{_width(panel):.0f}px;height:{_height(panel):.0f}px"
    )
    back = panel.model.get("timeFrom")
    heading = [panel.title, tag("small", f"  last {back}", style=f"color:{FAINT};font-weight:400") if back else None]
    return tag("section", tag("h2", heading), inside, style=place, class_=panel.kind)


def _page(dashboard: Dashboard, chosen: Choices, sections: list[Markup]) -> str:
    picked = [
        [f"{name}: ", tag("b", "All" if one.all_value or len(one.values) > 3 else ", ".join(one.values))]
        for name, one in chosen.items()
    ]
    said = f"{dashboard.time_from} to now · drawn by Citygate's tests from simulated data; Grafana looks different"
    head = tag(
        "header", tag("div", tag("h1", dashboard.title), tag("p", said)), tag("span", "preview", class_="preview")
    )
    body = tag("body", head, tag("div", picked, class_="chosen"), tag("main", sections))
    style = Markup(f"<style>{STYLE}</style>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>preview</title>{style}</head>{body}</html>'
    )
