"""Provisioned dashboards: sound files, known fields, one data source. That queries find data: test_compose.py."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from gateway.deploy_files import deploy_dir
from pipelines.encodings.line_protocol import LINK_MEASUREMENT
from pipelines.vocabulary import PROPERTIES, Domain

GRAFANA = deploy_dir() / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
TAGS = {"city", "pilot", "feature", "device"}
MACROS = {"timeFilter", "__interval"}


@pytest.fixture(params=DASHBOARDS, ids=lambda file: file.stem)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    file: Path = request.param
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


def queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["query"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_there_is_a_dashboard_and_each_has_an_id_of_its_own() -> None:
    uids = [json.loads(file.read_text())["uid"] for file in DASHBOARDS]
    assert uids
    assert len(set(uids)) == len(uids)


def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        assert 0 <= at["x"] < at["x"] + at["w"] <= 24, panel["title"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} lies over {taken.get(cell)}"
            taken[cell] = panel["title"]


def test_every_panel_says_what_it_shows(dashboard: dict[str, Any]) -> None:
    assert [panel["id"] for panel in dashboard["panels"] if not (panel["title"] and panel["description"])] == []


def test_every_data_source_is_the_provisioned_one(dashboard: dict[str, Any]) -> None:
    provisioned = set(
        re.findall(r"(?m)^    uid: (\S+)$", (GRAFANA / "provisioning/datasources/citygate.yaml").read_text())
    )
    assert len(provisioned) == 1
    used = {source["uid"] for panel in dashboard["panels"] for source in [panel["datasource"]]}
    used |= {target["datasource"]["uid"] for panel in dashboard["panels"] for target in panel["targets"]}
    assert used == provisioned


def test_measurements_fields_and_tags_are_those_of_the_layout(dashboard: dict[str, Any]) -> None:
    measurements = {domain.value for domain in Domain} | {LINK_MEASUREMENT}
    for query in queries(dashboard):
        own = set(re.findall(r'AS "([^"]+)"', query))
        assert set(re.findall(r'FROM "([^"]+)"', query)) <= measurements, query
        words = set(re.findall(r'"([^"]+)"', query)) - measurements - own
        assert {word.removesuffix("_quality") for word in words} <= set(PROPERTIES) | TAGS, query


def test_every_macro_and_variable_is_defined(dashboard: dict[str, Any]) -> None:
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    for query in queries(dashboard):
        assert set(re.findall(r"\$\{?(\w+)", query)) <= MACROS | variables
        assert "$timeFilter" in query
