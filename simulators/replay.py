"""``python -m simulators replay FILE``: a recording as it was on the wire, to a broker or into a recording file.

Messages keep the recorder's order. To a broker they go at QoS 1, as fast as it takes them (``--speed max``) or N times
as fast as they were received. MQTT carries no time of receipt: what the message itself says is all the gateway sees.
``--shift-to-now`` moves every instant so that the last message is received when it is sent.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from pipelines.dialects import DIALECTS, build_dialect
from pipelines.model import NS_PER_S, Rejected
from simulators.faults import Scope
from simulators.faults.meanings import Meanings
from simulators.faults.table import PRESETS, Faults, read_faults
from simulators.mapping import MappingError, MappingFile, Message, built_in, compile_mapping, load_mapping, received_ns
from simulators.networks.frame import Message as OnTheWay
from simulators.publisher import BrokerRefusedError, Publisher
from simulators.recording import open_for_writing, write_message
from simulators.rows import read_rows

_FULL_SPEED = float("inf")


class Tally(msgspec.Struct):
    """What a replay did."""

    sent: int = 0
    skipped: int = 0
    reconnects: int = 0
    seconds: float = 0.0

    def line(self, word: str) -> str:
        """One line for the terminal."""
        rate = self.sent / max(self.seconds, 1e-9)
        extra = f", {self.skipped} rows fit no rule" if self.skipped else ""
        extra += f", {self.reconnects} reconnects" if self.reconnects else ""
        return f"{self.sent} messages {word} in {self.seconds:.1f} s, {rate:,.0f} a second{extra}"


def messages(
    path: Path, mapping: MappingFile, *, limit: int | None = None, shift_ns: int = 0, tally: Tally | None = None
) -> Iterator[Message]:
    """(received_ns, topic, body) of each row that a rule fits. Raises MappingError naming the line."""
    made = _in_file_order(path, mapping, shift_ns, tally)
    if mapping.order == "time":
        made = iter(sorted(made, key=lambda message: message[0]))
    yield from islice(made, limit)


def _in_file_order(path: Path, mapping: MappingFile, shift_ns: int, tally: Tally | None) -> Iterator[Message]:
    read = compile_mapping(mapping, shift_ns=shift_ns)
    for number, row in read_rows(path):
        try:
            message = read(row)
        except MappingError as error:
            raise MappingError(f"{path.name}, line {number}: {error}") from error
        if message is not None:
            yield message
        elif tally is not None:
            tally.skipped += 1


def shift_to_now_ns(path: Path, mapping: MappingFile, now_ns: int, *, speed: float, limit: int | None) -> int:
    """By how much to move every instant, so that the last message is received at the moment when it is sent."""
    times = [received_ns(mapping, row) for _number, row in read_rows(path)]
    if mapping.order == "time":
        times.sort()
    times = times[:limit]
    return now_ns + int((times[-1] - times[0]) / speed) - times[-1] if times else 0


def check_shape(message: Message, dialect: str) -> None:
    """The first message must be readable in the dialect that the mapping promises. Raises MappingError."""
    _at, topic, body = message
    verdict = build_dialect(dialect)(topic, body)
    if isinstance(verdict, Rejected):
        raise MappingError(f"the mapping's first message is no {dialect}: {verdict.detail}")


async def publish(stream: Iterator[Message], url: str, *, speed: float, inflight: int, tally: Tally) -> None:
    """Publish at the given speed; returns when the broker has acknowledged everything."""
    loop = asyncio.get_running_loop()
    began_s, first_ns = loop.time(), None
    async with Publisher(url, inflight=inflight) as publisher:
        for at_ns, topic, body in stream:
            if speed != _FULL_SPEED:
                first_ns = at_ns if first_ns is None else first_ns
                due_s = began_s + (at_ns - first_ns) / NS_PER_S / speed
                if (pause_s := due_s - loop.time()) > 0:
                    await asyncio.sleep(pause_s)
            await publisher.publish(topic, body)
        await publisher.drain()
        tally.sent, tally.reconnects = publisher.acknowledged, publisher.reconnects
        tally.seconds = loop.time() - began_s


def record(stream: Iterator[Message], path: Path, tally: Tally) -> None:
    """Write a recording that the gateway's recording-file source reads."""
    began = time.monotonic()
    with open_for_writing(path) as out:
        for at_ns, topic, body in stream:
            write_message(out, topic, body, received_ns=at_ns)
            tally.sent += 1
    tally.seconds = time.monotonic() - began


def _speed(text: str) -> float:
    speed = _FULL_SPEED if text == "max" else float(text)
    if not speed > 0:
        raise ValueError(text)
    return speed


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    made = argparse.ArgumentParser(prog="python -m simulators replay", description=(__doc__ or "").splitlines()[0])
    made.add_argument("file", type=Path, help="the recording: .ndjson or .csv, also .gz or .zst; .parquet")
    made.add_argument("--to", required=True, help="mqtt://[USER:PASSWORD@]HOST:PORT, or OUT.ndjson[.gz|.zst]")
    made.add_argument("--as", dest="dialect", choices=sorted(DIALECTS), help="the wire shape to make")
    made.add_argument("--map", dest="mapping", help=f"a mapping file, or {', '.join(built_in())}; default: --as")
    made.add_argument("--speed", type=_speed, default=_FULL_SPEED, help="max, or N times real time (max)")
    made.add_argument("--shift-to-now", action="store_true", help="move every instant: the last message is now")
    made.add_argument("--faults", default="clean", help=f"what goes wrong on the way: {', '.join(PRESETS)} (clean)")
    made.add_argument("--seed", type=int, default=0, help="of the faults (0)")
    made.add_argument("--limit", type=int, help="stop after N messages")
    made.add_argument("--inflight", type=int, default=500, help="messages without PUBACK at most (500)")
    return made


def _stream(options: argparse.Namespace, mapping: MappingFile, tally: Tally) -> Callable[[], Iterator[Message]]:
    path, limit, shift_ns = options.file, options.limit, 0
    first = next(messages(path, mapping, limit=1), None)
    if first is None:
        raise MappingError(f"{path.name}: no row fits a rule of {mapping.title!r}")
    check_shape(first, mapping.dialect)
    if options.shift_to_now:
        shift_ns = shift_to_now_ns(path, mapping, time.time_ns(), speed=options.speed, limit=limit)
    faults = read_faults(options.faults)
    start_ns = first[0] + shift_ns

    def stream() -> Iterator[Message]:
        recorded = messages(path, mapping, limit=limit, shift_ns=shift_ns, tally=tally)
        return spoilt(recorded, faults, seed=options.seed, start_ns=start_ns)

    return stream


def spoilt(stream: Iterator[Message], faults: Faults, *, seed: int, start_ns: int) -> Iterator[Message]:
    """The messages with what goes wrong on their way: of a recording only that can be changed.

    Faults of sensors and of the radio are left out: their bytes are the device's own.
    """
    scope = Scope((), start_ns, seed, Meanings({}))
    whole = (OnTheWay(at_ns, topic, body, topic) for at_ns, topic, body in stream)
    return ((message.at_ns, message.topic, message.body) for message in faults.on_messages(whole, scope))


def main(argv: list[str]) -> int:
    """The command. Exit code 0: all sent; 1: the broker or the file failed; 2: the command line is wrong."""
    made = parser()
    options = made.parse_args(argv)
    name: Any = options.mapping or options.dialect
    if name is None:
        made.error("say what the recording is: --as chirpstack-v3, or --map FILE.toml")
    tally = Tally()
    try:
        mapping = load_mapping(name)
        if options.dialect and options.dialect != mapping.dialect:
            made.error(f"--as {options.dialect}, but the mapping {name} makes {mapping.dialect}")
        stream = _stream(options, mapping, tally)
        if options.to.startswith(("mqtt://", "mqtts://")):
            asyncio.run(publish(stream(), options.to, speed=options.speed, inflight=options.inflight, tally=tally))
            print(tally.line("acknowledged"))
        else:
            record(stream(), Path(options.to), tally)
            print(tally.line("written"))
    except (MappingError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, BrokerRefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
