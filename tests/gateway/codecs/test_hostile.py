"""Every row of misbehaviour we know, and workers that die. What must hold: one answer each, blame where it belongs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gateway.codecs.codecs import STRIKES_TO_QUARANTINE, Codecs
from gateway.events import CodecKilled, CodecQuarantined, Events
from pipelines.codec import CodecAnswer
from tests.codec_calls import call, codec, returns

GOOD = returns("input.bytes[0]")
ENDED = ("stopped", "killed")
"""By the engine, or on a machine where 100 ms of CPU take longer than 250 ms by the wall limit."""
ENDED_WITHIN_S = 1.5

STOPPED = {
    "endless loop": "while (true) {}",
    "endless loop that catches": "while (true) { try { while (true) {} } catch (e) {} finally { continue; } }",
    "array bomb": "var a = []; while (true) a.push(new Array(1000).fill(1));",
    "string bomb": "var s = 'x'; while (true) s += s + s.slice(1);",
    "typed array bomb": "var a = []; while (true) a.push(new Uint8Array(1 << 20));",
    "catastrophic regex": "/(a+)+$/.test('a'.repeat(40) + '!');",
    "fill of four billion": "new Array(2 ** 32 - 1).fill(0);",
}
ANSWERED = {
    "deep recursion": "function f() { return f() + 1; } f();",
    "recursion through toString": "var o = { toString() { return '' + o; } }; '' + o;",
    "recursion through sort": "function s() { [2, 1].sort(s); } s();",
    "a host to be found": "Function('return this')().process.exit();",
    "waiting": "Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0);",
}
KILLED = {
    "a join of a hundred million": "new Array(1e8).join('abc');",
}
EITHER = {
    "deep JSON": "var o = {}; for (var n = 0; n < 200000; n++) o = {o}; JSON.stringify(o);",
    "squaring of a big integer": "var b = 3n; while (true) b = b * b;",
    "deep regex": "new RegExp('('.repeat(50000) + ')'.repeat(50000)).test('');",
    "deep array in an answer": "var a = []; for (var n = 0; n < 20000; n++) a = [a]; return { data: { a } };",
    "import": "return { data: { p: String(import('std')) } };",
    "a getter that loops": "return { data: { get x() { while (true) {} } } };",
    "a proxy that loops": "return new Proxy({}, { ownKeys() { while (true) {} } });",
    "promises for ever": "(function again() { Promise.resolve().then(again); })(); return { data: { x: 1 } };",
}


def body(statements: str) -> str:
    return f"function decodeUplink(input) {{ {statements} }}"


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
async def codecs(events: Events) -> AsyncIterator[Codecs]:
    async with Codecs(events) as opened:
        await opened.decode([call(GOOD)])
        await until(lambda: len(opened.worker_pids) == 2)
        yield opened


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not reached():  # noqa: ASYNC110 - the state of another process is not an event
            await asyncio.sleep(0)


async def timed(codecs: Codecs, *sources: str) -> tuple[list[CodecAnswer], float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    answers = await codecs.decode([call(source) for source in sources])
    return list(answers), loop.time() - began


@pytest.mark.parametrize("statements", STOPPED.values(), ids=STOPPED)
async def test_a_script_is_stopped_and_its_worker_serves_the_next(
    codecs: Codecs, events: Events, statements: str
) -> None:
    pids = codecs.worker_pids
    (answer,), took_s = await timed(codecs, body(statements))
    assert answer.ending in ENDED
    assert took_s < ENDED_WITHIN_S
    (good,), _ = await timed(codecs, GOOD)
    assert good.output == {"data": {"value": 1}}
    if answer.ending == "stopped":
        assert pids[0] in codecs.worker_pids
        assert events.counts["CodecKilled"] == 0


@pytest.mark.parametrize("statements", ANSWERED.values(), ids=ANSWERED)
async def test_what_the_engine_refuses_is_a_failed_decode(codecs: Codecs, statements: str) -> None:
    (answer, good), _ = await timed(codecs, body(statements), GOOD)
    assert answer.ending == "failed"
    assert good.output == {"data": {"value": 1}}


@pytest.mark.parametrize("statements", KILLED.values(), ids=KILLED)
async def test_native_code_that_does_not_listen_is_ended_by_the_kernel(
    codecs: Codecs, events: Events, statements: str
) -> None:
    (good, bad, other), took_s = await timed(codecs, GOOD, body(statements), GOOD)
    assert bad.ending == "killed"
    assert "100 ms of CPU" in bad.said or "250 ms" in bad.said
    assert (good.output, other.output) == ({"data": {"value": 1}}, {"data": {"value": 1}})
    assert took_s < ENDED_WITHIN_S
    assert events.counts["CodecKilled"] == 1


@pytest.mark.parametrize("statements", EITHER.values(), ids=EITHER)
async def test_whatever_it_does_it_has_one_answer_and_the_next_is_served(codecs: Codecs, statements: str) -> None:
    (answer, good), took_s = await timed(codecs, body(statements), GOOD)
    assert answer.ending in ("answered", "failed", "stopped", "killed")
    assert good.output == {"data": {"value": 1}}
    assert took_s < ENDED_WITHIN_S


async def test_a_loop_at_load_is_stopped_too(codecs: Codecs) -> None:
    (answer,), _ = await timed(codecs, "while (true) {}")
    assert answer.ending in ENDED


async def test_a_death_from_outside_blames_nobody(codecs: Codecs, events: Events) -> None:
    work = asyncio.gather(codecs.decode([call(returns(f"input.bytes[0] + {n}")) for n in range(200)]))
    await asyncio.sleep(0.01)
    os.kill(codecs.worker_pids[0], signal.SIGKILL)
    (answers,) = await work
    assert [answer.output for answer in answers] == [{"data": {"value": 1 + n}} for n in range(200)]
    assert events.counts["CodecKilled"] == 0


T = TypeVar("T")


async def caught_at_work(codecs: Codecs, ask: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Future[T]:
    """Ask until the worker is seen in the middle of an item: on a busy machine it may be over before one looks."""
    for _ in range(50):
        work = asyncio.ensure_future(ask())
        while not work.done():
            if codecs._main._current is not None:
                return work
            await asyncio.sleep(0)
        await work
    raise AssertionError("fifty items were over before they were seen")


async def test_a_segmentation_fault_blames_the_announced_item_and_no_other(codecs: Codecs, events: Events) -> None:
    slow = body("var n = 0; while (n < 3e5) n++; return {data: {n}};")
    work = await caught_at_work(codecs, lambda: codecs.decode([call(slow), *[call(GOOD)] * 20]))
    os.kill(codecs.worker_pids[0], signal.SIGSEGV)
    answers = await work
    assert answers[0].ending == "killed"
    assert "SIGSEGV" in answers[0].said
    assert [answer.output for answer in answers[1:]] == [{"data": {"value": 1}}] * 20
    killed = [event for _at, event in events.recent if isinstance(event, CodecKilled)]
    assert [event.profile for event in killed] == ["test/codec"]


async def test_a_worker_stopped_in_the_middle_of_an_item_is_replaced_and_nobody_is_blamed(codecs: Codecs) -> None:
    slow = body("var n = 0; while (n < 3e5) n++; return {data: {n}};")
    work = await caught_at_work(codecs, lambda: timed(codecs, slow, GOOD))
    os.kill(codecs.worker_pids[0], signal.SIGSTOP)
    (first, second), took_s = await work
    assert (first.output, second.output) == ({"data": {"n": 300_000}}, {"data": {"value": 1}})
    assert 0.2 < took_s < ENDED_WITHIN_S


async def test_an_idle_worker_that_was_stopped_is_replaced(codecs: Codecs) -> None:
    os.kill(codecs.worker_pids[0], signal.SIGSTOP)
    (good,), took_s = await timed(codecs, GOOD)
    assert good.output == {"data": {"value": 1}}
    assert took_s < 3


async def test_five_limits_send_a_codec_to_quarantine_and_others_go_on(codecs: Codecs, events: Events) -> None:
    hostile = call(codec(body("while (true) {}"), "hostile/one"))
    answers = await codecs.decode([hostile] * 8 + [call(GOOD)])
    endings = [answer.ending for answer in answers]
    assert sum(ending in ENDED for ending in endings[:8]) == STRIKES_TO_QUARANTINE
    assert endings[:8].count("quarantined") == 3
    assert endings[8] == "answered"
    (told,) = [event for _at, event in events.recent if isinstance(event, CodecQuarantined)]
    assert (told.profile, told.limits) == ("hostile/one", STRIKES_TO_QUARANTINE)
    (again, good), took_s = await timed(codecs, body("while (true) {}"), GOOD)
    assert (again.ending, good.ending) == ("quarantined", "answered")
    assert took_s < 1  # neither is run for its 100 ms


async def test_a_hostile_codec_delays_the_others_once_and_briefly(codecs: Codecs) -> None:
    loop = asyncio.get_running_loop()
    waited: list[float] = []

    async def good() -> None:
        began = loop.time()
        (answer,) = await codecs.decode([call(GOOD)])
        assert answer.ending == "answered"
        waited.append(loop.time() - began)

    for statements in (KILLED["a join of a hundred million"], STOPPED["endless loop"]):
        bad = codecs.decode([call(body(statements))] * 6)
        async with asyncio.TaskGroup() as group:
            group.create_task(bad)
            for _ in range(40):
                group.create_task(good())
                await asyncio.sleep(0.01)
    # 400 ms are promised on a machine of one's own, and measured by tests.benchmarks.codecs
    assert max(waited) < ENDED_WITHIN_S
    assert sorted(waited)[len(waited) // 2] < 0.1


async def test_a_worker_holds_no_descriptor_of_ours_and_cannot_open_one(codecs: Codecs, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w"):
        async with Codecs(Events()) as second:
            await second.decode([call(GOOD)])
            for pid in (*codecs.worker_pids, *second.worker_pids):
                descriptors, limits, environment = what_it_holds(pid)
                assert descriptors == {"0", "1", "2"}
                assert limits["Max open files"] == "3"
                assert limits["Max core file size"] == "0"
                assert limits["Max address space"] == str(256 << 20)
                assert environment == b"TZ=UTC"


def what_it_holds(pid: int) -> tuple[set[str], dict[str, str], bytes]:
    process = Path(f"/proc/{pid}")
    limits = (process / "limits").read_text(encoding="ascii").splitlines()
    return (
        {entry.name for entry in (process / "fd").iterdir()},
        {row[:26].strip(): row[26:].split()[0] for row in limits},
        (process / "environ").read_bytes().rstrip(b"\0"),
    )


async def test_a_codec_that_hoards_memory_does_not_starve_the_others(codecs: Codecs) -> None:
    hoarders = [f"var hoard = new Uint8Array(14 << 20).fill({n}); " + returns("1") for n in range(25)]
    answers, _ = await timed(codecs, *hoarders, GOOD)
    assert [answer.ending for answer in answers] == ["answered"] * 26
