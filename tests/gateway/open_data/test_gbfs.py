"""Docking stations as GBFS 3.0, held against the official schemas."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator

from gateway.open_data.gbfs import ROOT
from pipelines.encodings.gbfs import FEEDS, Station, station_status
from pipelines.encodings.ngsi_ld import Entity
from pipelines.encodings.topics import Address
from pipelines.model import Observation
from pipelines.vocabulary import FEATURE_TYPES
from tests import servers
from tests.gateway.open_data.small_city import PILOT, Asker, asked, of_city, write
from tests.gateway.sinks.entries import T0, observed
from tests.open_cities import HERE

DOCK = Entity(FEATURE_TYPES["bike-dock"], Address("delft", "cycling", PILOT, "station"), HERE)


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    file: Path = tmp_path_factory.mktemp("store") / "store.sqlite"
    write(file, of_city())
    with asked(file) as asker:
        yield asker


@pytest.mark.parametrize("feed", ["gbfs", *FEEDS])
def test_every_feed_is_valid_by_the_official_schema(asker: Asker, feed: str) -> None:
    schema = msgspec.json.decode((servers.schemas() / "gbfs-3.0" / f"{feed}.json").read_bytes())
    body = asker.json(f"{ROOT}/{PILOT}/{feed}.json", key="startup")
    checker = Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(body)] == []


def test_stations_say_what_the_docks_said(asker: Asker) -> None:
    (place,) = asker.json(f"{ROOT}/{PILOT}/station_information.json", key="startup")["data"]["stations"]
    assert (place["station_id"], place["capacity"], place["name"][0]["text"]) == ("station", 14, "Station")
    (status,) = asker.json(f"{ROOT}/{PILOT}/station_status.json", key="startup")["data"]["stations"]
    assert (status["num_vehicles_available"], status["num_docks_available"], status["is_renting"]) == (7, 5, True)
    assert status["last_reported"] == "2026-11-03T10:07:00Z"


def test_without_a_key_one_learns_where_stations_are_and_not_what_they_hold(asker: Asker) -> None:
    assert len(asker.json(f"{ROOT}/{PILOT}/station_information.json")["data"]["stations"]) == 1
    answer = asker.get(f"{ROOT}/{PILOT}/station_status.json")
    assert (answer.status_code, "startup" in answer.json()["mend"]) == (403, True)
    assert asker.get(f"{ROOT}/air-delft/gbfs.json").status_code == 404
    assert asker.get(f"{ROOT}/{PILOT}/vehicle_status.json").status_code == 404


def status_of(*latest: Observation) -> list[Any]:
    stations: list[Any] = station_status([Station(DOCK, "Station", {one.property: one for one in latest})])["stations"]
    return stations


def test_a_station_whose_bicycles_are_not_known_rents_none_out() -> None:
    unknown = observed(0.0, T0, name="bikes_available", feature="bike-dock/station", quality="missing")
    (status,) = status_of(unknown)
    assert (status["num_vehicles_available"], status["is_renting"], status["is_returning"]) == (0, False, True)
    (full,) = status_of(msgspec.structs.replace(unknown, value=4.0, quality="ok"), observed(0.0, T0, name="docks_free"))
    assert (full["is_renting"], full["is_returning"]) == (True, False)
    assert status_of(observed(1.0, T0, name="docks_free")) == []
