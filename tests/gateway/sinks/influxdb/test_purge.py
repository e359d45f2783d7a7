"""A device that is purged is gone from InfluxDB too, where the server deletes."""

import asyncio
import json

import pytest

from gateway.sinks import CannotPurgeError, SinkUnavailableError
from pipelines.model import Derived, Revision
from tests.contracts.influx_world import influx_sink, query
from tests.contracts.ledger_entries import T0, accepted, observed
from tests.contracts.scripted_influx import Canned, scripted
from tests.gateway.sinks.entries import link
from tests.servers import Server

FEATURE = observed().feature


async def names(influx: Server, what: str) -> list[str]:
    series = await asyncio.to_thread(query, influx.url, what)
    return [str(values[-1]) for one in series for values in one["values"]]


async def test_a_devices_series_are_gone_and_its_neighbours_stay(influxdb1: Server) -> None:
    hour = observed("coverage_percent", 100.0, interval_ns=3_600 * 10**9)
    sink = influx_sink(influxdb1.url)
    await sink.write(
        [
            Revision(1, accepted(observed(), device="it's-one", link=link(1))),
            Revision(2, accepted(observed(time_ns=T0 + 1), device="other")),
            Revision(3, Derived("air-hours", 2, "air-delft", "delft", (hour,))),
        ]
    )
    assert await sink.purge_device("it's-one") == 2
    assert await names(influxdb1, "SHOW TAG VALUES WITH KEY = device") == ["other"]
    assert await sink.purge_device("it's-one") == 0
    assert await sink.purge_derived({FEATURE, "air-station/none"}) == 2
    await sink.close()
    assert await names(influxdb1, "SHOW SERIES") == []


async def test_influxdb_2_is_asked_by_tag_over_all_time() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.start()
        server.next_answers = [Canned(204)]
        assert await sink.purge_device('a"b') == 1
        await sink.close()
        asked = server.heard[-1]
    assert asked.target == "/api/v2/delete?org=city&bucket=pilots"
    body = json.loads(asked.body)
    assert body["predicate"] == '"device"="a\\"b"'
    assert (body["start"][:4], body["stop"][:4]) == ("1677", "2262")


@pytest.mark.parametrize(("status", "raises"), [(403, CannotPurgeError), (503, SinkUnavailableError)])
async def test_a_server_that_does_not_is_quoted(status: int, raises: type[Exception]) -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.start()
        server.next_answers = [Canned(status, b'{"message":"not now"}')]
        with pytest.raises(raises, match=str(status)):
            await sink.purge_device("a")
        await sink.close()


async def test_influxdb_3_deletes_no_points_and_says_so() -> None:
    async with scripted("3") as server:
        sink = influx_sink(server.url)
        with pytest.raises(CannotPurgeError, match="device = 'a' stays"):
            await sink.purge_device("a")
        await sink.close()
