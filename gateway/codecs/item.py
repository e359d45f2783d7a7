"""One question on its way through a worker, and what the worker wrote about it."""

from collections.abc import Callable
from itertools import count

import msgspec

from gateway.codecs import worker
from pipelines.codec import CodecAnswer, CodecCall, Ending

Done = Callable[[CodecAnswer], None]

_numbers = count(1)
_decode = msgspec.json.Decoder(tuple[dict[str, object], dict[str, object] | None]).decode


class Item:
    """A call, who waits for its answer, and how many workers have died with it in a way it need not have caused."""

    __slots__ = ("call", "deaths", "done", "number")

    def __init__(self, call: CodecCall, done: Done) -> None:
        self.call = call
        self.done = done
        self.deaths = 0
        self.number = next(_numbers) & 0xFFFF_FFFF

    @property
    def codec_hash(self) -> bytes:
        """Names the codec."""
        return self.call.codec.source_hash

    def answer(self, ending: Ending, said: str) -> None:
        """End it without output."""
        self.done(CodecAnswer(self.call.codec.source_hash, ending, said=said[:500]))

    def answer_frame(self, kind: int, body: bytes) -> None:
        """End it with what the worker wrote; a result that is no pair of objects is a failure."""
        text = body.decode("utf-8", "replace")
        if kind == worker.STOPPED:
            self.answer("stopped", f"it met the limit of {text}")
            return
        if kind == worker.FAILED:
            self.answer("failed", text)
            return
        try:
            output, normalised = _decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            self.answer("failed", f"the result is no object of JSON: {error}")
            return
        self.done(CodecAnswer(self.call.codec.source_hash, "answered", output, normalised))
