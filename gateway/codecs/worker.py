"""The worker: runs codecs one by one in a process that anybody may kill.

A program of its own, started by ``worker_process`` and imported only for its frame kinds. It needs the standard library
and one extension module, whose file it is told.

::

    standard input    length u32 · marshal of a tuple, from our own parent:
                      ("load", codec, source, fresh, yields) · ("call", number, codec, function, text, port, ms, extra)
    standard output   length u32 · kind u8 · number u32 · body, read by a parent that trusts nothing of it

Laws
- An item is announced (STARTED) before it is touched, so that a death blames exactly one.
- 100 ms of CPU for an item: the engine's own limit stops a script, and a timer of the kernel ends the process where
  native code does not listen (a huge join).
- A context that met a limit is dropped. In a worker whose codecs ``yield``, later items of a codec that met a limit are
  given back untouched (UNRUN), so that they do not hold up the others.
"""

from __future__ import annotations

import marshal
import os
import resource
import signal
import sys
from collections import OrderedDict
from importlib.machinery import ExtensionFileLoader, ModuleSpec

TYPE_CHECKING = False  # importing typing would cost every worker a megabyte
if TYPE_CHECKING:
    from typing import Any

HELLO, STARTED, ANSWER, FAILED, STOPPED, UNRUN = range(1, 7)
ENDINGS = (ANSWER, FAILED, STOPPED)
HEADER_BYTES = 9
MAX_ANSWER_BYTES = 64 << 10

CPU_S = 0.1
CPU_KILL_S = 0.13
"""Script limit and, a little later, the kernel's: the first leaves the worker alive."""
CONTEXT_BYTES = 16 << 20
STACK_BYTES = 256 << 10
ADDRESS_SPACE_BYTES = 256 << 20
CONTEXTS = 64
CALLS_PER_CONTEXT = 10_000
NICE = 2
"""A little: starved of CPU, an item would meet the wall limit before its own."""

LENGTH_BYTES = 4
READ_BYTES = 1 << 16
FUNCTIONS = (
    "decodeUplink",
    "encodeDownlink",
    "decodeDownlink",
    "normalizeUplink",
    "Decoder",
    "Decode",
    "Encoder",
    "Encode",
)
FIND = "({%s})" % ",".join(f"{name}:typeof {name}==='function'?{name}:undefined" for name in FUNCTIONS)  # noqa: UP031
LIMIT_WORDS = ("InternalError: interrupted", "InternalError: out of memory", "null")


class Loaded:
    """A codec's source and, while it lives, its context."""

    __slots__ = ("call", "calls", "fresh", "met_limit", "source", "yields")

    def __init__(self, source: str, fresh: bool, yields: bool) -> None:  # noqa: FBT001 - one row of a request
        self.source = source
        self.fresh = fresh
        self.yields = yields
        self.met_limit = False
        self.call: Any = None
        self.calls = 0


class Worker:
    """Codecs by number, the most recently used contexts, and the answers not yet written."""

    def __init__(self, engine: Any, prelude: str) -> None:
        self.engine = engine
        self.prelude = prelude
        self.codecs: dict[int, Loaded] = {}
        self.living: OrderedDict[int, Loaded] = OrderedDict()
        self.out = bytearray()

    def serve(self) -> None:
        """Take requests until standard input ends."""
        waiting = bytearray()
        while chunk := os.read(0, READ_BYTES):
            waiting += chunk
            start = 0
            while len(waiting) - start >= LENGTH_BYTES:
                body = start + LENGTH_BYTES
                end = body + int.from_bytes(waiting[start:body], "little")
                if len(waiting) < end:
                    break
                self.take(*marshal.loads(waiting[body:end]))  # noqa: S302 - from our own parent, same interpreter
                start = end
            del waiting[:start]
            self.flush()

    def take(self, word: str, number: int, *rest: Any) -> None:
        """One request."""
        if word == "load":
            self.forget(number)
            self.codecs[number] = Loaded(*rest)
            return
        codec_number, name, text, port, time_ms, extra = rest
        codec = self.codecs[codec_number]
        if codec.met_limit and codec.yields:
            self.say(UNRUN, number)
            return
        self.say(STARTED, number)
        self.flush()
        signal.setitimer(signal.ITIMER_PROF, CPU_KILL_S)
        kind, body = self.run(codec_number, codec, name, text, port, time_ms, extra)
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.say(kind, number, body)

    def run(self, number: int, codec: Loaded, *call: Any) -> tuple[int, bytes]:
        """The kind and body of the answer; nothing that a codec does raises."""
        for last in (False, True):
            try:
                answer: bytes = self.context(number, codec)(*call).encode("utf-8", "replace")
            except self.engine.JSException as error:
                text = str(error)
                if text.partition("\n")[0].strip() not in LIMIT_WORDS:
                    self.used(number, codec)
                    return FAILED, text[:500].encode("utf-8", "replace")
                self.forget(number)
                if "interrupted" not in text and len(self.living) and not last:
                    self.forget_all()  # the others may hold what this one lacked
                    continue
                codec.met_limit = True
                return STOPPED, b"100 ms of CPU" if "interrupted" in text else b"16 MiB of memory"
            except TypeError as error:  # what is no text
                self.used(number, codec)
                return FAILED, f"the result cannot be read: {error}".encode()
            except MemoryError:
                self.forget_all()
                if last:
                    codec.met_limit = True
                    return STOPPED, b"the worker's memory"
            else:
                self.used(number, codec)
                if len(answer) > MAX_ANSWER_BYTES:
                    return FAILED, b"the result is larger than 64 KB"
                return ANSWER, answer
        raise AssertionError("the second attempt always answers")

    def context(self, number: int, codec: Loaded) -> Any:
        """The codec's way to be called, loaded now if need be."""
        if codec.call is None:
            context = self.engine.Context()
            context.set_memory_limit(CONTEXT_BYTES)
            context.set_time_limit(CPU_S)
            context.set_max_stack_size(STACK_BYTES)
            caller = context.eval(self.prelude)
            context.eval(codec.source)
            codec.call = caller(context.eval(FIND))
            codec.calls = 0
            self.living[number] = codec
            if len(self.living) > CONTEXTS:
                self.forget(next(iter(self.living)))
        else:
            self.living.move_to_end(number)
        codec.calls += 1
        return codec.call

    def used(self, number: int, codec: Loaded) -> None:
        """After an item: a context that is spent goes."""
        if codec.fresh or codec.calls >= CALLS_PER_CONTEXT:
            self.forget(number)

    def forget(self, number: int) -> None:
        """Drop one context."""
        codec = self.living.pop(number, None)
        if codec is not None:
            codec.call = None

    def forget_all(self) -> None:
        """Drop every context."""
        for number in list(self.living):
            self.forget(number)

    def say(self, kind: int, number: int, body: bytes = b"") -> None:
        """Add a frame to what will be written."""
        self.out += len(body).to_bytes(4, "little") + bytes((kind,)) + number.to_bytes(4, "little") + body

    def flush(self) -> None:
        """Write all of it; one write carries an answer and the next announcement."""
        while self.out:
            del self.out[: os.write(1, self.out)]


def lock_down() -> str:
    """Give up what codecs never need. Where the system forbids a limit, the rest still holds."""
    limits = (
        (resource.RLIMIT_AS, ADDRESS_SPACE_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_NPROC, 0),
    )
    refused = []
    for limit, value in limits:
        try:
            resource.setrlimit(limit, (value, value))
        except (OSError, ValueError):
            refused.append(str(limit))
    try:
        os.nice(NICE)
    except OSError:
        refused.append("nice")
    return " ".join(refused)


def main() -> None:
    """``worker.py ENGINE_FILE PRELUDE_FILE``."""
    engine_file, prelude_file = sys.argv[1:3]
    loader = ExtensionFileLoader("_quickjs", engine_file)
    spec = ModuleSpec("_quickjs", loader, origin=engine_file)
    engine = loader.create_module(spec)
    loader.exec_module(engine)
    with open(prelude_file, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would cost every worker 3 MB
        worker = Worker(engine, file.read())
    worker.say(HELLO, os.getpid() & 0xFFFFFFFF, lock_down().encode())
    worker.flush()
    worker.serve()


if __name__ == "__main__":
    main()
