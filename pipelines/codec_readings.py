"""What a codec answered → readings in the vendor's words, or why there are none.

Readings are named by their path in ``data``: ``{"air": {"temp": 20}}`` is ``air.temp``. What ``normalizeUplink`` put
out (a measurement, or a list of them, each perhaps with its own ``time``) is ``normalized.air.temperature``.

Laws
- Nothing in an answer raises. Foreign words are quoted and cut.
- Errors that a codec names are a failed decode: its data is not used.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from pipelines.codec import CodecAnswer
from pipelines.decode import Decoder, network_decoder
from pipelines.instants import is_plausible, parse_rfc3339
from pipelines.layout.notation import Reading
from pipelines.model import Rejected, Uplink

MAX_SAID = 160
NORMALISED = "normalized."


def codec_readings(name: str, answer: CodecAnswer, uplink: Uplink) -> list[Reading] | Rejected:
    """The readings of one uplink. ``name`` is the profile's, for the text of a rejection."""
    output = answer.output
    if answer.ending != "answered" or output is None:
        return Rejected("decode_failed", f"{name}: {_why(answer)} ({_frame(uplink)})")
    if errors := output.get("errors"):
        return Rejected("decode_failed", f"{name}: the codec reports {_quoted(errors)} ({_frame(uplink)})")
    data = output.get("data")
    if not isinstance(data, dict):
        return Rejected("decode_failed", f"{name}: the codec returned no 'data' ({_frame(uplink)})")
    take = network_decoder(name)
    readings = _taken(take, data)
    if isinstance(readings, Rejected) or answer.normalised is None:
        return readings
    measurements = answer.normalised.get("data")
    for measurement in measurements if isinstance(measurements, list) else [measurements]:
        if not isinstance(measurement, dict):
            continue
        more = _taken(take, measurement)
        if not isinstance(more, Rejected):
            readings += _prefixed(more, measurement)
    return readings


def needs_a_worker(name: str) -> Decoder:
    """The decoder of a profile whose codec runs elsewhere: for callers that cannot wait for it."""

    def refuse(uplink: Uplink) -> Rejected:
        if uplink.payload is None:
            return Rejected("decode_failed", f"{name}: the profile reads bytes, but the message carries none")
        return Rejected("decode_failed", f"{name}: read by a JavaScript codec, which is run by the gateway only")

    return refuse


def _taken(take: Decoder, values: dict[str, Any]) -> list[Reading] | Rejected:
    return take(Uplink("codec", decoded=values))


def _prefixed(readings: Sequence[Reading], measurement: dict[str, Any]) -> list[Reading]:
    time_ns = _time_ns(measurement.get("time"))
    return [
        msgspec.structs.replace(reading, name=NORMALISED + reading.name, time_ns=time_ns)
        for reading in readings
        if reading.name != "time"
    ]


def _time_ns(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        time_ns = parse_rfc3339(text)
    except ValueError:
        return None
    return time_ns if is_plausible(time_ns) else None


def _why(answer: CodecAnswer) -> str:
    match answer.ending:
        case "stopped" | "killed":
            return f"the codec was stopped: {answer.said}"
        case "quarantined" | "unavailable":
            return answer.said
        case _:
            return f"the codec said {_quoted(answer.said)}"


def _quoted(words: object) -> str:
    text = "; ".join(str(word) for word in words) if isinstance(words, list) else str(words)
    first = text.partition("\n")[0].strip()
    return repr(first if len(first) <= MAX_SAID else first[:MAX_SAID] + "…")


def _frame(uplink: Uplink) -> str:
    port = "no f_port" if uplink.f_port is None else f"f_port {uplink.f_port}"
    size = len(uplink.payload or b"")
    return f"{port}, {size} byte{'' if size == 1 else 's'}"
