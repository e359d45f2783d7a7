"""Every query of every dashboard and alert rule, asked of an InfluxDB that a simulated city has filled."""

import pytest

from tests.grafana.check import Finding, ask_panel, check_all, span_of, span_of_panel
from tests.grafana.choices import one_at_a_time, opened
from tests.grafana.dashboards import GRAFANA, Dashboard, alert_queries, dashboard_files, read_dashboard
from tests.grafana.exceptions import EMPTY
from tests.grafana.filled import Filled, Series
from tests.grafana.frames import rows
from tests.grafana.written import missing, page

pytestmark = pytest.mark.timeout(400)  # whoever comes first waits until the city has lived

DASHBOARDS = [read_dashboard(file) for file in dashboard_files()]


@pytest.fixture(scope="module")
def findings(data: Filled) -> list[Finding]:
    return check_all(data)


def test_every_query_finds_rows_in_the_unit_that_is_printed(findings: list[Finding]) -> None:
    wrong = [
        f"{one.dashboard}: {one.what} {one.title} {one.ref}: {one.wrong}\n{one.query}" for one in findings if one.wrong
    ]
    assert wrong == []
    assert len(findings) > 100


def test_an_exception_names_a_query_that_there_is(findings: list[Finding]) -> None:
    known = {(one.dashboard, one.title) for one in findings}
    assert [one for one in EMPTY if (one.dashboard, one.title) not in known] == []


def test_an_exception_is_for_a_query_that_finds_nothing_and_says_why(findings: list[Finding]) -> None:
    excepted = [one for one in findings if one.excepted]
    assert [one for one in excepted if one.rows] == []
    assert all(len(one.reason) > 20 for one in EMPTY)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_queries_are_understood_whatever_is_chosen(dashboard: Dashboard, data: Filled) -> None:
    at_first, offers = opened(dashboard, data, span_of(data))
    asked = 0
    for _, chosen in one_at_a_time(dashboard, at_first, offers, most=1):
        for panel in dashboard.panels:
            for target in panel.targets:
                if target.source == "influxdb":
                    ask_panel(panel, target, data, span_of_panel(panel, span_of(data)), chosen)
                    asked += 1
    assert asked or not dashboard.variables


def test_the_page_of_what_was_checked_knows_todays_dashboards_and_queries() -> None:
    assert missing((GRAFANA / "CHECKED.md").read_text(encoding="utf-8"), DASHBOARDS, alert_queries()) == []


def test_a_query_that_is_new_is_missed_in_the_page(findings: list[Finding]) -> None:
    written = page(findings, 12)
    assert missing(written, DASHBOARDS, alert_queries()) == []
    first = next(one for one in findings if one.what == "panel")
    assert missing(written.replace(first.query, "SELECT 1"), DASHBOARDS, alert_queries()) != []


def test_rows_without_a_value_are_not_counted() -> None:
    answer = [Series(("time", "mean"), ((1.0, None), (2.0, 3.5), (3.0, None)))]
    assert rows(answer) == 1


@pytest.mark.proof
@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_whatever_a_variable_offers_finds_something(dashboard: Dashboard, data: Filled) -> None:
    at_first, offers = opened(dashboard, data, span_of(data))
    for choice, chosen in one_at_a_time(dashboard, at_first, offers, most=200):
        found = any(
            rows(ask_panel(panel, target, data, span_of_panel(panel, span_of(data)), chosen).answer)
            for panel in dashboard.panels
            for target in panel.targets
            if target.source == "influxdb"
        )
        assert found, choice
