"""Files of a period: what is in them, for whom, and that they come back as they were."""

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from device_profiles.catalogue import Catalogue
from gateway.open_city import OpenCity
from gateway.open_data.city import City
from pipelines.encodings.ngsi_ld import instant
from tests.gateway.open_data.small_city import DEVICES, PILOT, Asker, asked, city, moments, of_city, write
from tests.gateway.sinks.entries import HOUR, MINUTE, T0

declared = msgspec.structs.replace
OBSERVATIONS, AGGREGATES = f"/open/v1/{PILOT}/observations", f"/open/v1/{PILOT}/aggregates"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "store.sqlite"
    write(file, of_city())
    return file


@pytest.fixture(scope="module")
def asker(file: Path) -> Iterator[Asker]:
    with asked(file) as asker:
        yield asker


def test_every_observation_that_may_be_told_comes_back_from_csv_as_it_was(asker: Asker) -> None:
    rows = asker.rows(f"{OBSERVATIONS}.csv?property=fill_level_percent&feature=b7", key="partner")
    written = [one for one in moments() if one.feature == "waste-container/B7" and one.property == "fill_level_percent"]
    assert [(float(row["value"]), row["observedAt"], row["unit"]) for row in rows] == [
        (one.value, instant(one.time_ns), "%") for one in written
    ]
    assert {(row["id"], row["area"], row["longitude"]) for row in rows} == {
        ("urn:ngsi-ld:WasteContainer:delft:waste-delft:b7", "Markt", "4.357")
    }


def test_quality_and_reason_are_told_and_no_value_where_there_is_none(asker: Asker) -> None:
    (hot,) = asker.rows(f"{OBSERVATIONS}.csv?property=temperature_c", key="partner")
    assert (hot["value"], hot["quality"], hot["reason"]) == ("99.5", "suspect", "range")
    (battery,) = asker.rows(f"{OBSERVATIONS}.csv?property=battery_v", key="partner")
    assert (battery["value"], battery["quality"]) == ("", "missing")
    (bay,) = asker.rows(f"{OBSERVATIONS}.csv?property=occupied", key="partner")
    assert (bay["entity"], bay["value"]) == ("p1", "true"), "and nothing of the disabled bay"


def test_all_forms_hold_the_same_values(asker: Asker) -> None:
    question = "?property=bicycles,fill_rate_percent_day"
    table = [
        (row["entity"], row["observedAt"], row["value"])
        for row in asker.rows(f"{AGGREGATES}.csv{question}", key="partner")
    ]
    lines = [
        msgspec.json.decode(line)
        for line in asker.get(f"{AGGREGATES}.ndjson{question}", key="partner").content.splitlines()
    ]
    collection = asker.json(f"{AGGREGATES}.geojson{question}", key="partner")
    from_json = [
        (one["entity"], one["observedAt"], "" if one["value"] is None else repr(one["value"])) for one in lines
    ]
    assert len(table) == 2 * (192 + 48 + 2) + 1
    assert table == from_json
    assert collection["type"] == "FeatureCollection"
    for feature, line in zip(collection["features"], lines, strict=True):
        place = {"type": "Point", "coordinates": [line.pop("longitude"), line.pop("latitude")]}
        assert feature == {"type": "Feature", "geometry": place, "properties": line}


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="needs the optional extra citygate[parquet]")
def test_parquet_holds_the_same_values(asker: Asker) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - optional

    answer = asker.get(f"{OBSERVATIONS}.parquet", key="partner")
    rows = asker.rows(f"{OBSERVATIONS}.csv", key="partner")
    table = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    assert len(table) == len(rows) > 100
    for one, row in zip(table, rows, strict=True):
        expected = (
            {"true": 1.0, "false": 0.0, "": None}.get(row["value"])
            if row["value"] in ("true", "false", "")
            else float(row["value"])
        )
        assert (one["entity"], one["value"], one["revision"]) == (row["entity"], expected, int(row["revision"]))
        assert one["observedAt"].isoformat().replace("+00:00", "Z") == row["observedAt"]


def test_without_parquet_installed_the_answer_says_so(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    answer = asker.get(f"{AGGREGATES}.parquet")
    assert answer.status_code == 406
    assert "citygate[parquet]" in answer.json()["mend"]


@pytest.mark.parametrize(
    ("key", "status", "periods"),
    [("", 200, {HOUR, 24 * HOUR}), ("public", 200, {HOUR, 24 * HOUR}), ("startup", 200, {HOUR // 4, HOUR, 24 * HOUR})],
)
def test_who_gets_which_aggregates(asker: Asker, key: str, status: int, periods: set[int]) -> None:
    answer = asker.get(f"{AGGREGATES}.csv", key=key)
    rows = asker.rows(f"{AGGREGATES}.csv", key=key)
    assert answer.status_code == status
    assert {until_ns(row) - at_ns(row) for row in rows} == periods


def test_who_gets_which_observations(asker: Asker) -> None:
    for key in ("", "public", "air"):
        answer = asker.get(f"{OBSERVATIONS}.csv", key=key)
        assert answer.status_code == 403
        assert "tier startup" in answer.json()["mend"]
    assert {row["property"] for row in asker.rows(f"{OBSERVATIONS}.csv", key="startup")} == {"collected"}, (
        "events alone"
    )
    assert len(asker.rows(f"{OBSERVATIONS}.csv", key="partner")) > 100
    assert len(asker.rows("/open/v1/air-delft/observations.csv", key="air")) == 1


def test_households_reserved_bays_raw_counts_and_ids_of_devices_are_nowhere(asker: Asker) -> None:
    for form in ("csv", "geojson", "ndjson"):
        for kind in (OBSERVATIONS, AGGREGATES):
            text = asker.get(f"{kind}.{form}", key="partner").text
            for secret in ("house-12", "4711", "r1", "12345", "a81758fffe", "electricity"):
                assert secret not in text.lower()


def test_one_box_in_class_d_is_silent_and_the_rest_of_its_pilot_is_heard(file: Path) -> None:
    devices = [declared(one, privacy_class="D") if one.feature == "waste-container/B7" else one for one in DEVICES]
    with asked(file, city(devices)) as asker:
        assert {row["entity"] for row in asker.rows(f"{AGGREGATES}.csv")} == {"east", "west"}
        heard = {row["entity"] for row in asker.rows(f"{OBSERVATIONS}.csv", key="partner")}
        assert "p1" in heard
        assert "b7" not in heard
        for path in ("/sta/v1.1/Things", "/ngsi-ld/v1/entities?type=WasteContainer", f"{OBSERVATIONS}.geojson"):
            assert "b7" not in asker.get(path, key="partner").text


def test_of_a_property_in_class_d_nothing_is_told_nor_what_is_made_of_the_others(file: Path) -> None:
    changes: Any = {"privacy": {"temperature_c": "D"}, "profile": "milesight-iot/em400-udl"}
    devices = [declared(one, **changes) if one.feature == "waste-container/B7" else one for one in DEVICES]
    files = city(devices).open_city.files
    with asked(file, City(files.pilots, OpenCity(files, Catalogue.load().profiles), b"salt" * 4)) as asker:
        rows = asker.rows(f"{OBSERVATIONS}.csv?feature=b7", key="partner")
        assert {row["property"] for row in rows} == {"fill_level_percent"}, "neither the temperature nor collections"
        assert asker.rows(f"{AGGREGATES}.csv?feature=b7") == []
        assert {row["entity"] for row in asker.rows(f"{AGGREGATES}.csv")} == {"east", "west"}


def test_the_period_is_half_open_and_offsets_are_understood(asker: Asker) -> None:
    question = "property=fill_level_percent&feature=b7&from=2026-11-03T11:10:00%2B01:00&to=2026-11-03T10:12:00Z"
    rows = asker.rows(f"{OBSERVATIONS}.csv?{question}", key="partner")
    assert [row["observedAt"] for row in rows] == ["2026-11-03T10:10:00Z", "2026-11-03T10:11:00Z"]


def test_domain_feature_area_and_period_narrow_the_answer(asker: Asker) -> None:
    for question, entities in (
        ("domain=cycling", {"east", "west"}),
        ("feature=east", {"east"}),
        ("area=markt", {"b7"}),
        ("domain=waste&period=1d", {"b7"}),
        ("domain=parking", set()),
    ):
        assert {row["entity"] for row in asker.rows(f"{AGGREGATES}.csv?{question}")} == entities, question
    assert {until_ns(row) - at_ns(row) for row in asker.rows(f"{AGGREGATES}.csv?period=1d")} == {24 * HOUR}


def test_too_many_values_are_refused_before_the_first_byte(file: Path) -> None:
    with asked(file, max_rows=100) as asker:
        answer = asker.get(f"{OBSERVATIONS}.csv", key="partner")
        assert (answer.status_code, answer.json()["where"]) == (400, "from")
        assert len(asker.rows(f"{OBSERVATIONS}.csv?property=occupied", key="partner")) == 1


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        (f"{AGGREGATES}.csv?propery=bicycles", 400, "property"),
        (f"{AGGREGATES}.csv?property=bicyles", 400, "bicycles"),
        (f"{AGGREGATES}.csv?from=yesterday", 400, "2026-11-03T10:00:00Z"),
        (f"{AGGREGATES}.csv?from=9999-01-01T00:00:00Z", 400, "year"),
        (f"{AGGREGATES}.csv?from=2026-11-04T00:00:00Z&to=2026-11-03T00:00:00Z", 400, "Exchange"),
        (f"{AGGREGATES}.csv?feature=a&feature=b", 400, "commas"),
        (f"{AGGREGATES}.csv?token=abc", 400, "Authorization"),
        (f"{AGGREGATES}.xml", 406, "geojson"),
        (f"/open/v1/{PILOT}/everything.csv", 404, "aggregates.csv"),
        ("/open/v1/nowhere/aggregates.csv", 404, PILOT),
        ("/else", 404, "/open/v1"),
        (f"{AGGREGATES}.csv?feature=" + "a" * 3_000, 414, "less"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_cure(asker: Asker, path: str, status: int, word: str) -> None:
    answer = asker.get(path)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert word in body["mend"], body
    assert len(answer.content) < 4_000


def test_unchanged_data_cost_nothing_to_ask_for_again(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "store.sqlite"
    copy.write_bytes(file.read_bytes())
    with asked(copy) as asker:
        path = f"{AGGREGATES}.csv?feature=east"
        first = asker.get(path)
        tag = first.headers["etag"]
        again = asker.get(path, If_None_Match=f'"x", {tag}')
        assert (again.status_code, again.content) == (304, b"")
        assert asker.get(path, key="startup").headers["etag"] != tag, "another tier is another answer"
        assert (first.headers["cache-control"], first.headers["vary"]) == (
            "public, max-age=30",
            "Authorization, Origin",
        ) or ("Authorization" in first.headers["vary"])
        assert first.headers["last-modified"].endswith("GMT")
        write(copy, [msgspec.structs.replace(of_city()[0], number=9_999)])
        assert asker.get(path, If_None_Match=tag).status_code == 200


def test_pages_of_others_may_read_and_nobody_may_write(asker: Asker) -> None:
    answer = asker.get(f"{AGGREGATES}.csv", Origin="https://app.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert asker.get(f"{AGGREGATES}.csv", method="POST").status_code == 405
    head = asker.get(f"{AGGREGATES}.csv", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_what_the_topics_hold_back_is_not_here_either(file: Path) -> None:
    with asked(file, delay_ns=72 * HOUR - 30 * MINUTE) as asker:
        rows = asker.rows(f"{OBSERVATIONS}.csv?property=fill_level_percent&feature=b7", key="partner")
        assert max(row["observedAt"] for row in rows) == instant(T0 + 30 * MINUTE)


def test_the_overview_names_the_pilots_and_the_askers_tier(asker: Asker) -> None:
    assert {one["id"]: one["tier"] for one in asker.json("/open/v1", key="air")["pilots"]} == {
        PILOT: "public",
        "air-delft": "partner",
    }


def at_ns(row: dict[str, Any]) -> int:
    from pipelines.instants import parse_rfc3339  # noqa: PLC0415 - one line of a test

    return parse_rfc3339(row["observedAt"])


def until_ns(row: dict[str, Any]) -> int:
    return at_ns({"observedAt": row["observedUntil"]})


def test_the_documents_of_a_pilot_are_there_for_everybody(asker: Asker) -> None:
    described = asker.json(f"/open/v1/{PILOT}/_asyncapi")
    assert described["asyncapi"] == "3.0.0"
    catalogue = asker.get(f"/open/v1/{PILOT}/_catalog")
    assert (catalogue.status_code, catalogue.headers["content-type"]) == (200, "application/ld+json")
    assert f"The pilot {PILOT}" in catalogue.text
    page = asker.get(f"/open/v1/{PILOT}/about.html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert f"The pilot {PILOT}" in page.text
    assert "<script" not in page.text
    assert asker.get("/open/v1/nowhere/_asyncapi").status_code == 404
