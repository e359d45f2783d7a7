"""HTTP push over a real server and real sockets: 200 means durable, and every refusal has its number."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.clock import Clock
from gateway.events import Events, ListeningOn
from gateway.sources.http_push import HttpPushSource
from gateway.sources.http_settings import HttpSourceSettings
from tests.gateway.road import emitted, until
from tests.gateway.sources.memory_intake import MemoryIntake


class Listener:
    """A running source and its address."""

    def __init__(self, intake: MemoryIntake, *, token: bytes | None = None, **given: Any) -> None:
        settings = HttpSourceSettings(**({"kind": "http", "listen": "127.0.0.1:0", "dialect": "tts-v3"} | given))
        self.intake, self.events = intake, Events()
        self.source = HttpPushSource("hook", settings, intake, Clock(), self.events, token=token)
        self.port = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def post(self, path: str = "/push", body: bytes = b"{}", *headers: str, method: str = "POST") -> "Answer":
        reader, writer = await self.connect()
        head = [f"{method} {path} HTTP/1.1", "Host: gateway", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(head).encode() + body)
        answer = await read_answer(reader)
        writer.close()
        return answer


class Answer:
    def __init__(self, head: str, body: bytes) -> None:
        lines = head.split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.body = body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    async with asyncio.timeout(5):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().strip()
        answer = Answer(head, b"")
        answer.body = await reader.readexactly(int(answer.headers["content-length"]))
        return answer


@contextlib.asynccontextmanager
async def listening(intake: MemoryIntake, *, token: bytes | None = None, **given: Any) -> AsyncIterator[Listener]:
    listener = Listener(intake, token=token, **given)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(listener.source.run(), name="hook")
        await until(lambda: emitted(listener.events, ListeningOn))
        [event] = emitted(listener.events, ListeningOn)
        assert isinstance(event, ListeningOn)
        listener.port = int(event.address.rsplit(":", 1)[1].split("/")[0])
        yield listener
        await listener.source.close()
        await task


async def test_200_is_answered_when_the_body_is_durable_and_not_before() -> None:
    intake = MemoryIntake("told")
    async with listening(intake) as listener, asyncio.TaskGroup() as group:
        answer = group.create_task(listener.post(body=b'{"a": 1}'), name="sender")
        await until(lambda: intake.entries)
        await asyncio.sleep(0.05)
        assert not answer.done()
        intake.make_durable()
        assert (await answer).status == 200
        [entry] = intake.entries
        assert (entry.source, entry.topic, entry.body, entry.qos) == ("hook", "", b'{"a": 1}', 1)
        assert listener.events.counts["received.hook"] == 1


TOPICS = {
    "/push": "",
    "/push/": "",
    "/push/apps/a/up": "apps/a/up",
    "/push/apps/a?event=up": "apps/a?event=up",
    "/push?event=status": "?event=status",
    "/push/100%2525": "100%25",
}


async def test_the_topic_is_the_path_below_and_the_event() -> None:
    async with listening(MemoryIntake()) as listener:
        for path in TOPICS:
            assert (await listener.post(path)).status == 200
        assert [entry.topic for entry in listener.intake.entries] == list(TOPICS.values())


async def test_what_nobody_understands_is_kept_all_the_same() -> None:
    async with listening(MemoryIntake()) as listener:
        assert (await listener.post(body=b"\xff\x00 no JSON")).status == 200
        assert (await listener.post(body=b"")).status == 200
        assert [entry.body for entry in listener.intake.entries] == [b"\xff\x00 no JSON", b""]


WRONG = ("", "Bearer wrong", "secret-1", "Basic secret-1", "Bearer")


async def test_without_the_token_nothing_is_taken() -> None:
    async with listening(MemoryIntake(), token=b"secret-1") as listener:
        for given in (None, *WRONG):
            headers = [] if given is None else [f"Authorization: {given}"]
            answer = await listener.post("/push", b"{}", *headers)
            assert (answer.status, listener.intake.entries) == (401, []), given
            assert b"secret" not in answer.body
        assert listener.events.counts["refused.hook.token"] == 1 + len(WRONG)


async def test_with_the_token_it_is_taken() -> None:
    async with listening(MemoryIntake(), token=b"secret-1") as listener:
        for scheme in ("Bearer", "bearer"):
            assert (await listener.post("/push", b"{}", f"Authorization: {scheme} secret-1")).status == 200


async def test_other_paths_and_methods_are_not_ours() -> None:
    async with listening(MemoryIntake()) as listener:
        assert (await listener.post("/other")).status == 404
        assert (await listener.post("/pushed")).status == 404
        assert (await listener.post(method="GET")).status == 405
        assert listener.intake.entries == []


async def test_a_body_over_the_limit_is_refused_by_its_length_before_it_is_read() -> None:
    async with listening(MemoryIntake(), max_payload_bytes=2_000) as listener:
        reader, writer = await listener.connect()
        writer.write(b"POST /push HTTP/1.1\r\nHost: g\r\nContent-Length: 2001\r\n\r\n")
        assert (await read_answer(reader)).status == 413
        assert await reader.read() == b"", "the connection ends"
        writer.close()
        assert (await listener.post(body=b"x" * 2_000)).status == 200


async def test_a_chunked_body_counts_as_it_comes() -> None:
    async with listening(MemoryIntake(), max_payload_bytes=2_000) as listener:
        chunk = b"3e8\r\n" + b"x" * 1_000 + b"\r\n"
        for chunks, status in ((2, 200), (3, 413)):
            reader, writer = await listener.connect()
            writer.write(b"POST /push HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * chunks)
            writer.write(b"0\r\n\r\n")
            assert (await read_answer(reader)).status == status
            writer.close()
        assert [len(entry.body) for entry in listener.intake.entries] == [2_000]
        assert listener.events.counts["refused.hook.oversize"] == 1


async def test_a_full_ring_asks_to_come_again() -> None:
    intake = MemoryIntake()
    async with listening(intake) as listener:
        intake.full = True
        answer = await listener.post()
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        intake.full = False
        assert (await listener.post()).status == 200


async def test_a_ring_that_filled_while_the_body_came_takes_it_no_more() -> None:
    intake = MemoryIntake()
    async with listening(intake) as listener:
        reader, writer = await listener.connect()
        writer.write(b"POST /push HTTP/1.1\r\nHost: g\r\nContent-Length: 4\r\n\r\nab")
        await asyncio.sleep(0.05)
        intake.full = True
        writer.write(b"cd")
        assert (await read_answer(reader)).status == 503
        writer.close()
        assert intake.entries == []


async def test_a_sender_who_goes_away_leaves_nothing_and_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    intake = MemoryIntake("told")
    async with listening(intake) as listener:
        _reader, writer = await listener.connect()
        writer.write(b"POST /push HTTP/1.1\r\nHost: g\r\nContent-Length: 400\r\n\r\nab")
        await asyncio.sleep(0.05)
        writer.close()
        await until(lambda: listener.events.counts["refused.hook.broken_off"])
        _reader, writer = await listener.connect()  # … and one who goes while it becomes durable
        writer.write(b"POST /push HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\nab")
        await until(lambda: intake.entries)
        writer.close()
        intake.make_durable()
        await asyncio.sleep(0.05)
        assert [entry.body for entry in intake.entries] == [b"ab"]
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]


async def test_a_sender_who_does_not_come_to_an_end_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sources.http_push.BODY_WITHIN_S", 0.1)
    async with listening(MemoryIntake()) as listener:
        reader, writer = await listener.connect()
        writer.write(b"POST /push HTTP/1.1\r\nHost: g\r\nContent-Length: 4\r\n\r\nab")
        assert (await read_answer(reader)).status == 408
        writer.close()


async def test_an_orderly_stop_answers_those_who_are_in_and_sends_the_others_away() -> None:
    intake = MemoryIntake("told")
    async with listening(intake) as listener, asyncio.TaskGroup() as group:
        inside = group.create_task(listener.post(), name="sender")
        await until(lambda: intake.entries)
        await listener.source.stop_reading()
        assert (await listener.post()).status == 503
        intake.make_durable()
        await listener.source.close()
        assert (await inside).status == 200
        with pytest.raises(OSError, match=r"refused|closed|Connect"):
            await listener.connect()


async def test_an_address_that_is_taken_is_said_in_the_words_of_the_file() -> None:
    async with listening(MemoryIntake()) as listener:
        second = Listener(MemoryIntake(), listen=f"127.0.0.1:{listener.port}")
        with pytest.raises(OSError, match=r"sources\.hook\.listen: 127\.0\.0\.1:\d+ cannot be bound"):
            await second.source.run()
        assert emitted(second.events, ListeningOn) == []


def test_a_port_that_cannot_be_is_a_mistake_in_the_file() -> None:
    with pytest.raises(ValidationError, match="Ports end at 65535"):
        HttpSourceSettings.model_validate({"kind": "http", "listen": "127.0.0.1:70000", "dialect": "tts-v3"})


async def test_it_listens_on_ipv6_too() -> None:
    async with listening(MemoryIntake(), listen="[::1]:0") as listener:
        [event] = emitted(listener.events, ListeningOn)
        assert isinstance(event, ListeningOn)
        assert event.address == f"http://[::1]:{listener.port}/push"
        reader, writer = await asyncio.open_connection("::1", listener.port)
        writer.write(b"POST /push HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}")
        assert (await read_answer(reader)).status == 200
        writer.close()
