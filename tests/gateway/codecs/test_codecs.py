from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.codecs.codecs import Codecs
from gateway.events import Events
from pipelines.codec import CodecAnswer
from tests.codec_calls import NOON_NS, call, codec, returns


@pytest.fixture
async def codecs() -> AsyncIterator[Codecs]:
    async with Codecs(Events()) as opened:
        yield opened


async def ask(codecs: Codecs, source: str, payload: bytes = b"\x01\x02", **more: Any) -> CodecAnswer:
    (answer,) = await codecs.decode([call(source, payload, **more)])
    return answer


async def value(codecs: Codecs, expression: str, payload: bytes = b"\x01\x02", **more: Any) -> Any:
    answer = await ask(codecs, returns(expression), payload, **more)
    assert answer.output is not None, answer
    return answer.output["data"].get("value")


async def test_bytes_port_and_time_arrive_as_ts013_says(codecs: Codecs) -> None:
    assert await value(codecs, "input.bytes", bytes(range(256))) == list(range(256))
    assert await value(codecs, "input.fPort", port=85) == 85
    assert await value(codecs, "typeof input.fPort", port=None) == "undefined"
    assert await value(codecs, "input.recvTime instanceof Date && input.recvTime") == "2026-11-01T12:00:00.000Z"
    assert await value(codecs, "input.variables") == {}


@pytest.mark.parametrize(
    "expression",
    ["Date.now()", "new Date().getTime()", "+new Date(Date.now())", "Date.parse(new Date().toISOString())"],
)
async def test_the_clock_is_the_uplinks_time(codecs: Codecs, expression: str) -> None:
    assert await value(codecs, expression) == NOON_NS // 1_000_000


async def test_the_same_bytes_at_the_same_time_give_the_same_answer(codecs: Codecs) -> None:
    source = returns("[Math.random(), Math.random(), new Date().toString(), typeof performance]")
    first, second = await codecs.decode([call(source), call(source)])
    assert first.output == second.output
    assert first.output is not None
    assert "GMT+0000" in first.output["data"]["value"][2]


async def test_other_dates_stay_what_they_are(codecs: Codecs) -> None:
    expression = (
        "[new Date(0).getTime(), new Date(2026, 0, 2).toISOString(), Date.UTC(1970, 0), new Date() instanceof Date]"
    )
    assert await value(codecs, expression) == [0, "2026-01-02T00:00:00.000Z", 0, True]


async def test_old_shapes_of_codec_are_understood(codecs: Codecs) -> None:
    things = "function Decoder(bytes, port) { return {n: bytes.length, port: port}; }"
    chirpstack3 = "function Decode(fPort, bytes) { return {n: bytes.length, port: fPort}; }"
    for source in (things, chirpstack3):
        answer = await ask(codecs, source)
        assert answer.output == {"data": {"n": 2, "port": 7}}


async def test_downlinks_are_encoded_and_decoded(codecs: Codecs) -> None:
    source = """
    function encodeDownlink(i) { return { fPort: 10, bytes: [i.data.interval >> 8, i.data.interval & 255] }; }
    function decodeDownlink(input) { return { data: { interval: input.bytes[0] << 8 | input.bytes[1] } }; }
    """
    encoded = await ask(codecs, source, function="encodeDownlink", values=b'{"data":{"interval":600}}')
    assert encoded.output == {"fPort": 10, "bytes": [2, 88]}
    decoded = await ask(codecs, source, b"\x02\x58", function="decodeDownlink")
    assert decoded.output == {"data": {"interval": 600}}
    for old in ("function Encode(port, o) { return [o.a]; }", "function Encoder(o, port) { return [o.a]; }"):
        answer = await ask(codecs, old, function="encodeDownlink", values=b'{"data":{"a":5},"fPort":3}')
        assert answer.output == {"bytes": [5], "fPort": 3}


async def test_a_codec_with_normalize_uplink_gives_both(codecs: Codecs) -> None:
    source = returns("20") + "function normalizeUplink(i) { return {data: {air: {temperature: i.data.value}}}; }"
    answer = await ask(codecs, source)
    assert answer.output == {"data": {"value": 20}}
    assert answer.normalised == {"data": {"air": {"temperature": 20}}}
    broken = await ask(codecs, returns("20") + "function normalizeUplink(i) { return i.nothing.here; }")
    assert broken.ending == "answered"
    assert broken.normalised is None


async def test_console_is_silent_and_nothing_of_a_host_is_there(codecs: Codecs) -> None:
    assert await value(codecs, "(console.log('x'), console.error({}), 1)") == 1
    for name in ("require", "process", "module", "exports", "setTimeout", "std", "os", "fetch"):
        assert await value(codecs, f"typeof {name}") == "undefined"


async def test_sloppy_scripts_run(codecs: Codecs) -> None:
    assert await value(codecs, "(function () { leak = 3; return leak; })()") == 3


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Buffer.from(input.bytes).toString('hex')", "0102fe"),
        ("Buffer.from('0102fe', 'hex').readUInt16BE(1)", 0x02FE),
        ("Buffer.from('0102fe', 'hex').readInt16LE(1)", -510),
        ("Buffer.from([0, 0, 0x80, 0x3f]).readFloatLE(0)", 1),
        ("Buffer.from('AQL+', 'base64').readUIntBE(0, 3)", 0x0102FE),
        ("Buffer.from([1, 2, 3]).toString('base64')", "AQID"),
        ("Buffer.from([104, 195, 169]).toString()", "hé"),
        ("Buffer.from('hé').length", 3),
        ("(b => { b.writeUInt32BE(0xdeadbeef, 0); return b.toString('hex'); })(Buffer.alloc(4))", "deadbeef"),
        ("(b => { const s = b.slice(1, 3); s[0] = 9; return b[1]; })(Buffer.from([1, 2, 3]))", 9),
        ("Buffer.concat([Buffer.from([1]), Buffer.from([2, 3])]).equals(Buffer.from([1, 2, 3]))", True),
        ("Buffer.isBuffer(Buffer.from([1])) && !Buffer.isBuffer([1])", True),
        ("(() => { try { Buffer.from([1]).readUInt16BE(0); } catch (e) { return e.name; } })()", "RangeError"),
    ],
)
async def test_the_small_buffer_reads_as_nodes_does(codecs: Codecs, expression: str, expected: object) -> None:
    assert await value(codecs, expression, b"\x01\x02\xfe") == expected


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("function decodeUplink(input) {", "SyntaxError"),
        ("var a = 1;", "defines no decodeUplink"),
        ("function decodeUplink() { return 5; }", "must return an object"),
        ("function decodeUplink() { return [1]; }", "must return an object"),
        ("function decodeUplink() { throw new Error('bad frame'); }", "bad frame"),
        ("function decodeUplink() { return { data: { n: 10n } }; }", "BigInt"),
        ("function decodeUplink() { return { data: { s: 'x'.repeat(70000) } }; }", "64 KB"),
        ("function decodeUplink() { return { data: { toJSON() { throw new Error('in toJSON'); } } }; }", "in toJSON"),
    ],
)
async def test_what_fails_says_why(codecs: Codecs, source: str, said: str) -> None:
    answer = await ask(codecs, source)
    assert answer.ending == "failed"
    assert said in answer.said
    assert answer.output is None


async def test_a_codec_keeps_its_context_unless_its_profile_asks_for_a_fresh_one(codecs: Codecs) -> None:
    source = "var n = 0; " + returns("++n")
    kept = [answer.output for answer in await codecs.decode([call(source)] * 3)]
    fresh_calls = [call(codec(source, fresh_context=True))] * 3
    fresh = [answer.output for answer in await codecs.decode(fresh_calls)]
    assert kept == [{"data": {"value": n}} for n in (1, 2, 3)]
    assert fresh == [{"data": {"value": 1}}] * 3


async def test_codecs_do_not_see_each_other(codecs: Codecs) -> None:
    polluting = "Array.prototype.join = () => 'mine'; JSON.stringify = () => 'no'; shared = 1; " + returns("1")
    polluted, clean = await codecs.decode([call(polluting), call(returns("[typeof shared, [1, 2].join('-')]"))])
    assert polluted.output == {"data": {"value": 1}}
    assert clean.output == {"data": {"value": ["undefined", "1-2"]}}


async def test_more_codecs_than_contexts_are_all_answered(codecs: Codecs) -> None:
    calls = [call(returns(str(n % 150))) for n in range(600)]
    answers = await codecs.decode(calls)
    assert [answer.output for answer in answers] == [{"data": {"value": n % 150}} for n in range(600)]


async def test_nothing_is_started_before_the_first_call_and_nothing_is_left_behind() -> None:
    async with Codecs(Events()) as codecs:
        assert codecs.worker_pids == []
        assert await value(codecs, "1") == 1
        pids = codecs.worker_pids
        assert pids
    for pid in pids:
        assert not running(pid)


def running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
