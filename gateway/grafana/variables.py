"""The choices at the head of a page: city, pilot, area, thing, device; each narrows the next.

They are asked of the inventory, which the gateway writes each day: only there stands which area a device is in.
"""

from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from gateway.grafana import links
from gateway.grafana.layout import Choice, Dashboard
from pipelines.encodings.own_points import INVENTORY

_LABELS = {"city": "City", "pilot": "Pilot", "area": "Area", "device": "Device", "gateway": "Gateway"}
_ALL = model.VariableOption(text="All", value="$__all", selected=True)
_OF_THE_GATEWAY = "citygate"


def variables_of(layout: Dashboard) -> list[Builder[model.VariableModel]]:
    """One variable for each name, narrowed by those before it."""
    return [_variable(layout, place) for place in range(len(layout.variables))]


def _variable(layout: Dashboard, place: int) -> dashboard.QueryVariable:
    name, before = layout.variables[place], layout.variables[:place]
    source = _OF_THE_GATEWAY if "gateway" in layout.variables else INVENTORY
    text = f'SHOW TAG VALUES FROM "{source}" WITH KEY = "{name}"'
    if conditions := list(_conditions(layout, before)):
        text += " WHERE " + " AND ".join(conditions)
    built = (
        dashboard.QueryVariable(name)
        .label(layout.thing if name == "feature" else _LABELS[name])
        .query(text)
        .datasource(model.DataSourceRef(type_val=links.DATASOURCE["type"], uid=links.DATASOURCE["uid"]))
        .refresh(model.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(model.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .current(_ALL)
    )
    return built if _is_list(name) else built.all_value(".*")


def _is_list(name: Choice) -> bool:
    """All things are those of the chosen areas, so they are named one by one."""
    return name in {"feature", "device"}


def _conditions(layout: Dashboard, before: tuple[Choice, ...]) -> Iterator[str]:
    for tag in before:
        yield f'"{tag}" =~ /^${{{tag}:regex}}$/'
    if layout.kinds:
        yield '"feature" =~ /^(' + "|".join(layout.kinds) + ")\\//"
