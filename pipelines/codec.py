"""A payload codec as refine sees it: what is asked of it, and what it answered. Running it is the gateway's affair.

Laws
- The codec's clock is the uplink's own time: same bytes, same codec, same time, same answer.
- Codecs are told apart by ``source_hash``: an answer belongs to that text and to no later one.
"""

from typing import Any, Literal

import msgspec

Function = Literal["decodeUplink", "encodeDownlink", "decodeDownlink", "normalizeUplink"]

Ending = Literal[
    "answered",  # the codec returned an object; what it says may still be errors
    "failed",  # it threw, defines no such function, or returned what is no object
    "stopped",  # it met a limit of CPU time or memory
    "killed",  # the worker died of it, or had to be killed
    "quarantined",  # it met limits so often that it is not run for a while
    "unavailable",  # there is no JavaScript engine here, or its worker does not start
]


class Codec(msgspec.Struct, frozen=True):
    """The text of a codec. ``name`` is the profile's; ``fresh_context``: forget everything after each call."""

    name: str
    source: str
    source_hash: bytes
    fresh_context: bool = False


class CodecCall(msgspec.Struct, frozen=True):
    """One question. ``payload`` and ``f_port`` for decoding; ``values``, TS013's input as JSON, for other functions."""

    codec: Codec
    function: Function = "decodeUplink"
    payload: bytes = b""
    f_port: int | None = None
    time_ns: int = 0
    values: bytes = b""


class CodecAnswer(msgspec.Struct, frozen=True):
    """What came of it: the codec's whole output and, where it has ``normalizeUplink``, the normalised one.

    ``said``: why there is no output, in the engine's words, cut. ``source_hash`` is the codec's.
    """

    source_hash: bytes
    ending: Ending
    output: dict[str, Any] | None = None
    normalised: dict[str, Any] | None = None
    said: str = ""
