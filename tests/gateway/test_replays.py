"""What the control socket's replays do to a whole gateway in this loop."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.control import ControlError, ask
from gateway.journal.log import Entry, Log
from gateway.journal.notices import LogFullError
from gateway.progress import KIND_FIRST
from gateway.replays import FILE_NAME
from gateway.run import Gateway
from gateway.sinks.quarantine.read import Quarantine
from pipelines.model import Refused
from tests.gateway import whole
from tests.gateway.road import until

encode = msgspec.msgpack.Encoder().encode


async def asked(gateway: Gateway, command: str, **question: Any) -> dict[str, Any]:
    replies = await asyncio.to_thread(lambda: list(ask(gateway.config.control_socket, command, **question)))
    return replies[-1]


async def settled(gateway: Gateway, position: int) -> None:
    await until(lambda: gateway.refine.progress.position >= position)
    await until(lambda: not any(delivery.lag for delivery in gateway.deliveries))


async def refuse(gateway: Gateway, of: int) -> None:
    """As delivery writes it when a server would not take what intake entry ``of`` became."""
    gateway.logs.ledger.append(
        [encode(Refused("influx", of, of, "field type conflict", b"line", 1, f"d{of}"))], KIND_FIRST
    )
    await gateway.logs.ledger.commit(sync=True)
    await settled(gateway, of)


async def test_a_replay_in_many_stretches_finds_what_one_stretch_finds_and_one_reads_the_ledger_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole.write_files(tmp_path, [*(whole.line(number) for number in range(1, 12)), whole.line(12, station="unknown")])
    scans = 0
    fetch = Log.fetch

    async def counted(self: Log, start: int, **options: Any) -> list[Entry]:
        nonlocal scans
        scans += self.options.readable == "written" and start == 1 and options.get("max_entries") == 1_000
        return await fetch(self, start, **options)

    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 12)
        monkeypatch.setattr(Log, "fetch", counted)
        once = await asked(gateway, "replay", first=1, dry_run=True)
        assert (once["first"], once["last"], once["refined"], once["changed"]) == (1, 12, 12, 0)
        assert once["properties"]
        assert scans == 1
        monkeypatch.setattr("gateway.replay.STRETCH", 5)
        assert await asked(gateway, "replay", first=1, dry_run=True) == once
        assert scans == 4
        monkeypatch.setattr("gateway.replay.READ_AHEAD", 1)
        assert await asked(gateway, "replay", first=1, dry_run=True) == once


async def test_what_a_server_refused_is_brought_again_and_is_then_no_longer_held(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [whole.line(number) for number in range(1, 6)])
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 5)
        await refuse(gateway, 2)
        await refuse(gateway, 4)
        before = gateway.logs.ledger.next_number
        assert (await asked(gateway, "rejected_retry", reason="malformed"))["refined"] == 0
        assert (await asked(gateway, "rejected_retry", numbers=[3]))["refined"] == 0
        assert gateway.logs.ledger.next_number == before
        found = await asked(gateway, "rejected_retry", reason="refused", numbers=[2])
        assert (found["first"], found["last"], found["refined"], found["changed"]) == (2, 2, 1, 0)
        assert gateway.logs.ledger.next_number == before + 1, "brought again as a correction"
        found = await asked(gateway, "rejected_retry")
        assert (found["refined"], found["changed"]) == (1, 0)
        await settled(gateway, 5)
        assert (await asked(gateway, "rejected_retry", reason="refused"))["refined"] == 0
    with Quarantine(tmp_path / "state" / "quarantine.sqlite") as held:
        assert held.entries() == []
        assert [entry.state for entry in held.show(2)] == ["retried"]


async def test_a_replay_that_leaves_no_record_says_so_and_does_not_hide_what_broke_it_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole.write_files(tmp_path, [whole.line(number) for number in range(1, 4)])
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 3)
        (tmp_path / "state" / FILE_NAME).mkdir()
        with pytest.raises(ControlError, match=r"complete, but left no record: .*Is a directory"):
            await asked(gateway, "replay", first=1)
        await refuse(gateway, 2)
        with pytest.raises(ControlError, match="left no record"):
            await asked(gateway, "rejected_retry", reason="refused")
        await settled(gateway, 3)
        with Quarantine(tmp_path / "state" / "quarantine.sqlite") as held:
            assert held.refused_numbers() == frozenset()

        async def full(**_: bool) -> int:
            raise LogFullError("no space left")

        with monkeypatch.context() as patch:
            patch.setattr(gateway.logs.ledger, "commit", full)
            with pytest.raises(ControlError, match="the ledger cannot be written: no space left"):
                await asked(gateway, "replay", first=1)


async def test_a_dry_run_over_files_that_cannot_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: object) -> None:
        raise PermissionError(13, "Permission denied", "devices/air.toml")

    whole.write_files(tmp_path, [whole.line(1)])
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 1)
        monkeypatch.setattr("gateway.replays.load_known", unreadable)
        with pytest.raises(ControlError, match=r"cannot be read:\n.*Permission denied: 'devices/air.toml'"):
            await asked(gateway, "replay", first=1, dry_run=True)
