"""The committed alert rules: by the laws of Grafana's file provisioning, and over a real InfluxDB."""

import json
import re
from typing import Any

import pytest
import yaml

from gateway.deploy_files import deploy_dir
from gateway.grafana.alerts import RULES
from gateway.grafana.influxql import filled_in, functions_of, influxql
from tests import servers
from tests.contracts.influx_world import get, query
from tests.contracts.ledger_entries import T0

GRAFANA = deploy_dir() / "grafana"
FILE = GRAFANA / "provisioning/alerting/citygate.yaml"
DURATION = re.compile(r"\d+[smhd]")

Json = dict[str, Any]


def rules() -> list[Json]:
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert read["apiVersion"] == 1
    (group,) = read["groups"]
    assert group["name"]
    assert group["folder"]
    assert DURATION.fullmatch(group["interval"])
    found: list[Json] = group["rules"]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["uid"]))
def test_a_rule_is_one_that_grafana_takes(rule: Json) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", rule["uid"])
    assert DURATION.fullmatch(rule["for"])
    assert rule["noDataState"] in {"OK", "NoData", "Alerting"}
    assert rule["execErrState"] in {"OK", "Error", "Alerting"}
    assert all(isinstance(text, str) for part in ("labels", "annotations") for text in rule[part].values())
    by_ref = {datum["refId"]: datum for datum in rule["data"]}
    assert list(by_ref) == ["A", "B", "C"]
    assert rule["condition"] == "C"
    assert [datum["datasourceUid"] for datum in rule["data"]] == ["citygate", "__expr__", "__expr__"]
    assert all(datum["model"]["refId"] == ref for ref, datum in by_ref.items())
    assert all(datum["relativeTimeRange"]["from"] > datum["relativeTimeRange"]["to"] for datum in rule["data"])
    assert (by_ref["B"]["model"]["expression"], by_ref["C"]["model"]["expression"]) == ("A", "B")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["uid"]))
def test_a_rule_leads_to_the_panel_that_shows_it(rule: Json) -> None:
    page = json.loads((GRAFANA / "dashboards" / f"{rule['dashboardUid']}.json").read_text(encoding="utf-8"))
    (wanted,) = [one.panel for one in RULES if one.uid == rule["uid"]]
    assert {panel["id"]: panel["title"] for panel in page["panels"]}[rule["panelId"]] == wanted


def test_no_two_rules_share_a_name() -> None:
    assert len({rule["uid"] for rule in rules()}) == len({rule["title"] for rule in rules()}) == len(RULES)


def test_nothing_is_mailed_to_nobody() -> None:
    """Contact points and policies are the operator's: a file that brings some would replace them."""
    files = [file for file in FILE.parent.iterdir() if file.suffix in {".yaml", ".yml"}]
    assert {key for file in files for key in yaml.safe_load(file.read_text())} == {"apiVersion", "groups"}


def test_environment_variables_stay_out_of_what_grafana_fills_in() -> None:
    """Grafana fills ``${…}`` into annotations and ``$…`` into labels and titles, from its environment."""
    for rule in rules():
        assert not any("${" in text for text in rule["annotations"].values())
        assert "$" not in json.dumps([rule["labels"], rule["title"], rule["uid"]])


def test_rules_call_nothing_newer_than_influxdb_1_6() -> None:
    assert set().union(*(functions_of(influxql(rule.query)) for rule in RULES)) <= {"count", "last", "max"}


LINES = {
    "citygate-silent": ("parking_event,{tags} silent=true {at}", "parking_event,{tags} silent=false {later}"),
    "citygate-fire": ("waste_event,{tags} fire_alarm=true {at}", "waste_event,{tags} fire_alarm=false {later}"),
    "citygate-flood": (
        'water_event,{tags} flood_state="danger" {at}',
        'water_event,{tags} flood_state="normal" {later}',
    ),
    "citygate-overflow": (
        "waste_estimate,{tags} fill_level_clean_percent=99.5 {at}",
        "waste_estimate,{tags} fill_level_clean_percent=3.0 {later}",
    ),
    "citygate-lora-gateway": (
        "network_event,{tags} gateway_offline=true {at}",
        "network_event,{tags} gateway_offline=false {later}",
    ),
}
TAGS = "city=delft,pilot=p,feature=thing/{uid}"


@pytest.mark.parametrize("uid", LINES)
def test_a_rule_stands_while_it_is_so_and_not_after(uid: str, influxdb1: servers.Server) -> None:
    (rule,) = [one for one in RULES if one.uid == uid]
    asked = filled_in(influxql(rule.query), time_filter=f"time > {T0 - 1}")
    tags = TAGS.format(uid=uid)

    def above() -> list[float]:
        found = query(influxdb1.url, asked)
        ours = [one for one in found if uid in one["tags"]["feature"]]  # type: ignore[call-overload]
        values = [one["values"][-1][1] for one in ours]
        return [value for value in values if isinstance(value, int | float) and value > rule.above]

    for line, standing in zip(LINES[uid], (1, 0), strict=True):
        body = line.format(tags=tags, at=T0, later=T0 + 1).encode()
        get(f"{influxdb1.url}/write?db=citygate&precision=ns", body)
        assert len(above()) == standing, asked


def test_the_generated_file_says_where_to_change_it() -> None:
    assert "gateway/grafana/alerts.py" in FILE.read_text().splitlines()[0]
