"""The control socket, over a real one."""

import asyncio
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.control import ControlError, ControlServer, NotRunningError, Reply, ask

closed = threading.Event()


async def count(question: Reply) -> AsyncIterator[Reply]:
    for number in range(int(question["upto"])):
        yield {"number": number}


async def refuse(_question: Reply) -> AsyncIterator[Reply]:
    yield {"begun": True}
    raise ControlError("no such device", "Write it down first.")


async def endless(_question: Reply) -> AsyncIterator[Reply]:
    try:
        while True:
            yield {"tick": "x" * 50_000}
            await asyncio.sleep(0)
    finally:
        closed.set()


HANDLERS = {"count": count, "refuse": refuse, "endless": endless}


async def asked(path: Path, command: str, **question: Any) -> list[Reply]:
    return await asyncio.to_thread(lambda: list(ask(path, command, **question)))


async def test_replies_are_streamed_in_order(tmp_path: Path) -> None:
    async with ControlServer(tmp_path / "c.sock", HANDLERS):
        assert await asked(tmp_path / "c.sock", "count", upto=3) == [{"number": n} for n in range(3)]
        assert await asked(tmp_path / "c.sock", "count", upto=0) == []


async def test_a_refusal_carries_its_mend(tmp_path: Path) -> None:
    async with ControlServer(tmp_path / "c.sock", HANDLERS):
        with pytest.raises(ControlError, match="no such device") as refused:
            await asked(tmp_path / "c.sock", "refuse")
        assert refused.value.mend == "Write it down first."
        with pytest.raises(ControlError, match="knows no command 'rewind'"):
            await asked(tmp_path / "c.sock", "rewind")


async def test_only_the_owner_can_open_the_socket_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    async with ControlServer(path, HANDLERS):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()
    with pytest.raises(NotRunningError):
        list(ask(path, "count"))


async def test_a_socket_left_behind_by_a_killed_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with pytest.raises(NotRunningError):
        list(ask(path, "count"))
    async with ControlServer(path, HANDLERS):
        assert len(await asked(path, "count", upto=2)) == 2


async def test_an_asker_who_goes_away_ends_the_work(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    closed.clear()
    async with ControlServer(path, HANDLERS):

        def look_once() -> None:
            for _reply in ask(path, "endless"):
                return

        await asyncio.to_thread(look_once)
        assert await asyncio.to_thread(closed.wait, 5)


@pytest.mark.parametrize("question", [b"nonsense\n", b"[1]\n", b"{}\n", b"x" * 70_000 + b"\n", b"\xff\n"])
async def test_what_is_no_question_is_answered_and_the_next_one_served(tmp_path: Path, question: bytes) -> None:
    path = tmp_path / "c.sock"
    async with ControlServer(path, HANDLERS):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(question)
        answer = await reader.readline()
        assert b"error" in answer
        writer.close()
        await writer.wait_closed()
        assert await asked(path, "count", upto=1) == [{"number": 0}]


async def test_a_path_that_no_socket_can_have_is_told_with_its_mend(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 100) / "c.sock"
    with pytest.raises(OSError, match="too long for a socket: set a short path"):
        await ControlServer(path, {}).__aenter__()


async def test_a_gateway_that_stops_in_the_middle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "c.sock"

    async def vanish(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'{"reply": {"a": 1}}\n')
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(vanish, str(path))
    async with server:
        with pytest.raises(ControlError, match="in the middle"):
            await asked(path, "count")


def test_the_umask_is_as_before(tmp_path: Path) -> None:
    before = os.umask(0o022)
    os.umask(before)

    async def once() -> None:
        async with ControlServer(tmp_path / "c.sock", {}):
            pass

    asyncio.run(once())
    after = os.umask(before)
    assert after == before
