"""Where a click leads: to the values behind a panel in Grafana's Explore, and to the page of a thing's devices."""

import json
import re
from urllib.parse import quote

from pipelines.vocabulary import Domain

DATASOURCE = {"type": "influxdb", "uid": "citygate"}
DEVICES_UID = "citygate-devices"
ROWS = 1_000

_VARIABLE = re.compile(r"(\$\{[^}]+\})")
_DOMAINS = frozenset(domain.value for domain in Domain)


def values_behind(measurement: str, condition: str = "") -> str:
    """Explore with every field of a measurement, newest first; ``condition`` narrows it."""
    source = measurement if measurement.startswith("/") else f'"{measurement}"'
    where = " AND ".join(part for part in (condition, "$timeFilter") if part)
    text = f"SELECT * FROM {source} WHERE {where} ORDER BY time DESC LIMIT {ROWS}"  # noqa: S608 - of our own layouts
    query = {"refId": "A", "datasource": DATASOURCE, "query": text, "rawQuery": True, "resultFormat": "table"}
    pane = {
        "datasource": DATASOURCE["uid"],
        "queries": [query],
        "range": {"from": "${__from}", "to": "${__to}"},
    }
    return f"/explore?schemaVersion=1&panes={_quoted(json.dumps({'raw': pane}, separators=(',', ':')))}"


def of_selection(*variables: str) -> str:
    """A condition by the variables of a page. ``pipe`` and not ``regex``: a backslash would not survive the JSON."""
    return " AND ".join(f'"{name}" =~ /^(${{{name}:pipe}})$/' for name in variables)


def of_series(tag: str) -> str:
    """A condition by the series that was clicked."""
    return f"\"{tag}\" = '${{__field.labels.{tag}}}'"


def devices_of_series(tag: str) -> str:
    """The page of device health, of the thing or device that was clicked."""
    return f"/d/{DEVICES_UID}?var-{tag}=${{__field.labels.{tag}}}&from=${{__from}}&to=${{__to}}"


def what_devices_sent(measurement: str) -> str:
    """The measurement that a derived one was worked out from; "" where it is not derived from one domain."""
    domain = measurement.partition("_")[0]
    return domain if domain in _DOMAINS and domain != measurement else ""


def _quoted(text: str) -> str:
    """Percent-encoded for a URL, but for the variables that Grafana fills in."""
    return "".join(part if part.startswith("${") else quote(part, safe="") for part in _VARIABLE.split(text))
