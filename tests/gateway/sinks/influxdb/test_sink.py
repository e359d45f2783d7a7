"""Every row of the table of reactions, before a server that gives the answers."""

import asyncio
import gzip
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks import SinkRefusedError, SinkUnavailableError
from gateway.sinks.influxdb.exchange import compressed, retry_after_s
from gateway.sinks.influxdb.settings import InfluxdbSettings
from gateway.sinks.influxdb.sink import InfluxSink
from pipelines.model import Revision
from tests import servers
from tests.contracts.influx_answers import Flavour
from tests.contracts.influx_world import InfluxWorld1, get, influx_sink, query
from tests.contracts.ledger_entries import T0, accepted, observed, poisoned, reading, uplink
from tests.contracts.scripted_influx import Canned, scripted

JSON = [("content-type", "application/json")]


@pytest.mark.parametrize(
    ("canned", "why", "mend"),
    [
        (Canned(401, b'{"code":"unauthorized"}'), "401", "token_file"),
        (Canned(403, b'{"code":"forbidden"}'), "403", "token_file"),
        (Canned(404, b'{"code":"not found","message":"bucket \\"x\\" not found"}'), "not found", "influx setup"),
        (Canned(500, b'{"error":"retention policy not found: x"}'), "retention policy", "retention_policy"),
        (Canned(500, b'{"error":"timeout"}'), "500", ""),
        (Canned(502), "502", ""),
        (Canned(408), "408", ""),
        (Canned(429), "429", ""),
        (Canned(503), "503", ""),
        (Canned(200, b"<html>welcome to the hotel</html>"), "200", "the write address of an InfluxDB"),
        (Canned(301, headers=[("location", "https://elsewhere/")]), "301", "the write address of an InfluxDB"),
        (Canned(400, b"plain words"), "plain words", "an InfluxDB?"),
        (Canned(400, b'{"error":"unexpected EOF"}'), "unexpected EOF", "an InfluxDB?"),
    ],
)
async def test_each_answer_that_is_not_about_content_keeps_everything(canned: Canned, why: str, mend: str) -> None:
    async with scripted("2.7") as server:
        server.next_answers = [canned]
        sink = influx_sink(server.url)
        with pytest.raises(SinkUnavailableError) as error:
            await sink.write([uplink(1)])
        assert why in str(error.value)
        assert mend in error.value.mend
        assert bool(mend) == bool(error.value.mend)
        await sink.write([uplink(1)])
        await sink.close()
        assert len(server.answers.points) == 2


@pytest.mark.parametrize(("status", "header", "seconds"), [(429, "7", 7.0), (503, "120", 120.0), (503, "soon", None)])
async def test_retry_after_is_handed_on(status: int, header: str, seconds: float | None) -> None:
    async with scripted("2.7") as server:
        server.next_answers = [Canned(status, headers=[("retry-after", header)])]
        sink = influx_sink(server.url)
        with pytest.raises(SinkUnavailableError) as error:
            await sink.write([uplink(1)])
        await sink.close()
        assert error.value.retry_after_s == seconds


def test_retry_after_may_be_a_date() -> None:
    clock = Clock(lambda: T0)
    assert retry_after_s(formatdate(T0 / 1e9 + 30, usegmt=True), clock) == pytest.approx(30, abs=1)
    assert retry_after_s(formatdate(T0 / 1e9 - 30, usegmt=True), clock) == 0
    assert retry_after_s("999999999", clock) == 3_600


@pytest.mark.parametrize("faults", [["half"], ["garbage"], ["lost answer"] * 2, ["reset"] * 2])
async def test_an_exchange_that_breaks_is_repeated_later_with_the_same_bytes(faults: list[str]) -> None:
    """Silence on a kept connection is tried once more by the client itself, so it takes two to be heard of."""
    async with scripted("2.7") as server:
        server.faults = faults
        sink = influx_sink(server.url)
        batch = [uplink(number) for number in range(1, 40)]
        with pytest.raises(SinkUnavailableError):
            await sink.write(batch)
        await sink.write(batch)
        await sink.close()
        first, second = server.writes[-2:]
        assert first.body == second.body
        assert len(server.answers.points) == 78


async def test_a_server_that_hangs_costs_timeout_s_and_no_more() -> None:
    async with scripted("2.7") as server:
        server.faults = ["hang"]
        sink = influx_sink(server.url, timeout_s=0.2)
        started = time.monotonic()
        with pytest.raises(SinkUnavailableError, match=r"answer_s = 0\.2 s"):
            await sink.write([uplink(1)])
        assert time.monotonic() - started < 2
        await sink.close()


async def test_a_kept_connection_that_the_server_closed_is_replaced_unseen() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.write([uplink(1)])
        for number in (2, 3):
            server.drop_connections()
            await sink.write([uplink(number)])
        await sink.close()
        assert len(server.answers.points) == 6
        assert server.connections == 3


async def test_one_connection_carries_many_requests() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        for number in range(1, 20):
            await sink.write([uplink(number)])
        await sink.close()
        assert server.connections == 1


async def test_cancelled_in_the_middle_the_next_write_does_not_read_a_stranger_s_answer() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.write([uplink(1)])
        server.faults = ["hang"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await sink.write([uplink(2)])
        server.next_answers = [Canned(503)]
        with pytest.raises(SinkUnavailableError, match="503"):
            await sink.write([uplink(3)])
        await sink.close()


@pytest.mark.parametrize(
    ("flavour", "api", "target"),
    [
        ("1.6", "v1", "/write?db=citygate&precision=ns"),
        ("2.7", "v2", "/api/v2/write?org=city&bucket=pilots&precision=ns"),
        ("3", "v3", "/api/v3/write_lp?db=citygate&precision=nanosecond&accept_partial=true"),
    ],
)
async def test_the_write_route_follows_from_the_server_s_version(flavour: Flavour, api: str, target: str) -> None:
    async with scripted(flavour) as server:
        sink = influx_sink(server.url)
        await sink.write([uplink(1)])
        await sink.close()
        assert sink.api == api
        assert server.writes[0].target == target


async def test_a_version_that_the_settings_name_no_place_for_must_be_mended() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url, org="", bucket="")
        with pytest.raises(SinkUnavailableError) as error:
            await sink.start()
        assert 'bucket = "…"' in error.value.mend
        await sink.close()


async def test_a_new_token_in_the_file_is_used_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("revoked\n")
    async with scripted("2.7", token="fresh") as server:
        settings = InfluxdbSettings(url=server.url, org="city", bucket="pilots", token_file=file)
        sink = InfluxSink("influxdb", settings, Events(Clock()), Clock())
        await sink.start()
        with pytest.raises(SinkUnavailableError, match="401") as error:
            await sink.write([uplink(1)])
        assert str(file) in error.value.mend
        file.write_text("fresh\n")
        await sink.start()
        await sink.write([uplink(1)])
        file.unlink()
        with pytest.raises(SinkUnavailableError, match="cannot read"):
            await sink.start()
        await sink.close()
        assert len(server.answers.points) == 2


async def test_large_bodies_are_packed_small_ones_and_never_are_not() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        await sink.write([reading(1)])
        await sink.write([uplink(number) for number in range(1, 30)])
        plain = influx_sink(server.url, gzip="never")
        await plain.write([uplink(number) for number in range(1, 30)])
        await sink.close()
        await plain.close()
        small, packed, never = server.writes
        assert "content-encoding" not in small.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert len(packed.body) * 3 < len(never.body)
        assert gzip.decompress(packed.body) == never.body


def test_packing_says_no_time_so_that_the_same_lines_are_the_same_bytes() -> None:
    body = b"air,city=delft temperature_c=21.5 1\n" * 50
    assert compressed(body) == compressed(body)
    assert compressed(body)[4:8] == bytes(4)


async def test_a_batch_is_cut_by_lines_and_by_bytes() -> None:
    async with scripted("2.7") as server:
        by_lines = influx_sink(server.url, batch_max_lines=10)
        await by_lines.write([uplink(number) for number in range(1, 13)])
        assert [_lines(heard.body) for heard in server.writes] == [10, 10, 4]
        by_bytes = influx_sink(server.url, batch_max_bytes=1_500, gzip="never")
        await by_bytes.write([uplink(number) for number in range(1, 13)])
        await by_lines.close()
        await by_bytes.close()
        assert all(len(heard.body) <= 1_500 for heard in server.writes[3:])


async def test_what_a_413_taught_is_not_asked_again() -> None:
    async with scripted("2.7") as server:
        server.answers.max_body_bytes = 6_000
        sink = influx_sink(server.url)
        await sink.write([uplink(number) for number in range(1, 101)])
        asked = server.answers.writes
        server.answers.writes = 0
        await sink.write([uplink(number) for number in range(101, 201)])
        await sink.close()
        assert server.answers.writes < asked
        assert len(server.answers.points) == 400


async def test_what_line_protocol_cannot_say_is_refused_before_anything_is_asked() -> None:
    async with scripted("2.7") as server:
        sink = influx_sink(server.url)
        with pytest.raises(SinkRefusedError) as error:
            await sink.write([uplink(1), Revision(2, accepted(observed("colour", 3.0))), uplink(3)])
        await sink.close()
        (refusal,) = error.value.refusals
        assert (refusal.number, refusal.detail) == (2, "'colour' is not in the vocabulary")
        assert len(server.answers.points) == 4


@pytest.mark.parametrize("count", [1_000, 5_000])
async def test_one_poison_point_in_a_real_influxdb_costs_at_most_forty_requests(
    influxdb1: servers.Server, count: int
) -> None:
    world = InfluxWorld1(influxdb1)
    await world.poison()
    sink = influx_sink(influxdb1.url, batch_max_lines=count)
    culprit = count * 2 // 3
    batch = [poisoned(n) if n == culprit else reading(n) for n in range(1, count + 1)]
    with pytest.raises(SinkRefusedError) as error:
        await sink.write(batch)
    await sink.close()
    (refusal,) = error.value.refusals
    assert refusal.number == culprit
    assert "already exists as type integer" in refusal.detail
    assert sink._events.counts["influxdb_requests"] <= 40
    (series,) = query(influxdb1.url, "SELECT count(temperature_c) FROM air")
    assert series["values"][0][1] == count - 1


async def test_points_beyond_the_retention_of_a_real_influxdb_are_refused_by_name(influxdb1: servers.Server) -> None:
    get(f"{influxdb1.url}/query", b"q=CREATE RETENTION POLICY short ON citygate DURATION 1h REPLICATION 1")
    sink = influx_sink(influxdb1.url, retention_policy="short")
    now_ns = time.time_ns()
    batch = [
        Revision(n, accepted(observed(time_ns=now_ns - n * 600 * 10**9), time_ns=now_ns - n * 600 * 10**9))
        for n in range(1, 13)
    ]
    with pytest.raises(SinkRefusedError) as error:
        await sink.write(batch)
    await sink.close()
    refused = {refusal.number for refusal in error.value.refusals}
    (series,) = query(influxdb1.url, "SELECT count(temperature_c) FROM short.air")
    assert refused == set(range(13 - len(refused), 13))
    assert series["values"][0][1] == 12 - len(refused)
    assert refused


def _lines(body: bytes) -> int:
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).count(b"\n")
