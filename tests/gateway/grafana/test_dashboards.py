"""The committed dashboards, read as Grafana reads them: sound pages, known fields, right units, defined variables.

That their queries find rows in a real InfluxDB is shown in ``tests/grafana``.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import units as grafana_units

from gateway.deploy_files import deploy_dir
from gateway.grafana import generate
from gateway.grafana.influxql import filled_in, functions_of
from gateway.grafana.layout import Panel
from gateway.grafana.layouts import LAYOUTS
from gateway.grafana.palette import HEX
from gateway.grafana.units import GRAFANA_UNITS, grafana_unit
from pipelines.encodings.line_protocol import LINK_MEASUREMENT
from pipelines.encodings.own_points import OWN_MEASUREMENTS, OWN_WORDS
from pipelines.vocabulary import PROPERTIES, Domain

GRAFANA = deploy_dir() / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
TAGS = {"city", "pilot", "feature", "device", "producer", "area", "gateway", "sink", "source", "log", "reason"}
BUILT_IN = {"__from", "__to", "__interval", "timeFilter"}
OF_INFLUXQL_1_6 = {
    "count",
    "first",
    "last",
    "max",
    "mean",
    "median",
    "min",
    "non_negative_difference",
    "sum",
}
LOOK_BACK = re.compile(r"\d+[hd]")

Json = dict[str, Any]


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def page(request: pytest.FixtureRequest) -> Json:
    file: Path = request.param
    loaded: Json = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def panels(page: Json) -> list[Json]:
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def queries(page: Json) -> list[str]:
    found = [target["query"] for panel in panels(page) for target in panel["targets"]]
    return found + [mark["query"] for mark in page["annotations"]["list"]]


def texts(node: object) -> Iterator[str]:
    match node:
        case dict():
            for value in node.values():
                yield from texts(value)
        case list():
            for value in node:
                yield from texts(value)
        case str():
            yield node
        case _:
            pass


def test_the_committed_files_are_what_the_generator_makes() -> None:
    for name, text in generate.files().items():
        assert (GRAFANA / name).read_text(encoding="utf-8") == text, "run: python -m gateway.grafana.generate"


def test_every_layout_has_its_file_and_every_file_its_layout() -> None:
    assert {file.stem for file in FILES} == {layout.uid for layout in LAYOUTS}
    assert len({layout.uid for layout in LAYOUTS}) == len({layout.title for layout in LAYOUTS}) == len(LAYOUTS)


def test_grafanas_own_model_reads_every_page(page: Json) -> None:
    read = model.Dashboard.from_json(page)
    assert (read.uid, len(read.panels or [])) == (page["uid"], len(page["panels"]))


def test_panels_have_ids_of_their_own_and_do_not_overlap(page: Json) -> None:
    ids = [panel["id"] for panel in page["panels"]]
    assert len(set(ids)) == len(ids)
    taken: dict[tuple[int, int], str] = {}
    for panel in page["panels"]:
        at = panel["gridPos"]
        assert 0 <= at["x"] < at["x"] + at["w"] <= 24, panel["title"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} lies over {taken.get(cell)}"
            taken[cell] = panel["title"]


def test_every_panel_asks_a_question_and_tells_how_to_read_the_answer(page: Json) -> None:
    assert [panel["title"] for panel in panels(page) if not panel["title"].endswith("?")] == []
    assert [panel["title"] for panel in panels(page) if len(panel["description"]) < 40] == []
    assert page["description"]


def test_every_variable_is_defined(page: Json) -> None:
    defined = {variable["name"] for variable in page["templating"]["list"]}
    for text in texts(page):
        used = {re.split(r"[:.]", name)[0] for name in re.findall(r"\$\{([^}]+)\}", unquote(text))}
        bare = set(re.findall(r"\$(\w+)", text)) - {"tag_" + tag for tag in TAGS} - {"col", "m", "1", "__all"}
        assert used | bare <= defined | BUILT_IN | {"__field", "__value"}, text


def test_every_data_source_is_the_provisioned_one(page: Json) -> None:
    provisioned = re.findall(r"(?m)^    uid: (\S+)$", (GRAFANA / "provisioning/datasources/citygate.yaml").read_text())
    assert len(provisioned) == 1
    sources = [panel["datasource"] for panel in panels(page)]
    sources += [target["datasource"] for panel in panels(page) for target in panel["targets"]]
    sources += [mark["datasource"] for mark in page["annotations"]["list"]]
    sources += [variable["datasource"] for variable in page["templating"]["list"]]
    assert {(source["type"], source["uid"]) for source in sources} == {("influxdb", provisioned[0])}


def test_measurements_fields_and_tags_are_those_of_the_layout(page: Json) -> None:
    measurements = {domain.value for domain in Domain} | {LINK_MEASUREMENT} | set(OWN_MEASUREMENTS)
    derived = re.compile(r"(" + "|".join(domain.value for domain in Domain) + r")_(\d+[smhd]|event|estimate)")
    for query in queries(page):
        named = set(re.findall(r'FROM "([^"]+)"', query))
        assert {name for name in named if not derived.fullmatch(name)} <= measurements, query
        own = set(re.findall(r'AS "([^"]+)"', query))
        words = set(re.findall(r'"([^"]+)"', query)) - named - own
        assert {word.removesuffix("_quality") for word in words} <= set(PROPERTIES) | set(OWN_WORDS) | TAGS, query


def test_every_query_is_bound_in_time_and_calls_nothing_newer_than_influxdb_1_6(page: Json) -> None:
    for query in queries(page):
        assert "$timeFilter" in query
        assert functions_of(query) <= OF_INFLUXQL_1_6, query
        assert not re.search(r"\bINTO\b", query)


def of_layouts() -> Iterator[tuple[Panel, Json]]:
    for layout, file in ((layout, GRAFANA / "dashboards" / f"{layout.uid}.json") for layout in LAYOUTS):
        written = panels(json.loads(file.read_text(encoding="utf-8")))
        yield from zip([part for part in layout.parts if isinstance(part, Panel)], written, strict=True)


def test_every_number_has_the_unit_that_the_vocabulary_gives_its_field() -> None:
    for panel, written in of_layouts():
        told = written["fieldConfig"]["defaults"]["unit"]
        overridden = {
            (override["matcher"]["options"]): given["value"]
            for override in written["fieldConfig"]["overrides"]
            for given in override["properties"]
            if given["id"] == "unit"
        }
        for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
            for place, field in enumerate(query.fields):
                if (PROPERTIES.get(field) or OWN_WORDS[field]).kind not in {"gauge", "counter"}:
                    continue
                heading = panel.columns.get((query.names or query.fields)[place], "")
                wanted = "short" if panel.counts else grafana_unit(field)
                assert overridden.get(heading, overridden.get(letter, told)) == wanted, (panel.title, field)


def test_every_unit_of_the_vocabulary_has_one_in_grafana_and_grafana_knows_it() -> None:
    assert {row.unit for row in [*PROPERTIES.values(), *OWN_WORDS.values()]} <= set(GRAFANA_UNITS)
    known = {value for value in vars(grafana_units).values() if isinstance(value, str)}
    assert [unit for unit in GRAFANA_UNITS.values() if unit not in known and not unit.startswith("suffix:")] == []


def test_every_colour_is_of_the_palette_for_all_eyes(page: Json) -> None:
    colours = set(re.findall(r'"(?:fixedColor|color|iconColor)": "([^"]+)"', json.dumps(page)))
    assert colours <= set(HEX.values())


def test_a_threshold_says_what_it_means_in_words() -> None:
    for panel, written in of_layouts():
        for step in panel.steps:
            assert step.meaning[1:] in written["description"]


def test_every_panel_leads_to_its_raw_data_by_a_query_that_parses(page: Json) -> None:
    for panel in panels(page):
        urls = [link["url"] for link in panel["links"]]
        assert urls, panel["title"]
        for url in urls:
            panes = json.loads(parse_qs(urlsplit(url).query)["panes"][0])
            asked = panes["raw"]["queries"][0]["query"]
            assert asked.startswith("SELECT * FROM "), url
            assert "$timeFilter" in asked


def test_what_grafana_fills_in_leaves_no_macro(page: Json) -> None:
    for query in queries(page):
        assert "$" not in filled_in(query, time_filter="time >= now() - 1d").replace("$/", "")


def test_a_look_back_is_one_that_grafana_reads() -> None:
    for panel, written in of_layouts():
        if panel.look_back:
            assert LOOK_BACK.fullmatch(written["timeFrom"])
