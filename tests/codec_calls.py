"""Codecs and calls for tests, and a gateway's worth of workers to run them."""

from hashlib import blake2b

from pipelines.codec import Codec, CodecCall, Function

NOON_NS = 1_793_534_400_000_000_000  # 2026-11-01T12:00:00Z


def codec(source: str, name: str = "test/codec", *, fresh_context: bool = False) -> Codec:
    return Codec(name, source, blake2b(source.encode(), digest_size=8).digest(), fresh_context)


def call(
    source: str | Codec,
    payload: bytes = b"\x01\x02",
    port: int | None = 7,
    *,
    function: Function = "decodeUplink",
    values: bytes = b"",
    time_ns: int = NOON_NS,
) -> CodecCall:
    given = source if isinstance(source, Codec) else codec(source)
    return CodecCall(given, function, payload, port, time_ns, values)


def returns(expression: str) -> str:
    """A codec whose data is ``{value: <expression>}``; the input is called ``input``."""
    return f"function decodeUplink(input) {{ return {{ data: {{ value: {expression} }} }}; }}"
