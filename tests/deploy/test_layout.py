"""deploy/influxdb/LAYOUT.md tells the truth: its tables are read and set beside the vocabulary and the writer."""

import re
from pathlib import Path
from typing import get_args

from pipelines.encodings.line_protocol import LINK_MEASUREMENT, VALUELESS, encode
from pipelines.encodings.own_points import OWN_MEASUREMENTS
from pipelines.model import Derived, Link, Quality, QualityReason, Reception, Revision, TimeSource
from pipelines.vocabulary import FEATURE_TYPES, LINK_PROPERTIES, PROPERTIES, Domain
from tests import servers
from tests.contracts.influx_world import get, query
from tests.contracts.ledger_entries import T0, accepted, observed
from tests.contracts.line_reader import read_points

LAYOUT = Path(__file__).parents[2] / "deploy/influxdb/LAYOUT.md"
TYPES = {"gauge": "float", "counter": "float", "flag": "boolean", "state": "string"}
MEND = "run .venv/bin/cog -I . -r deploy/influxdb/LAYOUT.md"


def table(heading: str) -> list[list[str]]:
    """Rows of the table whose first column has this heading, without ticks."""
    rows: list[list[str]] = []
    inside = False
    for line in LAYOUT.read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] == heading:
            inside = True
        elif inside and not line.startswith("|"):
            return rows
        elif inside and not set(line) <= set("| -"):
            rows.append(cells)
    return rows


def test_every_property_is_there_with_its_unit_type_and_meaning() -> None:
    assert {row[0]: (*row[1:4], row[5]) for row in table("field")} == {
        row.name: (row.unit, row.kind, TYPES[row.kind], row.title) for row in PROPERTIES.values()
    }, MEND


def test_every_measurement_and_feature_type_is_there() -> None:
    rows = {row[0]: set(re.findall(r"[a-z][a-z0-9-]+", row[2])) for row in table("measurement")}
    assert set(rows) == {domain.value for domain in Domain} | {LINK_MEASUREMENT}, MEND
    for feature in FEATURE_TYPES.values():
        assert feature.name in rows[feature.domain], MEND


def test_every_word_that_the_gateway_says_of_itself_is_there() -> None:
    assert [tuple(row) for row in table("own measurement")] == [
        (measurement, tag, row.name, row.unit, TYPES[row.kind], row.title)
        for measurement, (tag, words) in OWN_MEASUREMENTS.items()
        for row in words
    ], MEND


def test_every_quality_and_reason_is_there_and_which_write_no_value() -> None:
    qualities = {row[0]: row[1] for row in table("quality")}
    assert set(qualities) == set(get_args(Quality))
    assert {name for name, written in qualities.items() if written == "no"} == VALUELESS
    assert {row[0] for row in table("reason")} == set(get_args(QualityReason)) - {""}
    assert {row[0] for row in table("time_source")} == set(get_args(TimeSource))


def test_tags_and_link_fields_are_those_that_are_written() -> None:
    link = Link(1, 2, (Reception("gw", -90.0, 5.0),))
    measured, travelled = read_points(encode(Revision(1, accepted(observed(), link=link))))
    observation = observed("bicycle_count_interval", 4.0, feature="bike-counter/1", interval_ns=900 * 10**9)
    (derived,) = read_points(encode(Revision(2, Derived("p", 1, "pilot", "city", (observation,)))))
    assert set(measured.tags) | set(derived.tags) == {row[0] for row in table("tag")}
    assert measured.tags.keys() == travelled.tags.keys()
    assert derived.measurement == "cycling_15m"
    assert travelled.measurement == LINK_MEASUREMENT
    assert set(travelled.fields) == {*LINK_PROPERTIES, "gateway_id"}
    text = LAYOUT.read_text()
    assert all(f"`{name}`" in text for name in travelled.fields)


def test_the_influxql_on_the_page_returns_values_with_and_without_quality(influxdb1: servers.Server) -> None:
    lines = [
        encode(Revision(1, accepted(observed()))),
        encode(Revision(2, accepted(observed(time_ns=T0 + 1, quality="suspect", reason="spike")))),
        encode(Revision(3, accepted(observed(time_ns=T0 + 2), time_ns=T0 + 2), first=False)),
    ]
    get(f"{influxdb1.url}/write?db=citygate&precision=ns", b"".join(lines))
    (statement,) = re.findall(r"```influxql\n(.+?)\n```", LAYOUT.read_text(), re.DOTALL)
    (series,) = query(influxdb1.url, statement.replace("now() - 1d", f"{T0 - 1}"))
    assert [row[1:] for row in series["values"]] == [[21.5, None], [21.5, "suspect:spike"], [21.5, "ok"]]
