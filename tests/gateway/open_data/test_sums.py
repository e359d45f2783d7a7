"""Sums over households in files: what the topics said, to the last digit, and nothing beyond it whatever is asked."""

import asyncio
import contextlib
import importlib.util
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.clock import Clock
from gateway.open_city import OpenCity
from gateway.open_data.city import City
from gateway.sinks.open_topics.sink import OpenTopicsSink
from pipelines.encodings.ngsi_ld import instant
from pipelines.model import Derived, Revision
from tests import servers
from tests.gateway.open_data.small_city import asked, write
from tests.gateway.sinks.entries import DAY, HOUR, T0, observed
from tests.gateway.sinks.open_topics.test_sink import open_topics, opened, subscribed
from tests.open_cities import city_of, device

PILOT = "energy-delft"
HOURS = 14
AGGREGATES = f"/open/v1/{PILOT}/aggregates"
HOUSES = {"dorp": 12, "gehucht": 4}
DEVICES = [
    device(f"electricity-meter/{area}-{house}", pilot=PILOT, area=area, number=100 * len(area) + house)
    for area, count in HOUSES.items()
    for house in range(count)
]
CITY = city_of(DEVICES)
SMALLER = city_of([one for one in DEVICES if one.feature != "electricity-meter/dorp-3"])
LATE, LATE_HOUR = "electricity-meter/dorp-5", 4
LARGE_HOUR, EMPTY_HOUR = 7, 8


def used(area: str, house: int, hour: int) -> float:
    """Of each house and hour another one; a value of its own, that no sum of others is."""
    if area == "dorp" and (hour == EMPTY_HOUR or (hour, house) == (LARGE_HOUR, 2)):
        return 0.0 if hour == EMPTY_HOUR else 40.0
    return round(0.1 + house * 0.017 + hour * 0.003 + (house * 7 + hour * 13) % 11 * 0.0513, 4)


def told(area: str, house: int, hour: int, value: float | None = None) -> Derived:
    one = observed(
        used(area, house, hour) if value is None else value,
        T0 + hour * HOUR,
        name="energy_import_interval_kwh",
        feature=f"electricity-meter/{area}-{house}",
        interval_ns=HOUR,
    )
    return Derived("energy-meter", 1, PILOT, "delft", (one,))


def happened() -> list[Revision]:
    """Hour by hour; one meter is not heard of one hour until all is over, another one's first hour is corrected."""
    entries = [
        told(area, house, hour)
        for hour in range(HOURS)
        for area, count in HOUSES.items()
        for house in range(count)
        if (f"electricity-meter/{area}-{house}", hour) != (LATE, LATE_HOUR)
    ]
    entries += [told("dorp", 5, LATE_HOUR), told("dorp", 1, 0, 9.75)]
    return [Revision(number, entry) for number, entry in enumerate(entries, start=1)]


Said = tuple[str, str, str, str]
"""Entity, begin, value, quality."""


def said_on_topics(messages: Sequence[Any]) -> list[Said]:
    found = []
    for message in messages:
        body = msgspec.json.decode(message.payload)
        attribute = body["energyImportIntervalKwh"]
        value = "" if "value" not in attribute else repr(float(attribute["value"]))
        found.append((message.topic.value.split("/")[5], attribute["observedAt"], value, attribute["quality"]))
    return found


class Published(msgspec.Struct):
    """Files of a gateway, and what a subscriber to all of its aggregates has received."""

    store: Path
    sums: Path
    said: list[Said]


@contextlib.asynccontextmanager
async def sink_at(file: Path, port: int, city: OpenCity = CITY) -> AsyncIterator[OpenTopicsSink]:
    sink = open_topics(file, port, city_now=lambda: city, clock=Clock(lambda: T0 + DAY))
    async with opened(sink, running=False):
        yield sink


async def publish(folder: Path, port: int) -> Published:
    """A day of the two areas, in batches as the delivery makes them."""
    made = Published(folder / "store.sqlite", folder / "open.sqlite", [])
    entries = happened()
    write(made.store, entries)
    async with subscribed(port, "open/v1/+/+/+/+/agg/#") as seen:
        async with sink_at(made.sums, port) as sink:
            for at in range(0, len(entries), 50):
                await sink.write(entries[at : at + 50])
            await sink.write(entries[:50])
        async with asyncio.timeout(10):
            await seen.until("open/v1/delft/energy/energy-delft/gehucht/agg/1h", HOURS)
            await seen.until("open/v1/delft/energy/energy-delft/dorp/agg/1h", HOURS)
        await asyncio.sleep(0.2)  # and nothing more
        made.said = said_on_topics(seen.messages)
    return made


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("sums")
    with servers.running(servers.mosquitto(folder / "mosquitto")) as broker:
        return asyncio.run(publish(folder, broker.port))


def open_data(city: OpenCity = CITY) -> City:
    return City(city.files.pilots, city, b"salt" * 4)


def said_in(rows: Sequence[dict[str, str]]) -> list[Said]:
    return [(row["entity"], row["observedAt"], row["value"], row["quality"]) for row in rows]


@pytest.mark.parametrize("key", ["", "public", "startup", "partner"])
def test_a_file_holds_exactly_what_the_topics_said(key: str, published: Published) -> None:
    with asked(published.store, open_data(), sums=published.sums) as asker:
        rows = asker.rows(f"{AGGREGATES}.csv", key=key)
    assert sorted(said_in(rows)) == sorted(published.said)
    assert len(rows) == 2 * HOURS, "each hour of each area once"
    quality = {(row["entity"], row["observedAt"]): row["quality"] for row in rows}
    suppressed = {begin for (entity, begin), found in quality.items() if entity == "dorp" and found == "suppressed"}
    assert suppressed == {instant(T0 + hour * HOUR) for hour in (LARGE_HOUR, EMPTY_HOUR)}
    assert {found for (entity, _), found in quality.items() if entity == "gehucht"} == {"suppressed"}
    assert {(row["area"], row["unit"], row["observedUntil"]) for row in rows[:1]} == {
        ("dorp", "kW.h", instant(T0 + HOUR))
    }


def test_all_forms_hold_the_same_sums(published: Published) -> None:
    with asked(published.store, open_data(), sums=published.sums) as asker:
        lines = [msgspec.json.decode(line) for line in asker.get(f"{AGGREGATES}.ndjson").content.splitlines()]
        features = asker.json(f"{AGGREGATES}.geojson")["features"]
        parquet = asker.get(f"{AGGREGATES}.parquet")
        table = said_in(asker.rows(f"{AGGREGATES}.csv"))
    for found in (lines, [one["properties"] for one in features]):
        as_csv = [one | {"value": "" if one["value"] is None else repr(one["value"])} for one in found]
        assert said_in(as_csv) == table
    assert parquet.status_code == (406 if importlib.util.find_spec("pyarrow") is None else 200)


def test_no_question_gets_more_than_the_topics_said(published: Published) -> None:
    everything = set(published.said)
    secrets = {
        repr(used(area, house, hour)) for area, n in HOUSES.items() for house in range(n) for hour in range(HOURS)
    }
    secrets -= {"0.0", *(value for _, _, value, _ in everything)}
    half_past = instant(T0 + LATE_HOUR * HOUR + HOUR // 2)
    questions = [
        "",
        f"?from={instant(T0 + LATE_HOUR * HOUR)}",
        f"?to={instant(T0 + HOUR)}",
        f"?from={half_past}",
        f"?to={half_past}",
        *(f"?period={period}" for period in ("15m", "1h", "1d")),
        *(f"?area={area}" for area in HOUSES),
        *(f"?feature={name}" for name in ("dorp", "dorp-5", "gehucht")),
        "?property=energy_import_interval_kwh",
        "?domain=energy",
    ]
    with asked(published.store, open_data(), sums=published.sums) as asker:
        for kind, question in [(kind, one) for kind in ("aggregates", "observations") for one in questions]:
            if kind == "observations" and "period" in question:
                continue
            for form in ("csv", "ndjson"):
                text = asker.get(f"/open/v1/{PILOT}/{kind}.{form}{question}", key="partner").text
                assert not [secret for secret in secrets if f",{secret}," in text or f":{secret}," in text]
            rows = said_in(asker.rows(f"/open/v1/{PILOT}/{kind}.csv{question}", key="partner"))
            assert set(rows) <= everything
            assert kind == "aggregates" or not rows
        assert len(asker.rows(f"{AGGREGATES}.csv?area=dorp&from={half_past}")) == HOURS - LATE_HOUR - 1
        assert asker.rows(f"{AGGREGATES}.csv?property=energy_export_interval_kwh") == []
        for other in ("/ngsi-ld/v1/entities?type=ThreePhaseAcMeasurement", "/sta/v1.1/Observations"):
            answer = asker.get(other, key="partner")
            assert "dorp-" not in answer.text
            assert not [secret for secret in secrets if f":{secret}" in answer.text]


def test_a_late_meter_a_correction_and_a_house_that_moves_away_change_no_sum(published: Published) -> None:
    """The store knows better by now; who asks before and after learns nothing by the difference."""
    heard = sum(used("dorp", house, LATE_HOUR) for house in range(12) if house != 5)
    with asked(published.store, open_data(), sums=published.sums) as asker:
        before = asker.rows(f"{AGGREGATES}.csv?area=dorp")
    assert float(before[LATE_HOUR]["value"]) == pytest.approx(heard, abs=0.0005)
    assert float(before[0]["value"]) == pytest.approx(sum(used("dorp", house, 0) for house in range(12)), abs=0.0005)
    with asked(published.store, open_data(SMALLER), sums=published.sums) as asker:
        assert asker.rows(f"{AGGREGATES}.csv?area=dorp") == before


async def test_after_a_restart_the_same_entries_add_nothing(
    published: Published, mosquitto: servers.Server, tmp_path: Path
) -> None:
    sums = tmp_path / "open.sqlite"
    for end in ("", "-wal"):
        found = published.sums.with_name(published.sums.name + end)
        if found.exists():
            sums.with_name(sums.name + end).write_bytes(found.read_bytes())
    async with sink_at(sums, mosquitto.port, SMALLER) as sink:
        await sink.write(happened())
    with asked(published.store, open_data(), sums=sums) as asker:
        assert sorted(said_in(asker.rows(f"{AGGREGATES}.csv"))) == sorted(published.said)


def test_what_the_topics_hold_back_and_what_is_over_is_not_in_the_file(published: Published) -> None:
    """The test's now is three days after the first hour."""
    held_back = 3 * DAY - 5 * HOUR
    with asked(published.store, open_data(), sums=published.sums, delay_ns=held_back) as asker:
        assert len(asker.rows(f"{AGGREGATES}.csv?area=dorp")) == 5
    pilots = {PILOT: CITY.files.pilots[PILOT].model_copy(update={"retention_days": 2})}
    short = OpenCity(msgspec.structs.replace(CITY.files, pilots=pilots))
    with asked(published.store, City(pilots, short, b"salt" * 4), sums=published.sums) as asker:
        assert asker.rows(f"{AGGREGATES}.csv") == []


async def test_sums_go_with_the_retention_of_their_pilot_and_with_their_area(
    published: Published, mosquitto: servers.Server, tmp_path: Path
) -> None:
    sums = tmp_path / "open.sqlite"
    entries = happened()
    cities = [CITY]
    now_ns = [T0 + DAY]
    sink = open_topics(sums, mosquitto.port, city_now=lambda: cities[-1], clock=Clock(lambda: now_ns[-1]))
    async with opened(sink, running=False):
        await sink.write(entries[:150])
        with asked(published.store, open_data(), sums=sums) as asker:
            first = asker.rows(f"{AGGREGATES}.csv")
            tag = asker.get(f"{AGGREGATES}.csv").headers["etag"]
            now_ns.append(T0 + 365 * DAY + HOUR)
            await sink.write(entries[150:])
            later = asker.rows(f"{AGGREGATES}.csv")
            assert asker.get(f"{AGGREGATES}.csv").headers["etag"] != tag
            assert {row["observedAt"] for row in first} - {row["observedAt"] for row in later} == {instant(T0)}
            assert len(later) == 2 * HOURS - 2
            cities.append(city_of([one for one in DEVICES if one.area == "gehucht"]))
            await sink.tend()
            assert {row["entity"] for row in asker.rows(f"{AGGREGATES}.csv")} == {"gehucht"}


def test_where_nothing_publishes_open_topics_there_are_no_sums(published: Published, tmp_path: Path) -> None:
    """Nor where an earlier release has kept the file."""
    with sqlite3.connect(tmp_path / "earlier.sqlite") as earlier:
        earlier.execute("PRAGMA user_version = 2")
    earlier.close()
    for sums in (None, tmp_path / "not yet.sqlite", tmp_path / "earlier.sqlite"):
        with asked(published.store, open_data(), sums=sums) as asker:
            assert asker.rows(f"{AGGREGATES}.csv") == []


def test_too_many_sums_are_refused_before_the_first_byte(published: Published) -> None:
    with asked(published.store, open_data(), sums=published.sums, max_rows=HOURS) as asker:
        assert asker.get(f"{AGGREGATES}.csv").status_code == 400
        assert len(asker.rows(f"{AGGREGATES}.csv?area=dorp")) == HOURS
