"""Refine with JavaScript devices, over real logs and a real worker: order per device, and nobody else waits."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest

from gateway.asked import Asked
from gateway.codecs.codecs import Codecs
from gateway.conservation import audit
from gateway.events import Events
from pipelines.codec import Codec
from pipelines.codec_readings import needs_a_worker
from pipelines.decode import CompiledProfile, PropertyMap, network_decoder
from pipelines.identify import DeviceIndex
from pipelines.model import NS_PER_S, Accepted, Device, Duplicate, Received, Rejected, Uplink
from pipelines.process import Knowledge
from tests.gateway.road import NOW_NS, Road, received

SOURCE = """
function decodeUplink(input) {
  if (input.bytes[0] === 255) while (true) {}
  if (input.bytes[0] === 254) new Array(1e8).join('abc');
  if (input.bytes[0] === 253) return { errors: ['sensor fault'] };
  return { data: { temp: input.bytes[0] } };
}
"""
HANG, HANG_NATIVE, FAULT = 255, 254, 253


def javascript(source: str = SOURCE, name: str = "js") -> CompiledProfile:
    codec = Codec(name, source, blake2b(source.encode(), digest_size=8).digest())
    return CompiledProfile(name, b"profile!", needs_a_worker(name), {"temp": PropertyMap("temperature_c")}, codec=codec)


def read(_topic: str, body: bytes) -> Uplink | Rejected:
    """``device:f_cnt:byte`` is a frame; ``device:status:percent`` a report of the network; ``plain:1.5`` a value."""
    device, _, rest = body.decode().partition(":")
    f_cnt, _, value = rest.partition(":")
    if not value:
        return Uplink(device, decoded={"temp": float(f_cnt)})
    if f_cnt == "status":
        return Uplink(device, kind="status", network_values={"battery_percent": float(value)})
    return Uplink(device, payload=bytes([int(value)]), f_port=1, f_cnt=int(f_cnt), session="s")


def knowledge(*profiles: CompiledProfile) -> Knowledge:
    plain = CompiledProfile("thermo", b"profile?", network_decoder("thermo"), {"temp": PropertyMap("temperature_c")})
    known = {profile.name: profile for profile in (plain, *(profiles or (javascript(),)))}
    devices = [Device(name, "js", "pilot", "delft", f"tree/{name}", record_hash=name.encode()) for name in "abc"]
    devices.append(Device("h", "hostile" if "hostile" in known else "js", "pilot", "delft", "tree/h"))
    devices.append(Device("plain", "thermo", "pilot", "delft", "tree/plain"))
    return Knowledge({"mqtt": read}, DeviceIndex(devices), known)


def entry(body: str, second: int = 0) -> Received:
    return msgspec.structs.replace(received(body), received_ns=NOW_NS + second * NS_PER_S)


@pytest.fixture
async def codecs() -> AsyncIterator[Codecs]:
    async with Codecs(Events()) as opened:
        yield opened


def open_road(folder: Path, codecs: Codecs | None, known: Knowledge | None = None) -> Road:
    road = Road(folder)
    road.refine.asked = Asked(codecs)
    road.refine.knowledge = known or knowledge()
    return road


async def refined(road: Road) -> None:
    await road.refine.refine_what_is_there()
    await road.refine.settle(5)


def seen(road: Road) -> list[tuple[int, str, float | None]]:
    """Number, device and value of each outcome, in the order of the ledger; no value where it was rejected."""
    rows: list[tuple[int, str, float | None]] = []
    for outcome in road.first_outcomes():
        values = [one.value for one in outcome.observations] if isinstance(outcome, Accepted) else []
        rows.append((outcome.of, outcome.device, float(values[0]) if values else None))
    return rows


async def test_a_javascript_device_is_decoded_by_its_codec(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry("a:1:21"), entry("plain:4.5"), entry("b:1:22"))
    await refined(road)
    assert sorted(seen(road)) == [(1, "a", 21.0), (2, "plain", 4.5), (3, "b", 22.0)]
    assert not road.progress.asked
    assert road.progress.position == 3
    await road.stop()


async def test_the_order_of_a_device_is_kept_and_others_do_not_wait(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry(f"a:1:{HANG}"), entry("a:2:2"), entry("a:status:40"), entry("plain:4.5"), entry("a:3:3"))
    await road.refine.refine_what_is_there()
    assert seen(road) == [(4, "plain", 4.5)]
    assert road.progress.asked == {1, 2, 3, 5}
    await road.refine.settle(5)
    assert [(number, value) for number, device, value in seen(road) if device == "a"] == [
        (1, None),
        (2, 2.0),
        (3, 40.0),
        (5, 3.0),
    ]
    (hung,) = [outcome for outcome in road.first_outcomes() if isinstance(outcome, Rejected)]
    assert hung.reason == "decode_failed"
    assert "the codec was stopped" in hung.detail
    await road.stop()


async def test_a_duplicate_behind_its_original_is_one(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry("a:1:21"), entry("a:1:21"), entry("a:1:21", 1))
    await refined(road)
    first, *others = road.first_outcomes()
    assert isinstance(first, Accepted)
    assert [(type(one), one.of, one.original) for one in others if isinstance(one, Duplicate)] == [
        (Duplicate, 2, 1),
        (Duplicate, 3, 1),
    ]
    await road.stop()


async def test_errors_that_a_codec_names_are_a_failed_decode(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry(f"a:1:{FAULT}"))
    await refined(road)
    (outcome,) = road.first_outcomes()
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.of, outcome.device) == ("decode_failed", 1, "a")
    assert "'sensor fault'" in outcome.detail
    await road.stop()


async def test_without_an_engine_the_bytes_are_rejected_and_kept(tmp_path: Path) -> None:
    road = open_road(tmp_path, None)
    await road.receive(entry("a:1:21"), entry("a:2:22"), entry("plain:4.5"))
    await refined(road)
    reasons = {one.of: one.detail for one in road.first_outcomes() if isinstance(one, Rejected)}
    assert reasons.keys() == {1, 2}
    assert "JavaScript" in reasons[1]
    await road.stop()


async def test_what_was_asked_at_a_crash_is_found_again(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry("a:1:21"), entry("a:2:22"), entry("plain:4.5"), entry("b:1:23"))
    await road.refine.refine_what_is_there()
    assert road.progress.asked == {1, 2, 4}
    road.crash()
    again = open_road(tmp_path, codecs)
    await again.refine._take_up_waiting()
    await refined(again)
    assert sorted(seen(again)) == [(1, "a", 21.0), (2, "a", 22.0), (3, "plain", 4.5), (4, "b", 23.0)]
    await again.stop()


async def test_what_was_asked_at_an_orderly_stop_is_in_the_snapshot(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry("a:1:21"), entry("a:2:22"), entry("plain:4.5"))
    await road.refine.refine_what_is_there()
    await road.stop()
    again = open_road(tmp_path, codecs)
    assert again.progress.waiting == [1, 2]
    assert again.progress.position == 3
    await again.receive(entry("a:3:23"))
    await again.refine._take_up_waiting()
    await refined(again)
    assert [row for row in seen(again) if row[1] == "a"] == [(1, "a", 21.0), (2, "a", 22.0), (4, "a", 23.0)]
    await again.stop()


async def test_the_books_balance_at_every_moment(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(*[entry(f"{'abc'[n % 3]}:{n}:{n % 200}", n) for n in range(300)], entry("plain:1.0"))
    await road.refine.refine_what_is_there()
    before = await audit(road.intake, road.ledger, road.progress, [])
    assert before.conserved
    assert before.waiting == 300
    await road.refine.settle(10)
    after = await audit(road.intake, road.ledger, road.progress, [])
    assert after.conserved
    assert (after.waiting, after.outcomes) == (0, 301)
    for device in "abc":
        numbers = [number for number, name, _value in seen(road) if name == device]
        assert numbers == sorted(numbers)
    await road.stop()


async def test_a_memory_rebuilt_from_the_ledger_equals_the_one_that_refined(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(*[entry(f"{'abc'[n % 3]}:{n // 3}:{n % 50}", n) for n in range(60)], entry("a:status:77", 70))
    await refined(road)
    memory = road.progress.memory.snapshot()
    road.crash()
    again = open_road(tmp_path, codecs)
    assert again.progress.memory.snapshot() == memory
    again.crash()


async def test_an_answer_of_yesterdays_codec_is_not_used(tmp_path: Path, codecs: Codecs) -> None:
    road = open_road(tmp_path, codecs)
    await road.receive(entry("a:1:21"))
    await road.refine.refine_what_is_there()
    road.refine.knowledge = knowledge(javascript(SOURCE.replace("temp: input", "temp: 1 + input")))
    await road.refine.settle(5)
    assert seen(road) == [(1, "a", 22.0)]
    await road.stop()


@pytest.mark.parametrize("byte", [HANG, HANG_NATIVE])
async def test_p11_a_hostile_codec_holds_nobody_up(tmp_path: Path, codecs: Codecs, byte: int) -> None:
    loop = asyncio.get_running_loop()
    arrived: dict[int, float] = {}
    known = knowledge(javascript(), javascript(SOURCE + "// another", "hostile"))
    road = open_road(tmp_path, codecs, known)
    road.refine._on_outcomes = lambda _first, outcomes, _kind: arrived.update(
        (outcome.of, loop.time()) for outcome in outcomes
    )
    await road.receive(entry("a:0:1"))
    await refined(road)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(road.refine.run())
        sent: dict[int, tuple[str, float]] = {}
        for n in range(1, 60):
            bodies = [f"a:{n}:{n}", "plain:4.5", f"b:{n}:{n}", *([f"h:{n}:{byte}"] if n % 10 == 0 else [])]
            number = road.intake.next_number
            await road.receive(*[entry(body, n) for body in bodies])
            sent |= {number + place: (body[0], loop.time()) for place, body in enumerate(bodies)}
            await asyncio.sleep(0.02)
        async with asyncio.timeout(10):
            while road.progress.asked or len(arrived) <= len(sent):  # noqa: ASYNC110 - the end of a flood
                await asyncio.sleep(0.01)
        running.cancel()
    waits: dict[str, list[float]] = {}
    for number, (device, at) in sent.items():
        waits.setdefault(device, []).append(arrived[number] - at)
    gather_s = 0.1
    # 400 ms are promised on a machine of one's own, and measured by tests.benchmarks.codecs; others work beside tests
    assert max(waits["a"] + waits["b"]) < gather_s + 1.5
    for device in "pab":
        assert sorted(waits[device])[len(waits[device]) // 2] < gather_s + 0.1
    await road.stop()
