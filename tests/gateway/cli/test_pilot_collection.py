"""The list of the next tour, as a person asks for it, out of a store as the gateway leaves it."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from pipelines.model import Derived, Observation, Revision

PILOT = """
id = "waste-mechelen"
title = "Bins of the centre"
city = "mechelen"
domains = ["waste"]
start = 2026-05-04
privacy_class = "B"
retention_days = 365
publisher = "City of Mechelen"
contact = { email = "smartcity@mechelen.example" }
"""
BINS = {"full": (95.0, 0.0), "soon": (70.0, 20.0), "later": (30.0, 90.0), "new": (85.0, None), "silent": (None, None)}


def device_file() -> str:
    text = '[defaults]\npilot = "waste-mechelen"\nprofile = "milesight-iot/em400-mud"\n'
    for at, name in enumerate(BINS):
        text += f'[[device]]\nid = "02c17e000000000{at}"\nfeature = "waste-container/{name}"\n'
        text += f"latitude = {51.02 + at / 50}\nlongitude = 4.48\n"
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("pilots", PILOT), ("devices", device_file())):
        (tmp_path / name).mkdir()
        (tmp_path / name / "waste-mechelen.toml").write_text(text)
    (tmp_path / "citygate.toml").write_text(
        '[gateway]\nid = "gw"\ncity = "mechelen"\n[sources.day]\nkind = "file"\npath = "day.ndjson"\n'
        'dialect = "chirpstack-v4"\n[sinks.store]\nkind = "store"\n'
    )
    return tmp_path


async def fill(file: Path) -> None:
    file.parent.mkdir()
    sink = StoreSink("store", StoreSettings(), file, clock=Clock(), events=Events())
    await sink.start()
    at_ns = Clock().wall_ns() - 3_600 * 10**9
    said = []
    for name, (level, hours) in BINS.items():
        feature = f"waste-container/{name}"
        if level is not None:
            said.append(Observation(feature, "fill_level_clean_percent", level, at_ns))
        if hours is not None:
            said += [
                Observation(feature, f"time_to_full_{q}_h", hours * f, at_ns) for q, f in (("p10", 1), ("p50", 2.5))
            ]
    await sink.write([Revision(1, Derived("waste-container", 1, "waste-mechelen", "mechelen", tuple(said)))])
    await sink.close()


def run(folder: Path, *words: str, pilot: str = "waste-mechelen") -> Result:
    return CliRunner().invoke(main, ["pilot", "collection", pilot, "-c", str(folder), *words])


def test_what_is_full_or_will_be_before_the_tour_after_is_listed_in_order_of_the_way(folder: Path) -> None:
    asyncio.run(fill(folder / "state" / "store.sqlite"))
    done = run(folder, "--json", "--depot", "4.48,51.03")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    stops = [stop["bin"]["feature"] for stop in found["tour"]["stops"]]
    assert sorted(stops) == ["waste-container/full", "waste-container/soon"]
    soon = next(stop["bin"] for stop in found["tour"]["stops"] if stop["bin"]["feature"].endswith("soon"))
    assert soon["full_in_h"] == pytest.approx(19, abs=0.1)  # said an hour ago
    assert found["containers"] == 4
    assert found["unknown"] == ["waste-container/silent"]
    assert 0 < found["tour"]["km"] < found["tour"]["fixed_km"]


def test_less_careful_and_farther_ahead(folder: Path) -> None:
    asyncio.run(fill(folder / "state" / "store.sqlite"))
    half = json.loads(run(folder, "--json", "--full-by", "p50").stdout)
    assert [stop["bin"]["feature"] for stop in half["tour"]["stops"]] == ["waste-container/full"]
    long = json.loads(run(folder, "--json", "--within", "100h").stdout)
    assert len(long["tour"]["stops"]) == 3


def test_people_get_a_table_and_the_saving(folder: Path) -> None:
    asyncio.run(fill(folder / "state" / "store.sqlite"))
    done = run(folder)
    assert "full" in done.stdout
    assert "2 of 4 containers" in done.stdout
    assert "silent" in done.stderr


def test_without_a_store_or_with_a_wrong_name_or_place_it_says_what_to_do(folder: Path) -> None:
    assert "Run the gateway first" in run(folder).stderr
    wrong = run(folder, pilot="waste-mechelem")
    assert (wrong.exit_code, "waste-mechelen" in wrong.stderr) == (1, True)
    assert "LONGITUDE,LATITUDE" in run(folder, "--depot", "somewhere").stderr
    assert run(folder, "--depot", "4.48,151").exit_code == 2
