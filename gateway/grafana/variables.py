"""The choices at the head of a page: city, pilot, area, thing, device; each narrows the next."""

from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from gateway.grafana import links
from gateway.grafana.layout import Dashboard

INVENTORY = "inventory"
"""Every device with its area: see LAYOUT.md."""

_LABELS = {"city": "City", "pilot": "Pilot", "area": "Area", "device": "Device", "gateway": "Gateway"}
_ALL = model.VariableOption(text="All", value="$__all", selected=True)


def variables_of(layout: Dashboard) -> list[Builder[model.VariableModel]]:
    """One variable for each name, narrowed by those before it."""
    return [_variable(layout, place) for place in range(len(layout.variables))]


def _variable(layout: Dashboard, place: int) -> dashboard.QueryVariable:
    name = layout.variables[place]
    before = layout.variables[:place]
    text = f'SHOW TAG VALUES FROM {_source(layout, name)} WITH KEY = "{name}"'
    if conditions := list(_conditions(layout, name, before)):
        text += " WHERE " + " AND ".join(conditions)
    built = (
        dashboard.QueryVariable(name)
        .label(layout.thing if name == "feature" else _LABELS[name])
        .query({"query": text, "refId": f"variable {name}"})
        .datasource(model.DataSourceRef(type_val=links.DATASOURCE["type"], uid=links.DATASOURCE["uid"]))
        .refresh(model.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .current(_ALL)
    )
    return built if name == "feature" and "area" in before else built.all_value(".*")


def _source(layout: Dashboard, name: str) -> str:
    if name in {"area", "device"} or (name == "feature" and "area" in layout.variables):
        return f'"{INVENTORY}"'
    return layout.measurement if layout.measurement.startswith("/") else f'"{layout.measurement}"'


def _conditions(layout: Dashboard, name: str, before: tuple[str, ...]) -> Iterator[str]:
    for tag in before:
        if tag != "area" or _source(layout, name) == f'"{INVENTORY}"':
            yield f'"{tag}" =~ /^${{{tag}:regex}}$/'
    if name == "feature" and layout.kinds:
        yield '"feature" =~ /^(' + "|".join(layout.kinds) + ")\\//"
