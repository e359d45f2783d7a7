"""How a panel draws, by its look: which of Grafana's panels, and how that is set."""

from collections.abc import Callable, Mapping
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, geomap, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as common_model

from gateway.grafana.layout import Look, Panel
from gateway.grafana.palette import HEX


def _series(panel: Panel) -> Any:
    legend = common.VizLegendOptions().display_mode(common_model.LegendDisplayMode.LIST)
    tooltip = common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI)
    built = (
        timeseries.Panel()
        .legend(legend.placement(common_model.LegendPlacement.BOTTOM).show_legend(panel.legend == "list").calcs([]))
        .tooltip(tooltip.sort(common_model.SortOrder.DESCENDING))
        .line_width(2)
        .show_points(common_model.VisibilityMode.AUTO)
        .span_nulls(span_nulls=False)
        .insert_nulls(insert_nulls=_gap_ms(panel))
    )
    if panel.look == "bars":
        built.draw_style(common_model.GraphDrawStyle.BARS).fill_opacity(80).line_width(0)
    if panel.stacked:
        built.stacking(common.StackingConfig().mode(common_model.StackingMode.NORMAL).group("A"))
    if panel.steps:
        style = common.GraphThresholdsStyleConfig().mode(common_model.GraphTresholdsStyleMode.DASHED)
        built.thresholds_style(style)
        built.gradient_mode(common_model.GraphGradientMode.SCHEME)  # a line changes its colour where it passes a step
    return built


def _gap_ms(panel: Panel) -> int:
    """A line breaks over a longer time without a value: three local days, or six hours."""
    daily = any(query.measurement.endswith(("_1d", "_1d$/")) or query.every == "1d" for query in panel.queries)
    return (3 * 24 if daily else 6) * 3_600_000


def _reduced(panel: Panel) -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs([panel.reduce]).values(values=False)


def _stat(panel: Panel) -> Any:
    over_time = any(query.every for query in panel.queries)
    return (
        stat.Panel()
        .reduce_options(_reduced(panel))
        .color_mode(common_model.BigValueColorMode.VALUE)
        .graph_mode(common_model.BigValueGraphMode.AREA if over_time else common_model.BigValueGraphMode.NONE)
        .text_mode(common_model.BigValueTextMode.AUTO)
    )


def _bar_gauge(panel: Panel) -> Any:
    return (
        bargauge.Panel()
        .reduce_options(_reduced(panel))
        .orientation(common_model.VizOrientation.HORIZONTAL)
        .display_mode(common_model.BarGaugeDisplayMode.BASIC)
        .show_unfilled(show_unfilled=True)
    )


def _states(_panel: Panel) -> Any:
    return (
        statetimeline.Panel()
        .merge_values(merge_values=True)
        .show_value(common_model.VisibilityMode.AUTO)
        .row_height(0.85)
        .fill_opacity(85)
    )


def _table(panel: Panel) -> Any:
    built = table.Panel().show_header(show_header=True)
    if panel.first_by:
        built.sort_by([common.TableSortByFieldState().display_name(panel.first_by).desc(desc=False)])
    return built


def _map(_panel: Panel) -> Any:
    """Markers by latitude and longitude; the map behind them is the one that the Grafana is set to."""
    place = common.FrameGeometrySource().mode(common_model.FrameGeometrySourceMode.COORDS)
    style = {"size": {"fixed": 6, "min": 2, "max": 15}, "color": {"fixed": HEX["blue"]}, "opacity": 0.8}
    markers = (
        common.MapLayerOptions()
        .type("markers")
        .name("things")
        .location(place.latitude("latitude").longitude("longitude"))
        .config({"style": style, "showLegend": False})
        .tooltip(tooltip=True)
    )
    return (
        geomap.Panel()
        .view(geomap.MapViewConfig().id("fit").zoom(15).padding(5))
        .basemap(common.MapLayerOptions().type("default").name("map"))
        .layers([markers])
    )


LOOKS: Mapping[Look, Callable[[Panel], Any]] = {
    "series": _series,
    "bars": _series,
    "stat": _stat,
    "bar gauge": _bar_gauge,
    "states": _states,
    "table": _table,
    "map": _map,
}
