"""A panel of a layout as Grafana's own model, by its builders."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from gateway.grafana import links
from gateway.grafana.influxql import FILTERS, influxql
from gateway.grafana.layout import Panel, Query, Word
from gateway.grafana.looks import LOOKS
from gateway.grafana.palette import HEX, SERIES, Colour, by_name
from gateway.grafana.units import grafana_unit

_LETTERS = "ABCDEFGH"
_LOCAL_NAME = model.DataTransformerConfig(
    id_val="renameByRegex", options={"regex": "^[a-z-]+/(.+)$", "renamePattern": "$1"}
)
_LOCAL_TEXT = {"type": "regex", "options": {"pattern": "^[a-z-]+/(.+)$", "result": {"text": "$1", "index": 0}}}
TIME_WIDTH = 170
"""Pixels: a date with its time."""
_DOMAIN_NAME = model.DataTransformerConfig(
    id_val="renameByRegex", options={"regex": "^([a-z]+)_[a-z0-9]+$", "renamePattern": "$1"}
)


class InfluxQuery(variants.Dataquery):
    """What a panel asks of an InfluxDB data source, in the form in which Grafana stores it; the SDK has none."""

    def __init__(self, ref_id: str, text: str, *, alias: str, result_format: str) -> None:
        self._json: dict[str, object] = {
            "refId": ref_id,
            "datasource": links.DATASOURCE,
            "query": text,
            "rawQuery": True,
            "resultFormat": result_format,
            **({"alias": alias} if alias else {}),
        }

    def to_json(self) -> dict[str, object]:
        """As the SDK's encoder wants it."""
        return self._json


class _Built(Builder[variants.Dataquery]):
    def __init__(self, query: InfluxQuery) -> None:
        self._query = query

    def build(self) -> variants.Dataquery:
        return self._query


def grafana_panel(panel: Panel, *, number: int, at: tuple[int, int]) -> Builder[model.Panel]:
    """The panel at (x, y) of the page's grid, with an id of its own."""
    built = LOOKS[panel.look](panel)
    made: Builder[model.Panel] = (
        built.id(number)
        .title(panel.title)
        .description(described(panel))
        .datasource(model.DataSourceRef(type_val=links.DATASOURCE["type"], uid=links.DATASOURCE["uid"]))
        .grid_pos(model.GridPos(x=at[0], y=at[1], w=panel.width, h=panel.height))
        .targets([_target(panel, place) for place in range(len(panel.queries))])
        .links(_panel_links(panel))
        .unit(unit_of(panel))
        .thresholds(_thresholds(panel))
        .color_scheme(_colours())
        .data_links(_series_links(panel))
    )
    _particulars(built, panel)
    return made


def described(panel: Panel) -> str:
    """How to read it, with what the thresholds mean, for those who cannot tell the colours."""
    told = [step.meaning if step.value is None else f"from {step.value:g}: {step.meaning}" for step in panel.steps]
    steps = "; ".join(told)
    return f"{panel.about}\n\n{steps[0].upper()}{steps[1:]}." if steps else panel.about


def unit_of(panel: Panel) -> str:
    """The unit of the first field, or of a plain number where rows are counted."""
    return "short" if panel.counts else grafana_unit(panel.queries[0].fields[0])


def alias_of(query: Query) -> str:
    """How the series of a query are called: by their tags, else by the fields' names."""
    if query.alias or not (query.by or query.names):
        return query.alias
    return " ".join(f"$tag_{tag}" for tag in query.by) if query.by else "$col"


def headings(panel: Panel) -> Mapping[str, str]:
    """Of a table: every column that its query returns → its heading, "" for those that are hidden."""
    (query,) = panel.queries
    found = dict.fromkeys(("Time", *query.by, *query.tags, *(query.names or (*query.fields, *query.beside))), "")
    return found | dict(panel.columns)


def _target(panel: Panel, place: int) -> Builder[variants.Dataquery]:
    query = panel.queries[place]
    as_rows = panel.look in {"table", "map"}
    alias, result_format = ("", "table") if as_rows else (alias_of(query), "time_series")
    return _Built(InfluxQuery(_LETTERS[place], influxql(query), alias=alias, result_format=result_format))


def _particulars(built: Any, panel: Panel) -> None:
    """What only some panels have."""
    given: Mapping[Callable[[Any], object], Any] = {
        built.min: panel.low,
        built.max: panel.high,
        built.decimals: panel.decimals,
        built.no_value: panel.empty or None,
        built.time_from: panel.look_back or None,
        built.interval: panel.smallest_step or None,
        built.mappings: [_mapping(panel.words)] if panel.words else None,
    }
    for say, what in given.items():
        if what is not None:
            say(what)
    for transformation in _transformations(panel):
        built.with_transformation(transformation)
    for name, properties in _overrides(panel):
        built.override_by_name(name, properties)
    for pattern, properties in _by_name(panel):
        built.override_by_regexp(pattern, properties)
    for letter, unit in _other_units(panel):
        built.override_by_query(letter, [_property("unit", unit)])


def _thresholds(panel: Panel) -> Builder[model.ThresholdsConfig]:
    steps = panel.steps or ()
    told = [model.Threshold(value=step.value, color=HEX[step.colour]) for step in steps]
    first = [] if told and told[0].value is None else [model.Threshold(value=None, color=HEX["blue"])]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(first + told)


def _colours() -> Builder[model.FieldColor]:
    """By threshold where there are any; what has a colour of its own has an override."""
    return dashboard.FieldColor().mode(model.FieldColorModeId.THRESHOLDS).series_by(model.FieldColorSeriesByMode.LAST)


def _mapping(words: tuple[Word, ...]) -> model.ValueMapping:
    options = {
        word.value: model.ValueMappingResult(text=word.text, color=HEX[word.colour], index=place)
        for place, word in enumerate(words)
    }
    return model.ValueMap(options=options)


def _transformations(panel: Panel) -> Iterator[model.DataTransformerConfig]:
    if panel.look == "table":
        named = headings(panel)
        order = {column: place for place, column in enumerate(panel.columns)}
        shown = {column: heading for column, heading in named.items() if heading}
        hidden = {column: True for column, heading in named.items() if not heading}
        yield model.DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": hidden, "renameByName": shown, "indexByName": order},
        )
    elif any(query.alias == "$m" for query in panel.queries):
        yield _DOMAIN_NAME
    elif any("feature" in query.by for query in panel.queries) and panel.look != "map":
        yield _LOCAL_NAME


def _overrides(panel: Panel) -> Iterator[tuple[str, list[model.DynamicConfigValue]]]:
    if panel.look == "table":
        yield from _columns(panel)
        return
    names = [name for query in panel.queries if not query.by for name in query.names or (query.alias,) if name]
    meant = {word.text: word.colour for word in panel.words}
    if not panel.steps and len(names) > 1:
        for place, name in enumerate(names):
            yield name, [_fixed(meant.get(name, SERIES[place % len(SERIES)]))]


def _by_name(panel: Panel) -> Iterator[tuple[str, list[model.DynamicConfigValue]]]:
    """Lines and bars of things that nobody knows beforehand."""
    if panel.look in {"series", "bars"} and not panel.steps and any(query.by for query in panel.queries):
        for pattern, colour in by_name().items():
            yield pattern, [_fixed(colour)]


def _fixed(colour: Colour) -> model.DynamicConfigValue:
    return _property("color", {"mode": "fixed", "fixedColor": HEX[colour]})


def _columns(panel: Panel) -> Iterator[tuple[str, list[model.DynamicConfigValue]]]:
    """Units of a table's columns, and links on those that name a thing or a device."""
    (query,) = panel.queries
    named = headings(panel)
    fields = (*query.fields, *query.beside)
    for column, field in zip(query.names or fields, fields, strict=True):
        if named[column] and not panel.counts:
            yield named[column], [_property("unit", grafana_unit(field))]
    for tag in ("feature", "device"):
        if named.get(tag):
            url = f"/d/{links.DEVICES_UID}?var-{tag}=${{__value.raw}}&from=${{__from}}&to=${{__to}}"
            links_to = _property("links", [{"title": "Health of its device", "url": url}])
            yield named[tag], [links_to, _property("mappings", [_LOCAL_TEXT])]
    if named["Time"]:
        yield named["Time"], [_property("custom.width", TIME_WIDTH)]


def _other_units(panel: Panel) -> Iterator[tuple[str, str]]:
    """Queries whose unit is not that of the panel."""
    if panel.look != "table" and not panel.counts:
        for letter, query in zip(_LETTERS, panel.queries, strict=False):
            if (unit := grafana_unit(query.fields[0])) != unit_of(panel):
                yield letter, unit


def _property(name: str, value: object) -> model.DynamicConfigValue:
    return model.DynamicConfigValue(id_val=name, value=value)


def _panel_links(panel: Panel) -> list[Builder[model.DashboardLink]]:
    """The raw data of everything that is chosen at the head of the page."""
    first = panel.queries[0]
    while first.inner is not None:
        first = first.inner
    chosen = links.of_selection(*(tag for tag in FILTERS[first.scope] if tag != "feature"))
    found = [("The values behind this panel", first.measurement)]
    if sent := links.what_devices_sent(first.measurement):
        found.append(("What the devices sent", sent))
    return [_link(title, links.values_behind(measurement, chosen)) for title, measurement in found]


def _series_links(panel: Panel) -> list[Builder[model.DashboardLink]]:
    """The raw data of one series, and the health of its device."""
    first = panel.queries[0]
    tag = next((tag for tag in ("feature", "device") if tag in first.by), "")
    if not tag or first.inner is not None or panel.look == "table":
        return []
    return [
        _link("Its values", links.values_behind(first.measurement, links.of_series(tag))),
        _link("Health of its device", links.devices_of_series(tag)),
    ]


def _link(title: str, url: str) -> Builder[model.DashboardLink]:
    return dashboard.DashboardLink(title).type(model.DashboardLinkType.LINK).url(url).target_blank(target_blank=True)
