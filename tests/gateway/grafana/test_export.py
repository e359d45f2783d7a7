"""Export: files for a Grafana that reads files, written only where they differ."""

import json
import re
from pathlib import Path

import yaml

from gateway.grafana.export import export
from gateway.grafana.layouts import LAYOUTS
from gateway.grafana.pages import page_uid


def done(folder: Path, city: str = "delft", source_uid: str = "citygate") -> dict[str, str]:
    return {step.what: step.done for step in export(folder, city, source_uid)}


def test_a_second_export_changes_nothing_and_a_changed_file_is_put_back(tmp_path: Path) -> None:
    first = done(tmp_path)
    assert set(first.values()) == {"created"}
    assert len(first) == len(LAYOUTS) + 3
    assert set(done(tmp_path).values()) == {"unchanged"}
    (tmp_path / "provisioning/dashboards/citygate.yaml").write_text("mine")
    assert [what for what, word in done(tmp_path).items() if word != "unchanged"] == [
        "provisioning/dashboards/citygate.yaml"
    ]


def test_each_city_has_a_folder_that_grafana_makes_its_own(tmp_path: Path) -> None:
    done(tmp_path, "delft")
    done(tmp_path, "st-truiden")
    pages = sorted(tmp_path.glob("dashboards/*/*.json"))
    assert {file.parent.name for file in pages} == {"Delft", "St Truiden"}
    assert len({json.loads(file.read_text())["uid"] for file in pages}) == 2 * len(LAYOUTS)
    (provider,) = yaml.safe_load((tmp_path / "provisioning/dashboards/citygate.yaml").read_text())["providers"]
    assert provider["options"]["foldersFromFilesStructure"] is True
    assert "folder" not in provider


def test_alert_rules_lead_to_the_citys_pages_and_ask_the_named_data_source(tmp_path: Path) -> None:
    done(tmp_path, "delft", "other-source")
    text = (tmp_path / "provisioning/alerting/citygate.yaml").read_text()
    (group,) = yaml.safe_load(text)["groups"]
    uids = {page_uid("delft", layout.uid.removeprefix("citygate-")) for layout in LAYOUTS}
    assert {rule["dashboardUid"] for rule in group["rules"]} <= uids
    asked = {datum["datasourceUid"] for rule in group["rules"] for datum in rule["data"]}
    assert asked == {"other-source", "__expr__"}
    assert not re.search(r"uid: citygate$", text, re.MULTILINE)
    assert not (tmp_path / "provisioning/datasources").exists(), "there is one already: nobody wants a second"
