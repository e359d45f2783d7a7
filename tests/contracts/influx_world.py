"""Worlds for the InfluxDB sink: the real 1.6.7, VictoriaMetrics, and the scripted server in the words of 2.7 and 3."""

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import Sequence

from gateway.clock import Clock
from gateway.events import Events
from gateway.sinks.influxdb.settings import InfluxdbSettings
from gateway.sinks.influxdb.sink import InfluxSink
from tests import servers
from tests.contracts.ledger_entries import T0
from tests.contracts.line_reader import Point
from tests.contracts.scripted_influx import ScriptedInflux
from tests.contracts.sink_contract import SinkWorld


def influx_sink(url: str, **settings: object) -> InfluxSink:
    """A sink that gives up soon; tests wait for nothing."""
    places = {"api": "auto", "database": "citygate", "org": "city", "bucket": "pilots", "timeout_s": 5.0}
    made = InfluxdbSettings.model_validate(places | settings | {"url": url})
    clock = Clock()
    return InfluxSink("influxdb", made, Events(clock), clock, token="secret" if "token" in settings else "")


def get(url: str, body: bytes | None = None) -> bytes:
    with urllib.request.urlopen(url, body, timeout=10) as answer:
        said: bytes = answer.read()
        return said


def query(url: str, influxql: str) -> list[dict[str, list[list[object]]]]:
    """The series of one InfluxQL statement."""
    asked = urllib.parse.urlencode({"q": influxql, "db": "citygate", "epoch": "ns"}).encode()
    (result,) = json.loads(get(f"{url}/query", asked))["results"]
    assert "error" not in result, result
    series: list[dict[str, list[list[object]]]] = result.get("series", [])
    return series


class InfluxWorld1(SinkWorld):
    """The real InfluxDB 1.6.7. Poison: the field is an integer there already."""

    def __init__(self, server: servers.Server) -> None:
        self.server = server

    def sink(self) -> InfluxSink:
        return influx_sink(self.server.url)

    async def arrived(self) -> Sequence[int]:
        series = await asyncio.to_thread(query, self.server.url, "SELECT f_cnt FROM lorawan")
        values = await asyncio.to_thread(
            query, self.server.url, "SELECT temperature_c FROM air WHERE pilot = 'air-delft'"
        )
        links = sorted(int(row[1]) for row in (series[0]["values"] if series else []))  # type: ignore[call-overload]
        rows = values[0]["values"] if values else []
        numbers = sorted(round(float(row[1]) * 10) for row in rows)  # type: ignore[arg-type]
        assert set(links) >= set(numbers), "values and links travel together"
        return numbers

    async def stop(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)

    async def poison(self) -> None:
        seed = b"air,pilot=elsewhere co2_ppm=400i %d" % T0
        await asyncio.to_thread(get, f"{self.server.url}/write?db=citygate", seed)


class VictoriaWorld(SinkWorld):
    """VictoriaMetrics: takes the v2 route and refuses no line."""

    def __init__(self, server: servers.Server, api: str) -> None:
        self.server = server
        self.api = api

    def sink(self) -> InfluxSink:
        return influx_sink(self.server.url, api=self.api)

    async def arrived(self) -> Sequence[int]:
        return await asyncio.to_thread(self._export)

    def _export(self) -> list[int]:
        get(f"{self.server.url}/internal/force_flush")
        match = urllib.parse.urlencode({"match[]": "air_temperature_c", "start": "0", "reduce_mem_usage": "1"})
        lines = get(f"{self.server.url}/api/v1/export?{match}").splitlines()
        # A line per series. Repeats stay until the server merges its parts; one time of one series is one reading.
        found = [dict(zip(row["timestamps"], row["values"], strict=True)) for row in map(json.loads, lines)]
        return sorted(round(value * 10) for points in found for value in points.values())

    async def stop(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def start(self) -> None:
        await asyncio.to_thread(self.server.start)


class ScriptedWorld(SinkWorld):
    """The scripted server, in the words of one generation."""

    def __init__(self, server: ScriptedInflux) -> None:
        self.server = server

    def sink(self) -> InfluxSink:
        return influx_sink(self.server.url)

    async def arrived(self) -> Sequence[int]:
        points = self.server.answers.points
        air = [fields for (name, _, _), fields in points.items() if name == "air"]
        return sorted(round(float(fields["temperature_c"]) * 10) for fields in air)

    async def stop(self) -> None:
        await self.server.stop()

    async def start(self) -> None:
        await self.server.start()

    async def poison(self) -> None:
        self.server.answers.refuses = carbon_dioxide


def carbon_dioxide(point: Point) -> str:
    """The scripted servers hold co2_ppm as an integer."""
    return "co2_ppm" if "co2_ppm" in point.fields else ""
