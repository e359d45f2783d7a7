"""Device lists of ChirpStack and The Things Stack, and what the command makes of them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from chirpstack_api import api
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.files.devices import load_device_records
from gateway.network_servers.listing import Ask, Listed, ServerError, ask_devices, table_of
from tests.gateway.network_servers import fakes
from tests.gateway.network_servers.fakes import APPLICATION, TOKEN

PILOT = """
id = "waste-delft"
title = "Bins"
city = "delft"
domains = ["waste"]
start = 2026-10-01
privacy_class = "B"
retention_days = 365
publisher = "City of Delft"
contact = { email = "pilot@delft.example" }
"""


def bins(count: int) -> list[dict[str, Any]]:
    return [
        {
            "ids": {"device_id": f"bin-{number}", "dev_eui": f"70B3D57ED00{number:05X}"},
            "name": f"Bin {number}",
            "attributes": {"feature": f"bin-{number}", "area": "centrum"},
            "version_ids": {"brand_id": "milesight-iot", "model_id": "em400-mud"},
            "locations": {"user": {"latitude": 52.01, "longitude": 4.36, "source": "SOURCE_REGISTRY"}},
        }
        for number in range(1, count + 1)
    ]


def item(number: int) -> Any:
    return api.DeviceListItem(
        dev_eui=f"70b3d57ed00{number:05x}",
        name=f"Bin {number}",
        device_profile_name="MUD bins",
        tags={"latitude": "52.01", "longitude": "4.36", "feature": f"waste-container/{number}"},
    )


def city(folder: Path) -> None:
    (folder / "pilots").mkdir()
    (folder / "pilots" / "waste-delft.toml").write_text(PILOT)
    (folder / "citygate.toml").write_text(
        '[gateway]\nid = "gw"\ncity = "delft"\n[sources.day]\nkind = "file"\npath = "d.ndjson"\ndialect = "tts-v3"\n'
    )
    (folder / "key").write_text(f"{TOKEN}\n")


def fetch(folder: Path, kind: str, url: str, application: str, *more: str) -> Any:
    files = ["--config", str(folder), "--token-file", str(folder / "key")]
    arguments = ["devices", "fetch", kind, url, "--application", application, "--pilot", "waste-delft", *files, *more]
    return CliRunner().invoke(main, arguments)


async def test_a_chirpstack_is_asked_page_by_page_and_its_tags_are_kept() -> None:
    async with fakes.chirpstack([item(number) for number in range(1, 251)]) as (url, server):
        listed = await ask_devices("chirpstack", Ask(url, APPLICATION, TOKEN))
    assert server.pages == [(0, 100), (100, 100), (200, 100)]
    assert len({device.id for device in listed}) == 250
    assert (listed[0].model, listed[0].tags["latitude"]) == ("MUD bins", "52.01")


@pytest.mark.parametrize(
    ("application", "token", "what", "mend"),
    [
        (APPLICATION, "wrong", "unauthenticated: invalid token", "API key"),
        ("another", TOKEN, "not found", "application/ID/device"),
    ],
)
async def test_a_chirpstack_that_refuses_is_told_with_a_cure(
    application: str, token: str, what: str, mend: str
) -> None:
    async with fakes.chirpstack([]) as (url, _):
        with pytest.raises(ServerError, match=what) as refused:
            await ask_devices("chirpstack", Ask(url, application, token))
    assert mend in refused.value.mend


async def test_nobody_at_the_address_is_told() -> None:
    with pytest.raises(ServerError, match="unavailable") as refused:
        await ask_devices("chirpstack", Ask("http://127.0.0.1:1", APPLICATION, TOKEN, timeout_s=3))
    assert "port" in refused.value.mend


async def test_a_things_stack_is_asked_page_by_page() -> None:
    with fakes.the_things_stack(bins(201)) as (url, asked):
        listed = await ask_devices("tts", Ask(url, "bins", TOKEN))
    assert len(listed) == 201
    assert [target.rpartition("page=")[2] for target in asked] == ["1", "2", "3"]
    assert "locations" in asked[0]
    assert listed[0] == Listed(
        "70B3D57ED0000001",
        "Bin 1",
        "milesight-iot/em400-mud",
        latitude=52.01,
        longitude=4.36,
        tags={"feature": "bin-1", "area": "centrum"},
    )


@pytest.mark.parametrize(
    ("application", "token", "answer", "what", "mend"),
    [
        ("bins", "wrong", None, "401", "API key"),
        ("cars", TOKEN, None, "404", "--application"),
        ("bins", TOKEN, b"<html>", "something else", "The Things Stack 3"),
    ],
)
async def test_a_things_stack_that_refuses_is_told_with_a_cure(
    application: str, token: str, answer: bytes | None, what: str, mend: str
) -> None:
    with fakes.the_things_stack([], answer=answer) as (url, _), pytest.raises(ServerError, match=what) as refused:
        await ask_devices("tts", Ask(url, application, token))
    assert mend in refused.value.mend


def test_a_model_becomes_a_profile_only_where_it_is_known() -> None:
    known = {"milesight-iot/em400-mud": "milesight-iot/em400-mud"}
    table = table_of([Listed("a1", "A", "milesight-iot/em400-mud"), Listed("a2", "B", "acme/new")], known)
    assert table.columns == ("DevEUI", "name", "profile", "server's model")
    assert [row.cells[2] for row in table.rows] == ["milesight-iot/em400-mud", ""]


def test_a_tag_never_takes_the_place_of_the_servers_own_id() -> None:
    table = table_of([Listed("a1", "A", tags={"DevEUI": "other", "latitude": "51.9"}, latitude=52.0)], {})
    assert dict(zip(table.columns, table.rows[0].cells, strict=True)) == {
        "DevEUI": "a1",
        "name": "A",
        "latitude": "51.9",
    }


def test_the_command_writes_the_devices_of_a_things_stack_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    city(tmp_path)
    with fakes.the_things_stack(bins(3)) as (url, _):
        shown = fetch(tmp_path, "tts", url, "bins", "--dry-run")
        assert "3 add" in shown.output, shown.output
        assert not (tmp_path / "devices").exists()
        assert fetch(tmp_path, "tts", url, "bins", "--yes").exit_code == 0
        again = fetch(tmp_path, "tts", url, "bins", "--yes")
    assert "3 same" in again.output
    records, mistakes = load_device_records(tmp_path / "devices")
    assert not mistakes
    first = records[0].table
    assert (first.id, first.profile, first.feature, first.area) == (
        "70b3d57ed0000001",
        "milesight-iot/em400-mud",
        "waste-container/bin-1",
        "centrum",
    )
    assert (first.latitude, first.longitude) == (52.01, 4.36)


async def test_the_command_takes_a_chirpstacks_models_as_told(tmp_path: Path) -> None:
    city(tmp_path)
    async with fakes.chirpstack([item(1), item(2)]) as (url, _):
        unknown = await asyncio.to_thread(fetch, tmp_path, "chirpstack", url, APPLICATION, "--yes")
        told = ("--yes", "--profile-for", "MUD bins=milesight-iot/em400-mud")
        done = await asyncio.to_thread(fetch, tmp_path, "chirpstack", url, APPLICATION, *told)
    assert unknown.exit_code == 1
    assert "profile" in unknown.output
    assert done.exit_code == 0, done.output
    records, _ = load_device_records(tmp_path / "devices")
    assert [record.table.feature for record in records] == ["waste-container/1", "waste-container/2"]


def test_a_key_that_cannot_be_read_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    city(tmp_path)
    (tmp_path / "key").unlink()
    result = fetch(tmp_path, "tts", "http://127.0.0.1:1", "bins")
    assert result.exit_code == 2
    assert "API key" in result.output
