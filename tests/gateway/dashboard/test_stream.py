"""Server-sent events of a whole gateway: what a page hears, what a slow one misses, and how many may listen."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from gateway.dashboard import answers
from gateway.dashboard.stream import MAX_PAGES, piece
from gateway.events import FilesReloaded
from gateway.ingest import KIND_RECEIVED
from pipelines.model import Received
from tests.gateway.dashboard import shown_city
from tests.gateway.dashboard.shown_city import Shown
from tests.gateway.road import until

SITES = [{"kind": "doors", "pilot": "safety-mechelen", "count": 2}]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("town")
    port = shown_city.write_city(folder, days=0.5, sites=SITES)
    with shown_city.shown(folder, port) as shown:
        yield shown


@asynccontextmanager
async def listening(town: Shown, *, receive_bytes: int = 0) -> AsyncIterator[asyncio.StreamReader]:
    """A page's stream behind its HTTP head; ``receive_bytes``: of the socket's buffer."""
    sock = socket.socket()
    if receive_bytes:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", town.port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1 << 16)
    writer.write(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head, head
    assert b"text/event-stream" in head
    try:
        yield reader
    finally:
        writer.close()


async def heard(reader: asyncio.StreamReader, name: str) -> Any:
    """The body of the next event of that name."""
    async with asyncio.timeout(10):
        while True:
            line = await reader.readline()
            if line == f"event: {name}\n".encode():
                data = await reader.readline()
                return json.loads(data.removeprefix(b"data: "))


async def receive_again(town: Shown) -> None:
    """The town's last message comes once more, as its next frame, at the town's end."""
    last = (town.gateway.config.path.parent / "past.ndjson").read_text().splitlines()[-1]
    line = json.loads(last)
    body = json.loads(line["body"]) | {"deduplicationId": "00000000-0000-4000-8000-000000000001"}
    body["fCnt"] += 1
    clock, intake = town.gateway.clock, town.gateway.logs.intake
    payload = json.dumps(body).encode()
    entry = Received("past", line["topic"], payload, shown_city.END_NS, clock.monotonic_ns(), clock.boot)
    intake.append([msgspec.msgpack.encode(entry)], KIND_RECEIVED)
    await intake.commit()


def test_a_page_hears_hello_the_overview_and_the_machine_room(town: Shown) -> None:
    async def listen() -> None:
        async with listening(town) as reader:
            msgspec.convert(await heard(reader, "hello"), answers.Hello)
            overview = msgspec.convert(await heard(reader, "overview"), answers.Overview)
            assert overview.things["ok"] == 2
            page = msgspec.convert(await heard(reader, "gateway"), answers.GatewayPage)
            assert page.pages_open == 1
            again = msgspec.convert(await heard(reader, "gateway"), answers.GatewayPage)
            assert again.at_ms >= page.at_ms
        await asyncio.sleep(0.2)

    town.loop.run_until_complete(listen())
    assert town.take(answers.GatewayPage, "/api/gateway").pages_open == 0


def test_a_named_event_and_a_changed_thing_are_heard_within_two_seconds(town: Shown) -> None:
    async def listen() -> tuple[answers.EventNow, answers.ThingsChanged]:
        async with listening(town) as reader:
            await heard(reader, "gateway")
            town.gateway.events.emit(FilesReloaded(devices=7, pilots=1))
            event = msgspec.convert(await heard(reader, "event"), answers.EventNow)
            await receive_again(town)
            return event, msgspec.convert(await heard(reader, "things"), answers.ThingsChanged)

    event, changed = town.loop.run_until_complete(listen())
    assert (event.name, event.fields["devices"]) == ("FilesReloaded", 7)
    assert len(changed.things) == 1
    assert changed.all is False


def test_reading_the_files_anew_tells_pages_to_ask_again(town: Shown) -> None:
    async def listen() -> int:
        async with listening(town) as reader:
            first = (await heard(reader, "hello"))["files"]
            await town.gateway.reload()
            return int((await heard(reader, "reload"))["files"]) - int(first)

    assert town.loop.run_until_complete(listen()) == 1


def test_more_pages_than_may_listen_are_refused_with_a_reason(town: Shown) -> None:
    async def listen() -> None:
        async with asyncio.TaskGroup() as group:
            done, greeted = asyncio.Event(), list[bool]()

            async def page() -> None:
                async with listening(town) as reader:
                    await heard(reader, "hello")
                    greeted.append(True)
                    await done.wait()

            for number in range(MAX_PAGES):
                group.create_task(page(), name=f"page {number}")
            await until(lambda: len(greeted) == MAX_PAGES)
            refused = await asyncio.to_thread(town._ask, "/api/stream", {}, {})
            done.set()
            assert refused.status == 503
            error = msgspec.json.decode(refused.body, type=answers.Error)
            assert error.code == "too-many-pages"
            assert refused.headers["retry-after"]

    town.loop.run_until_complete(listen())
    town.wait(0.2)
    assert town.take(answers.GatewayPage, "/api/gateway").pages_open == 0


def test_a_slow_page_costs_no_memory_and_is_told_the_newest_state(town: Shown) -> None:
    """It takes nothing while events pile up; what it hears afterwards is bounded and ends with the newest."""
    made = 30_000

    async def listen() -> tuple[int, int]:
        async with listening(town, receive_bytes=4_096) as reader:
            await heard(reader, "hello")
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            for number in range(made):
                town.gateway.events.emit(FilesReloaded(devices=number, pilots=0))
                if number % 3_000 == 0:
                    await asyncio.sleep(0.35)  # beats go on while nothing is taken
            reader._transport.resume_reading()  # type: ignore[attr-defined]
            seen, last = 0, -1
            while last != made - 1:
                last = (await heard(reader, "event"))["fields"]["devices"]
                seen += 1
            return seen, last

    seen, last = town.loop.run_until_complete(listen())
    assert last == made - 1
    assert seen <= 100 * 6, "a beat tells a hundred events at most, and those it could not tell are not kept"


def test_an_event_of_the_stream_is_one_line_of_data_whatever_is_in_it() -> None:
    said = answers.EventNow(1, 2, "info", "X", {"why": "a\nevent: hello\r\ndata: {}\u2028 <b>"})
    lines = piece("event", said).split(b"\n")
    assert lines[0] == b"event: event"
    assert lines[2:] == [b"", b""]
    assert b"\r" not in lines[1]
    assert msgspec.json.decode(lines[1].removeprefix(b"data: "), type=answers.EventNow) == said
