"""The metrics, as Prometheus itself judges and reads them."""

import asyncio
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import servers
from tests.gateway import road
from tests.gateway.http.asking import TOKEN, Listener, listening
from tests.gateway.road import until
from tests.proofs import city


@pytest.fixture(scope="module")
def promtool() -> str:
    return servers.program("promtool")


def samples(body: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


async def scraped(listener: Listener) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return samples((await listener.ask("/metrics")).body)


async def test_promtool_finds_nothing_to_say_and_no_label_grows_with_the_city(tmp_path: Path, promtool: str) -> None:
    async with listening(tmp_path) as listener:
        body = (await listener.ask("/metrics")).body
        said = await listener.ask("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert said.headers["content-type"].startswith("application/openmetrics-text")
    assert said.body.endswith(b"# EOF\n")
    checked = await asyncio.to_thread(
        lambda: subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False, timeout=20)
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b""), checked.stderr.decode()
    for stem in (b"station-0", b"weather-station/", b"weather-test", b"sensors/"):
        assert stem not in body
    assert len(body.splitlines()) < 400


async def test_the_road_is_counted_from_source_to_sink(tmp_path: Path) -> None:
    async with listening(tmp_path) as listener:
        deliveries = listener.gateway.deliveries
        await until(lambda: all(one.lag == 0 for one in deliveries))
        listener.gateway.ingest.receive([road.received("no JSON", source="plain")])
        await until(listener.gateway.refine.rejections.total)
        await until(lambda: all(one.lag == 0 for one in deliveries))
        found = await scraped(listener)
        assert found["citygate_received_messages_total", (("source", "plain"),)] == 5
        assert found["citygate_rejected_messages_total", (("reason", "malformed"),)] == 1
        assert found["citygate_outcomes_total", (("outcome", "accepted"),)] == 5
        assert found["citygate_sink_lag_entries", (("sink", "store"),)] == 0
        assert found["citygate_sink_up", (("sink", "store"),)] == 1
        assert found["citygate_log_commit_seconds_count", (("log", "intake"),)] >= 1
        assert found["citygate_log_needed_bytes", (("log", "intake"),)] == 0, "all of it is read"
        assert found["citygate_events_total", (("event", "GatewayStarted"),)] == 1
        assert found["process_resident_memory_bytes", ()] > 20e6
        assert found["citygate_clock_trusted", ()] == 1
        assert not [name for name, _ in found if name == "citygate_conditions"], "nothing is wrong"


async def test_what_is_wrong_is_counted_by_kind(tmp_path: Path) -> None:
    async with listening(tmp_path, city.mqtt_source("gone", servers.free_port(), "#", "helium")) as listener:
        await until(lambda: listener.gateway.events.counts["SourceLost"])
        found = await scraped(listener)
        assert found["citygate_conditions", (("kind", "source-lost"), ("severity", "warning"))] == 1
        assert found["citygate_source_connected", (("source", "gone"),)] == 0
        assert found["citygate_events_total", (("event", "SourceLost"),)] >= 1


@pytest.fixture
def scraper(tmp_path: Path) -> Iterator[tuple[Path, list[servers.Server]]]:
    """A Prometheus that is told later what to scrape."""
    started: list[servers.Server] = []
    folder = tmp_path / "prometheus"
    folder.mkdir()
    yield folder, started
    for server in started:
        server.stop()


def prometheus(folder: Path, target: int) -> servers.Server:
    (folder / "token").write_text(TOKEN)
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 200ms}\nscrape_configs:\n- job_name: citygate\n"
        f"  authorization: {{credentials_file: {folder}/token}}\n"
        f"  static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
    )
    port = servers.free_port()
    command = [
        servers.program("prometheus"), f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    ready = f"http://127.0.0.1:{port}/-/ready"
    return servers.Server("prometheus", command, port, folder / "log", lambda: servers.http_answers(ready))


async def test_a_real_prometheus_scrapes_it_with_the_token(
    tmp_path: Path, scraper: tuple[Path, list[servers.Server]]
) -> None:
    folder, started = scraper
    async with listening(tmp_path, token=TOKEN) as listener:
        server = prometheus(folder, listener.port)
        await asyncio.to_thread(server.start)
        started.append(server)

        def value() -> list[list[str]]:
            url = f"{server.url}/api/v1/query?query=citygate_received_messages_total"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return [row["value"] for row in json.load(answer)["data"]["result"]]

        found: list[list[str]] = []
        async with asyncio.timeout(30):
            while not found:
                await asyncio.sleep(0.1)
                found = await asyncio.to_thread(value)
        assert found[0][1] == "5"
