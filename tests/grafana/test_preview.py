import re
from pathlib import Path

import pytest

from tests.grafana.dashboards import Dashboard, Json, Panel, dashboard_files, read_dashboard
from tests.grafana.filled import Filled
from tests.grafana.preview.page import DRAWINGS, preview
from tests.grafana.preview.picture import photograph

pytestmark = pytest.mark.timeout(400)  # whoever comes first waits until the city has lived

DASHBOARDS = [read_dashboard(file) for file in dashboard_files()]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_every_panel_of_a_dashboard_can_be_drawn(dashboard: Dashboard, data: Filled) -> None:
    drawn = preview(dashboard, data)
    assert drawn.not_drawn == []
    panels = [panel for panel in dashboard.panels if panel.kind in DRAWINGS]
    assert drawn.html.count("<svg") == len(panels) > 0


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_a_preview_is_captioned_as_one(dashboard: Dashboard, data: Filled) -> None:
    html = preview(dashboard, data).html
    assert '<span class="preview">preview</span>' in html
    assert "<title>preview</title>" in html
    assert re.findall(r"(?:src|href)=", html) == []


def test_a_panel_that_cannot_be_drawn_is_named(data: Filled) -> None:
    model: Json = {"id": 1, "type": "flamegraph", "title": "Strange", "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4}}
    panel = Panel(1, "flamegraph", "Strange", 0, 0, 4, 4, (), model)
    drawn = preview(Dashboard("u", "Odd", "odd.json", (panel,), (), (), "now-1d", {}), data)
    assert drawn.not_drawn == ["Odd: Strange (flamegraph): ValueError no drawing for this kind of panel"]
    assert "is not in the preview" in drawn.html


def test_a_page_becomes_an_image(tmp_path: Path) -> None:
    image = photograph("<!doctype html><p>preview", width=300, height=200, into=tmp_path / "one.png")
    assert image.read_bytes().startswith(PNG)
