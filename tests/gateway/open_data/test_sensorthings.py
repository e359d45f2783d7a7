"""SensorThings: shapes, stable ids, paging, time filters, and refusals by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jsonschema
import pytest

from pipelines.encodings.ngsi_ld import instant
from tests.gateway.open_data.small_city import PILOT, Asker, asked, of_city, write
from tests.gateway.sinks.entries import DAY, HOUR, MINUTE, T0

ROOT = "/sta/v1.1"
TEXT, URL, ID = {"type": "string", "minLength": 1}, {"type": "string", "pattern": "^http://"}, {"type": "integer"}


def shape(links: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """A JSON Schema after tables 2 to 12 of OGC 18-088: what is mandatory there, and nothing beside it."""
    every = {"@iot.id": ID, "@iot.selfLink": URL} | {f"{name}@iot.navigationLink": URL for name in links} | properties
    return {"type": "object", "properties": every, "required": list(every), "additionalProperties": False}


SHAPES = {
    "Things": shape(("Locations", "Datastreams"), name=TEXT, description=TEXT, properties={"type": "object"}),
    "Locations": shape(
        ("Things",),
        name=TEXT,
        description=TEXT,
        encodingType={"const": "application/geo+json"},
        location={"type": "object", "required": ["type", "coordinates"]},
    ),
    "ObservedProperties": shape(("Datastreams",), name=TEXT, definition=TEXT, description=TEXT),
    "Datastreams": shape(
        ("Thing", "ObservedProperty", "Observations"),
        name=TEXT,
        description=TEXT,
        observationType={"type": "string", "pattern": "OM_(Measurement|TruthObservation|CategoryObservation)$"},
        unitOfMeasurement={
            "type": "object",
            "required": ["name", "symbol", "definition"],
            "properties": {"symbol": {"type": ["string", "null"]}},
        },
    ),
    "Observations": shape(
        ("Datastream",),
        **{"@iot.id": {"type": "string"}},
        phenomenonTime=TEXT,
        resultTime={"type": ["string", "null"]},
        result={},
        resultQuality={"type": "object"},
        parameters={"type": "object"},
    ),
}


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    file: Path = tmp_path_factory.mktemp("store") / "store.sqlite"
    write(file, of_city())
    with asked(file) as asker:
        yield asker


def stream(asker: Asker, name: str) -> int:
    found = asker.json(f"{ROOT}/Datastreams?$top=1000&$expand=Thing,ObservedProperty")["value"]
    (one,) = [
        each
        for each in found
        if each["ObservedProperty"]["name"] == name.partition("/")[2]
        and each["Thing"]["properties"]["entity"].endswith(":" + name.partition("/")[0])
    ]
    number: int = one["@iot.id"]
    return number


def observations(asker: Asker, name: str, key: str = "partner", **options: str) -> dict[str, Any]:
    query = "&".join(f"${option}={quote(value)}" for option, value in options.items())
    found: dict[str, Any] = asker.json(f"{ROOT}/Datastreams({stream(asker, name)})/Observations?{query}", key=key)
    return found


@pytest.mark.parametrize("collection", SHAPES)
def test_every_entity_has_the_shape_of_the_standard_and_its_links_lead_somewhere(asker: Asker, collection: str) -> None:
    found = asker.json(f"{ROOT}/{collection}?$top=20", key="partner")["value"]
    assert found
    for one in found:
        jsonschema.validate(one, SHAPES[collection])
        own = path_of(one["@iot.selfLink"])
        assert asker.json(own, key="partner") == one
    for name, link in found[0].items():
        if name.endswith("@iot.navigationLink"):
            led = asker.json(path_of(link), key="partner")
            many = led.get("value", [led])
            assert many, name
            assert "@iot.id" in many[0]


def test_the_root_lists_the_sets(asker: Asker) -> None:
    for path in (ROOT, f"{ROOT}/"):
        assert {one["name"] for one in asker.json(path)["value"]} == set(SHAPES)


def test_nothing_of_households_reserved_bays_and_devices(asker: Asker) -> None:
    for collection in SHAPES:
        text = asker.get(f"{ROOT}/{collection}?$top=1000", key="partner").text
        for secret in ("house-12", ":r1", "a81758fffe", "bicycle_count", "4711.0"):
            assert secret not in text


def test_observations_are_filtered_by_time_and_ordered_both_ways(asker: Asker) -> None:
    since, until = instant(T0 + 10 * MINUTE), instant(T0 + 13 * MINUTE)
    for words, values in (
        (f"phenomenonTime ge {since} and phenomenonTime lt {until}", [15.0, 15.5, 16.0]),
        (f"phenomenonTime gt {since} and phenomenonTime le {until}", [15.5, 16.0, 16.5]),
        (f"phenomenonTime eq {since}", [15.0]),
        (f"phenomenonTime gt {until} and phenomenonTime lt {since}", []),
    ):
        for order in ("phenomenonTime", "phenomenonTime asc", "phenomenonTime desc"):
            found = observations(asker, "b7/fill_level_percent", filter=words, orderby=order)["value"]
            expected = values[::-1] if order.endswith("desc") else values
            assert [one["result"] for one in found] == expected, (words, order)


def test_pages_follow_their_links_to_the_end_and_counts_are_of_all(asker: Asker) -> None:
    found = observations(asker, "b7/fill_level_percent", top="50", count="true", orderby="phenomenonTime desc")
    results = [one["result"] for one in found["value"]]
    assert found["@iot.count"] == 120
    while "@iot.nextLink" in found:
        found = asker.json(path_of(found["@iot.nextLink"]), key="partner")
        results += [one["result"] for one in found["value"]]
    assert results == [10.0 + n / 2 for n in range(119, -1, -1)]


def test_intervals_in_many_windows_come_in_order_of_their_begin(asker: Asker) -> None:
    found = observations(asker, "west/bicycles", top="1000")["value"]
    begins = [one["phenomenonTime"].partition("/")[0] for one in found]
    assert len(found) == 192 + 48 + 2
    assert begins == sorted(begins)
    backwards = observations(asker, "west/bicycles", top="1000", orderby="phenomenonTime desc")["value"]
    assert backwards == found[::-1]


def test_a_suppressed_count_has_no_result(asker: Asker) -> None:
    found = observations(asker, "east/bicycles", filter=f"phenomenonTime lt {instant(T0 + HOUR)}")["value"]
    told = {one["phenomenonTime"]: (one["result"], one["resultQuality"]["quality"]) for one in found}
    assert told[f"{instant(T0 + HOUR // 4)}/{instant(T0 + HOUR // 2)}"] == (None, "suppressed")
    assert told[f"{instant(T0)}/{instant(T0 + HOUR // 4)}"] == (6.0, "ok")
    assert told[f"{instant(T0)}/{instant(T0 + HOUR)}"] == (None, "suppressed")


def test_each_tier_gets_the_observations_of_its_channels(asker: Asker) -> None:
    assert observations(asker, "b7/fill_level_percent", key="")["value"] == []
    assert observations(asker, "b7/fill_level_percent", key="startup")["value"] == []
    lengths = {key: len(observations(asker, "west/bicycles", key=key, top="1000")["value"]) for key in ("", "startup")}
    assert lengths == {"": 48 + 2, "startup": 192 + 48 + 2}
    (day, *_) = observations(asker, "west/bicycles", key="", filter=f"phenomenonTime ge {instant(T0 + DAY)}")["value"]
    assert day["result"] is not None


def test_ids_stay_and_a_number_of_another_set_is_not_found(asker: Asker) -> None:
    assert stream(asker, "b7/fill_level_percent") == stream(asker, "b7/fill_level_percent")
    assert asker.get(f"{ROOT}/Things({stream(asker, 'b7/fill_level_percent')})").status_code == 404
    assert asker.get(f"{ROOT}/Observations('1-2')").status_code == 404
    assert asker.get(f"{ROOT}/Observations('1-2-{'9' * 19}')").status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("Sensors", 501, "Things"),
        ("FeaturesOfInterest(1)", 501, "Things"),
        ("Nonsense", 404, "Things"),
        ("Things(abc)", 404, "Things"),
        ("Things/Datastreams", 404, "Things"),
        ("Things(1)/HistoricalLocations", 501, "Locations"),
        ("Things?$select=name", 501, "$top"),
        ("Things?$filter=name%20eq%20'x'", 501, "phenomenonTime"),
        ("Observations?$filter=result%20gt%205", 501, "phenomenonTime"),
        ("Observations?$filter=phenomenonTime%20ge%20soon", 501, "phenomenonTime"),
        ("Observations?$filter=phenomenonTime%20ge%202026-13-01T00:00:00Z", 400, "2026-11-03"),
        ("Observations?$orderby=phenomenonTime%20desc", 501, "Datastreams"),
        ("Things?$orderby=name", 501, "phenomenonTime"),
        ("Things?$expand=Datastreams/Observations", 501, "Locations"),
        ("Things?$top=100000", 400, "1000"),
        ("Things?$skip=-1", 400, "100000"),
        ("Things?$count=yes", 400, "true"),
        ("Things?$top=1&$top=2", 400, "once"),
        ("Things(1)?$top=2", 400, "Leave"),
        ("Things?access_token=x", 400, "header"),
    ],
)
def test_what_the_subset_lacks_is_refused_by_name(asker: Asker, path: str, status: int, word: str) -> None:
    answer = asker.get(f"{ROOT}/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert word in answer.json()["mend"]


def test_things_expand_their_places_and_datastreams(asker: Asker) -> None:
    things = asker.json(f"{ROOT}/Things?$expand=Locations,Datastreams&$top=1000")["value"]
    bin_b7 = next(one for one in things if one["properties"]["entity"].endswith(":b7"))
    assert bin_b7["name"] == "Bin at the market"
    assert bin_b7["properties"]["pilot"] == PILOT
    assert len(bin_b7["Locations"]) == 1
    assert "How full a container is" in {one["description"] for one in bin_b7["Datastreams"]}


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
