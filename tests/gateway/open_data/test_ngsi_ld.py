"""Entity snapshots: the bodies of the topics, paged, in two forms, for each tier."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.open_data.ngsi_ld import ENTITIES
from tests import servers
from tests.gateway.open_data.small_city import Asker, asked, of_city, write
from tests.smart_data_models import validator

TYPES = "WasteContainer,TrafficFlowObserved,ParkingSpot,BikeHireDockingStation,AirQualityObserved"
BIN = "urn:ngsi-ld:WasteContainer:delft:waste-delft:b7"


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    file: Path = tmp_path_factory.mktemp("store") / "store.sqlite"
    write(file, of_city())
    with asked(file) as asker:
        yield asker


def test_an_entity_says_all_that_is_last_known(asker: Asker) -> None:
    body = asker.json(f"{ENTITIES}/{BIN}", key="startup")
    assert (body["id"], body["type"]) == (BIN, "WasteContainer")
    assert body["fillingLevel"] == {
        "value": 0.695,
        "unitCode": "C62",
        "observedAt": "2026-11-03T11:59:00Z",
        "quality": "ok",
    }
    assert "value" not in body["batteryV"]
    assert body["fillRatePercentDay"]["observedUntil"] == "2026-11-04T10:00:00Z"


def test_key_values_are_names_and_values_alone_and_valid_by_the_official_schemas(asker: Asker) -> None:
    servers.schemas()
    found = asker.json(f"{ENTITIES}?type={TYPES}&options=keyValues&limit=500", key="partner")
    assert {one["type"] for one in found} == set(TYPES.split(","))
    for one in found:
        errors = [error.message for error in validator(one["type"]).iter_errors(one)]
        assert errors == [], one
    bin_b7 = next(one for one in found if one["id"] == BIN)
    assert bin_b7["temperature"] == 99.5
    assert "batteryV" not in bin_b7


def test_who_shows_no_key_gets_the_newest_public_aggregates(asker: Asker) -> None:
    found = asker.json(f"{ENTITIES}?type={TYPES}&limit=500")
    assert {one["id"].rpartition(":")[2] for one in found} == {"b7", "east", "west"}
    bin_b7 = next(one for one in found if one["id"] == BIN)
    assert "fillingLevel" not in bin_b7
    assert bin_b7["fillRatePercentDay"]["value"] == 9.5
    assert asker.get(f"{ENTITIES}/urn:ngsi-ld:ParkingSpot:delft:waste-delft:p1").status_code == 404


def test_pages_are_linked_and_the_count_is_of_all(asker: Asker) -> None:
    path, ids = f"{ENTITIES}?type={TYPES}&limit=2&count=true&options=keyValues", []
    for _ in range(20):
        answer = asker.get(path, key="partner")
        ids += [one["id"] for one in answer.json()]
        assert answer.headers["ngsild-results-count"] == "8"
        following = [link for link in answer.headers["link"].split(", ") if 'rel="next"' in link]
        if not following:
            break
        url = urlsplit(following[0].split(">")[0].removeprefix("<"))
        path = f"{url.path}?{url.query}"
    assert len(ids) == len(set(ids)) == 8
    beyond = asker.get(f"{ENTITIES}?type={TYPES}&offset=50&count=true", key="partner")
    assert (beyond.json(), beyond.headers["ngsild-results-count"]) == ([], "8")
    assert asker.get(f"{ENTITIES}?id={BIN}&limit=0&count=true").headers["ngsild-results-count"] == "1"


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("", 400, "type="),
        ("?type=Nonsense", 400, "WasteContainer"),
        ("?type=WasteContainer&q=fillingLevel>0.5", 501, "options"),
        ("?type=WasteContainer&georel=near", 501, "options"),
        ("?type=WasteContainer&options=normalized", 501, "concise"),
        ("?type=WasteContainer&limit=501", 400, "500"),
        ("?type=WasteContainer&limit=0", 400, "count=true"),
        ("?type=WasteContainer&offset=x", 400, "whole number"),
        ("/urn:ngsi-ld:WasteContainer:delft:waste-delft:none", 404, "key"),
        ("/urn:ngsi-ld:ACMeasurement:delft:waste-delft:house-12", 404, "key"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(asker: Asker, query: str, status: int, word: str) -> None:
    answer = asker.get(f"{ENTITIES}{query}", key="partner")
    assert answer.status_code == status, answer.text
    assert word in answer.json()["mend"]


def test_no_name_that_must_not_be_told_is_in_any_state(asker: Asker) -> None:
    text = asker.get(f"{ENTITIES}?type={TYPES}&limit=500", key="partner").text
    for secret in ("house-12", ":r1", "a81758fffe", "12345"):
        assert secret not in text
