"""The contract of sinks, asked of the InfluxDB sink before three generations and a look-alike."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests import servers
from tests.contracts.influx_world import InfluxWorld1, ScriptedWorld, VictoriaWorld, get
from tests.contracts.scripted_influx import scripted
from tests.contracts.sink_contract import RefusingSinkContract, SinkContract, SinkWorld


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(servers.influxdb1(tmp_path_factory.mktemp("influxdb"))) as server:
        yield server


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(servers.victoria_metrics(tmp_path_factory.mktemp("victoria"))) as server:
        yield server


class TestInfluxDb1(RefusingSinkContract):
    @pytest.fixture
    def world(self, influxd: servers.Server) -> SinkWorld:
        for statement in (b"q=DROP DATABASE citygate", b"q=CREATE DATABASE citygate"):
            get(f"{influxd.url}/query", statement)
        return InfluxWorld1(influxd)


class TestVictoriaMetricsV1(SinkContract):
    api = "v1"

    @pytest.fixture
    def world(self, victoria: servers.Server) -> SinkWorld:
        get(f"{victoria.url}/internal/force_flush")
        get(f"{victoria.url}/api/v1/admin/tsdb/delete_series?match[]=%7B__name__!=%22%22%7D")
        return VictoriaWorld(victoria, self.api)


class TestVictoriaMetricsV2(TestVictoriaMetricsV1):
    api = "v2"


class TestWordsOfInfluxDb1(RefusingSinkContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[SinkWorld]:
        async with scripted("1.6") as server:
            yield ScriptedWorld(server)


class TestWordsOfInfluxDb2(RefusingSinkContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[SinkWorld]:
        async with scripted("2.7") as server:
            yield ScriptedWorld(server)


class TestWordsOfInfluxDb2WhenALineCannotBeParsed(RefusingSinkContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[SinkWorld]:
        async with scripted("2.7 unparsable") as server:
            yield ScriptedWorld(server)


class TestWordsOfInfluxDb3(RefusingSinkContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[SinkWorld]:
        async with scripted("3") as server:
            yield ScriptedWorld(server)
