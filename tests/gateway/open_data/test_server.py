"""Open data as a part of a running gateway: off by default, up when asked for, gone with an orderly stop."""

import asyncio
import http.client
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from gateway.config import load_config
from gateway.files.mistakes import ConfigError
from gateway.open_data.server import sums_file
from tests import servers
from tests.gateway import whole
from tests.gateway.road import until
from tests.proofs import city

PILOT = next(iter(city.PILOTS))


def fetched(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def written(folder: Path, table: str = "") -> Path:
    whole.write_files(folder, [whole.line(number) for number in range(5)], table)
    return folder / "citygate.toml"


async def test_a_gateway_serves_what_its_store_holds_and_stops_in_order(tmp_path: Path) -> None:
    port = servers.free_port()
    written(tmp_path, f'[open_data]\nenabled = true\nlisten = "127.0.0.1:{port}"\n')
    async with whole.running(tmp_path) as gateway:
        await until(lambda: gateway.events.counts["ListeningOn"])
        await until(lambda: gateway.refine.progress.counts["accepted"] == 5)
        status, body = await asyncio.to_thread(fetched, port, "/open/v1")
        assert status == 200
        assert [one["id"] for one in msgspec.json.decode(body)["pilots"]] == sorted(city.PILOTS)
        status, body = await asyncio.to_thread(fetched, port, f"/open/v1/{PILOT}/aggregates.csv")
        assert (status, body.startswith(b"id,type,pilot")) == (200, True)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.to_thread(fetched, port, "/open/v1")


async def test_it_is_off_unless_enabled(tmp_path: Path) -> None:
    written(tmp_path)
    async with whole.running(tmp_path) as gateway:
        assert gateway.open_data is None


def test_nothing_of_it_is_imported_unless_enabled() -> None:
    code = (
        "import sys, gateway.run;"
        "found = [name for name in sys.modules if name.startswith('gateway.open_data.')];"
        "assert found == ['gateway.open_data.settings'], found;"
        "import gateway.open_data.server;"
        "assert 'pyarrow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ('listen = "0.0.0.0:8480"', "TLS"),
        ('cert_file = "a.pem"', "together"),
        ('public_url = "data.example"', "public_url"),
        ("enable = true", "enabled"),
        ("max_rows = 0", "max_rows"),
    ],
)
def test_a_table_that_would_open_a_door_or_means_nothing_is_a_mistake(tmp_path: Path, table: str, word: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(written(tmp_path, f"[open_data]\n{table}\n"))
    assert word in str(error.value.mistakes)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    table = '[open_data]\nlisten = "0.0.0.0:8480"\ncert_file = "a.pem"\nkey_file = "b.pem"\n'
    config = load_config(written(tmp_path, table))
    assert config.open_data.cert_file == tmp_path / "a.pem"
    assert config.open_data.base_url == "https://0.0.0.0:8480"


def test_sums_are_read_where_the_first_sink_of_open_topics_keeps_them(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert sums_file(load_config(written(tmp_path)), state) is None
    sinks = '[sinks.{}]\nkind = "open-topics"\nurl = "mqtt://localhost:1883"\n{}'
    one = load_config(written(tmp_path, sinks.format("open", "") + sinks.format("second", "")))
    assert sums_file(one, state) == state / "open-topics-open.sqlite"
    elsewhere = load_config(written(tmp_path, sinks.format("open", 'path = "kept/open.sqlite"\n')))
    assert sums_file(elsewhere, state) == tmp_path / "kept" / "open.sqlite"
