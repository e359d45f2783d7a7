"""Values that were taken back: gone where the server can delete, marked everywhere."""

import asyncio
import json

import msgspec
import pytest

from gateway.sinks.influxdb.erase import delete_statement, predicate, rfc3339
from pipelines.encodings.line_protocol import PointKey, retracted_points
from pipelines.model import Derived, Revision
from tests.contracts.influx_world import influx_sink, query
from tests.contracts.ledger_entries import T0, accepted, observed
from tests.contracts.scripted_influx import Canned, scripted
from tests.servers import Server

FIRST = Revision(1, accepted(observed("temperature_c", 21.5), observed("humidity_percent", 40.0)))
CORRECTED = Revision(
    2,
    accepted(
        observed("temperature_c", 19.0),
        observed("humidity_percent", 40.0, quality="retracted"),
    ),
    first=False,
)


async def test_a_value_that_was_taken_back_is_gone_from_influxdb_and_its_neighbour_stays(influxdb1: Server) -> None:
    sink = influx_sink(influxdb1.url)
    await sink.write([FIRST, Revision(5, accepted(observed("humidity_percent", 50.0, time_ns=T0 + 1)))])
    await sink.write([CORRECTED])
    await sink.close()
    found = "SELECT temperature_c, humidity_percent, humidity_percent_quality FROM air"
    (series,) = await asyncio.to_thread(query, influxdb1.url, found)
    assert series["values"] == [[T0, 19, None, "retracted"], [T0 + 1, None, 50, None]]
    assert sink._events.counts["influxdb_points_deleted"] == 1


async def test_first_statement_and_correction_in_one_batch_end_the_same(influxdb1: Server) -> None:
    sink = influx_sink(influxdb1.url)
    await sink.write([FIRST, CORRECTED])
    await sink.write([FIRST, CORRECTED])  # as after a crash
    await sink.close()
    (series,) = await asyncio.to_thread(query, influxdb1.url, "SELECT temperature_c, humidity_percent FROM air")
    assert series["values"] == [[T0, 19, None]]


async def test_influxdb_2_is_asked_by_predicate_and_written_again() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.write([FIRST])
        server.next_answers = [Canned(204), Canned(204)]  # the correction, then the deletion
        await sink.write([CORRECTED])
        await sink.close()
        deletion, again = server.heard[-2:]
    assert deletion.target == "/api/v2/delete?org=city&bucket=pilots"
    assert json.loads(deletion.body)["start"] == json.loads(deletion.body)["stop"] == rfc3339(T0)
    assert again.target.startswith("/api/v2/write")
    assert b"retracted" in again.body


async def test_a_server_that_deletes_nothing_is_counted_and_told() -> None:
    async with scripted("3") as server:
        sink = influx_sink(server.url)
        await sink.write([FIRST])
        requests = len(server.heard)
        await sink.write([CORRECTED])
        await sink.close()
        assert len(server.heard) == requests + 1
    assert sink._events.counts["influxdb_points_only_marked"] == 1


async def test_a_deletion_that_is_refused_leaves_the_mark() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.write([FIRST])
        server.next_answers = [Canned(204), Canned(403, b'{"code":"forbidden"}')]
        await sink.write([CORRECTED])
        await sink.close()
    assert sink._events.counts["influxdb_points_only_marked"] == 1
    assert sink._events.counts["influxdb_points_deleted"] == 0


def test_only_points_that_a_correction_carries_whole_are_named() -> None:
    assert retracted_points(FIRST) == []
    (point,) = retracted_points(CORRECTED)
    assert (point.measurement, point.time_ns) == ("air", T0)
    observation = observed("coverage_percent", 0.0, quality="retracted", interval_ns=900 * 10**9)
    derived = Derived("air-quarter", 9, "air-delft", "delft", (observation,))
    assert retracted_points(Revision(3, derived, first=False)) == []
    assert retracted_points(msgspec.structs.replace(CORRECTED, first=True)) == []


@pytest.mark.parametrize(("name", "said"), [("it's", "it\\'s"), ('a"b', 'a"b'), ("back\\slash", "back\\\\slash")])
def test_names_are_quoted_in_influxql(name: str, said: str) -> None:
    assert f"'{said}'" in delete_statement(PointKey("waste", (("feature", name),), 5))


def test_a_predicate_quotes_names_and_keeps_the_nanosecond() -> None:
    said = predicate(PointKey("waste", (("device", 'a"b'),), 1_793_500_000_123_456_789))
    assert said["predicate"] == '_measurement="waste" AND "device"="a\\"b"'
    assert said["start"].endswith(".123456789Z")
