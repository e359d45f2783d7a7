"""Records for a register of sensors in public space."""

import csv
import io
import json
from datetime import date

import msgspec

from pipelines.catalogue.dtpr import CATEGORIES, chain
from pipelines.catalogue.facts import Purpose, Sensor
from pipelines.catalogue.register import as_csv, geojson, missing, records, reference
from pipelines.model import Location
from pipelines.vocabulary import FEATURE_TYPES
from tests.pipelines.catalogue.pilots import FULL, SMALL

BAY = Sensor("parking-spot/A-12", Location(4.47912345, 51.02712345, 7.0), "IJzerenleen 12", "elsys/ems")
TREE = Sensor("tree/02", Location(4.48, 51.03), until=date(2027, 6, 30))


def test_a_record_has_the_fields_of_the_register() -> None:
    (record,) = records(FULL, [BAY])
    assert record.reference == "PD-a-12"
    assert record.owner_organisation == "City of Mechelen"
    assert record.type == "Aanwezigheid of nabijheidsensor"
    assert (record.latitude, record.longitude) == (51.02712345, 4.47912345), "a register wants the very place"
    assert record.datastream == "One parking bay; Bay is occupied; Battery voltage; Air temperature"
    assert record.themes == ("Mobiliteit: auto",)
    assert (record.observation_goal, record.legal_ground) == ("To guide drivers", "Management of roads")
    assert (record.contains_pi_data, record.active_until, record.dpia) == (False, "2027-12-31", "DPIA-7")


def test_a_sensor_is_active_until_it_or_its_pilot_ends() -> None:
    assert records(FULL, [TREE])[0].active_until == "2027-06-30"
    assert records(SMALL, [BAY])[0].active_until == ""


def test_geojson_is_one_point_for_each_sensor_in_order() -> None:
    found = json.loads(json.dumps(geojson(FULL, records(FULL, [BAY, TREE]))))
    assert [one["id"] for one in found["features"]] == ["PD-02", "PD-a-12"]
    bay = found["features"][1]
    assert bay["geometry"] == {"type": "Point", "coordinates": [4.47912345, 51.02712345]}
    assert bay["properties"]["owner"] == {
        "organisation": "City of Mechelen",
        "name": "Smart city team",
        "email": "smartcity@mechelen.example",
    }
    assert bay["properties"]["themes"] == ["Mobiliteit: auto"]
    assert found["dtpr"] == {"taxonomy": "https://dtpr.io/taxonomy", "licence": "CC-BY-4.0"}


def test_csv_reads_back_as_it_was_written() -> None:
    goal = 'To guide, "at last";\nand to see'
    facts = msgspec.structs.replace(FULL, purpose=Purpose(observation_goal=goal, themes=("Mobiliteit", "Overig")))
    (row,) = csv.DictReader(io.StringIO(as_csv(records(facts, [BAY])), newline=""))
    assert row["observation_goal"] == goal
    assert row["themes"] == "Mobiliteit;Overig"
    assert row["contains_pi_data"] == "no"
    assert "device__purpose=mobility" in row["dtpr"].split(";")


def test_the_id_of_a_device_is_in_no_reference() -> None:
    named = reference(FULL, "parking-spot/A8-17-58-FF-FE-04-62-B9")
    assert "a8" not in named.removeprefix("PD-")[:2] or len(named) == len("PD-") + 8
    assert "17-58" not in named


def test_what_the_register_asks_for_and_nobody_has_written_is_told() -> None:
    assert missing(SMALL) == ["observation_goal", "legal_ground"]
    assert missing(FULL) == []


def test_every_feature_type_has_its_chain_of_categories() -> None:
    for name in FEATURE_TYPES:
        found = chain(name, "A", "none")
        assert list(found) == [f"device__{category}" for category in CATEGORIES]
        assert found["device__purpose"]
    assert chain("electricity-meter", "D", "none")["device__data"] == ["values_time", "personal"]
    assert chain("people-counter", "C", "processed")["device__data"] == ["values_time", "personal"]
    assert chain("tree", "A", "none")["device__process"] == ["raw_data"]
    assert chain("parking-spot", "C", "none")["device__process"] == ["de_identified", "aggregated"]
