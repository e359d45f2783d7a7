"""The table of every query as a page: dashboard, panel, query, rows, unit."""

import re
from collections.abc import Iterator, Sequence

from tests.grafana.check import Finding
from tests.grafana.dashboards import AlertQuery, Dashboard

HEAD = """\
# Every query of every dashboard, asked

Written by `python -m tests.grafana --days {days:g} --write deploy/grafana/CHECKED.md`, which `make proof` runs.

A simulated city ([its scenario](../../tests/grafana/city.toml)) lived {days:g} days with ordinary and seldom faults,
and the gateway wrote them into InfluxDB 1.6.7. Each query was sent as Grafana sends it: every variable at All, the time
range of all days; what the gateway says of itself was asked of the minute in which it ran, and it reported each second.
An alert rule was asked at forty instants, the most rows are told; so was a panel of what is wrong now where nothing
was at the end of the days. Rows are those with a value beside the time.
A unit is given as the vocabulary has it → as the panel prints it.

InfluxDB 2 and 3 are in no package, so the table is of InfluxDB 1. The same command fills and asks one that you have:
`python -m tests.grafana --url URL --org ORG --database BUCKET --token-file FILE`.

"""


def page(findings: Sequence[Finding], days: float) -> str:
    """The page as Markdown."""
    functions = sorted({function for one in findings for function in one.functions})
    parts = [HEAD.format(days=days)]
    parts.append(f"InfluxQL functions in use: {', '.join(f'`{name}`' for name in functions)}.\n")
    for dashboard in dict.fromkeys(one.dashboard for one in findings):
        own = [one for one in findings if one.dashboard == dashboard]
        parts.append(f"\n## {dashboard}\n\n| what | query | rows | unit |\n| --- | --- | --- | --- |")
        parts += [_row(one) for one in own]
    return "\n".join(parts) + "\n"


def _row(one: Finding) -> str:
    title = f"{one.title} ({one.ref})" if one.ref not in ("", "A") else one.title
    what = title if one.what == "panel" else f"{one.what} {title}"
    units = "; ".join(f"`{unit}`" for unit in one.units if not unit.startswith(("text", "time")))
    rows = f"none: {one.excepted}" if one.excepted else f"**{one.wrong}**" if one.wrong else f"{one.rows:,}"
    return f"| {_cell(what)} | `{_cell(one.query)}` | {_cell(rows)} | {_cell(units)} |"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def missing(written: str, dashboards: Sequence[Dashboard], alerts: Sequence[AlertQuery]) -> list[str]:
    """Dashboards and queries of today that a page lacks, and dashboards of the page that are gone."""
    titles = [dashboard.title for dashboard in dashboards] + ["alert rules"]
    queries = [query for dashboard in dashboards for query in _queries(dashboard)] + [alert.query for alert in alerts]
    wanted = [f"\n## {title}\n" for title in titles] + [f"| `{_cell(query)}` |" for query in queries]
    gone = [title for title in re.findall(r"(?m)^## (.+)$", written) if title not in titles]
    return [text.strip() for text in wanted if text not in written] + gone


def _queries(dashboard: Dashboard) -> Iterator[str]:
    yield from (variable.query for variable in dashboard.variables)
    yield from (mark.query for mark in dashboard.annotations if mark.source == "influxdb")
    for panel in dashboard.panels:
        yield from (target.query for target in panel.targets if target.source == "influxdb")
