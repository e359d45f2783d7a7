"""``python -m simulators simulate SCENARIO``: a city that reports, to a broker or into a recording.

City time begins ``--from`` a date, or ``--hours-back`` before now, and runs ``--pace`` times as fast as real time until
it has caught up with now; from then on it is real time. ``--pace warp`` is as fast as possible, and ends with
``--days`` or at now; a recording is always written so. Whatever the pace, messages are stamped as if it had happened.

``--to FILE --then mqtt://…``: the past into a recording, and the same city goes on at a broker, at ``--pace``, once a
line comes on standard input, or its end: when whoever takes the recording has it. Frame counters go on; no message is
in both, and none is missing between them.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from datetime import time as clock_time
from itertools import islice
from pathlib import Path

import msgspec

from simulators.asset_list import write_asset_list
from simulators.city.settle import City, settle
from simulators.city_clock import NS_PER_S, CityClock, local, now_ns
from simulators.faults import DAY_NS
from simulators.faults.table import PRESETS, Faults, read_faults
from simulators.progress import CityProgress, city_progress
from simulators.publisher import BrokerRefusedError, Publisher
from simulators.recording import line_of, open_for_writing
from simulators.run import Run, Step, run
from simulators.scenario import Scenario, built_in, load_scenario
from simulators.truth import TruthFile, open_truth

__all__ = ["Span", "main", "run"]

STEPS_AT_ONCE = 512
WARP = 0.0


class Span(msgspec.Struct, frozen=True):
    """From when to when; ``end_ns`` None: until somebody ends it."""

    start_ns: int
    end_ns: int | None


class Tally(msgspec.Struct):
    """What a run did, and how long making and sending took."""

    made: int = 0
    sent: int = 0
    made_s: float = 0.0
    whole_s: float = 0.0

    def line(self, word: str) -> str:
        """One line for the terminal."""
        rate, made_rate = self.sent / max(self.whole_s, 1e-9), self.made / max(self.made_s, 1e-9)
        text = f"{self.sent} messages {word} in {self.whole_s:.1f} s, {rate:,.0f} a second"
        return f"{text} (generated at {made_rate:,.0f} a second)" if self.made else text


def chunks(steps: Iterator[Step], size: int, tally: Tally, truth: TruthFile | None) -> Iterator[list[Step]]:
    """Steps in lists, with what it took to make them; their truths are written on the way."""
    while True:
        began = time.thread_time()  # of the processor: what else the machine does is not ours
        chunk = list(islice(steps, size))
        tally.made_s += time.thread_time() - began
        if not chunk:
            return
        if truth is not None:
            told = [truth_ for truths, _ in chunk for truth_ in truths]
            if told:
                truth.write(told)
        yield chunk


async def publish(
    steps: Iterator[Step], url: str, *, clock: CityClock, client_id: str, truth: TruthFile | None, tally: Tally,
    progress: CityProgress,
) -> None:  # fmt: skip
    """Publish at the city's pace until the steps end, or until cancelled."""
    began = time.monotonic()
    async with Publisher(url, client_id=client_id) as publisher:
        try:
            for chunk in chunks(steps, STEPS_AT_ONCE if clock.pace <= 0 else 1, tally, truth):
                for _, message in chunk:
                    if message is not None:
                        tally.made += 1
                        if clock.pace > 0:
                            await clock.wait_until(message.at_ns)
                        await publisher.publish(message.topic, message.body)
                if (last := chunk[-1][1]) is not None:
                    progress.at(last.at_ns, tally.made)
            await publisher.drain()
        finally:
            tally.sent, tally.whole_s = publisher.acknowledged, time.monotonic() - began


def record(steps: Iterator[Step], path: Path, *, truth: TruthFile | None, tally: Tally, progress: CityProgress) -> None:
    """Write every message into a recording, received when it was published."""
    began = time.monotonic()
    try:
        with open_for_writing(path) as out:
            for chunk in chunks(steps, STEPS_AT_ONCE, tally, truth):
                lines = [line_of(m.topic, m.body, received_ns=m.at_ns) for _, m in chunk if m is not None]
                out.write(b"".join(lines))
                tally.made += len(lines)
                if (last := chunk[-1][1]) is not None:
                    progress.at(last.at_ns, tally.made)
    finally:
        tally.sent, tally.whole_s = tally.made, time.monotonic() - began


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    made = argparse.ArgumentParser(
        prog="python -m simulators simulate", description=(__doc__ or "").partition(": ")[2].splitlines()[0]
    )
    made.add_argument("scenario", help=f"{', '.join(built_in())}, or the path of a .toml file")
    made.add_argument("--to", help="mqtt://[USER:PASSWORD@]HOST:PORT, or a recording FILE.ndjson[.gz|.zst]")
    made.add_argument(
        "--then", metavar="URL", help="after a recording: go on at this broker, once standard input says so"
    )
    made.add_argument("--write-assets", type=Path, metavar="DIR", help="write the pilots and devices there")
    made.add_argument("--pace", type=_pace, default=1.0, help="city seconds per second, or warp (or 0) (1)")
    made.add_argument("--from", dest="begin", type=datetime.fromisoformat, metavar="DATE", help="when the city begins")
    made.add_argument("--hours-back", type=float, help="begin this long before now (0)")
    made.add_argument("--days", type=float, help="end after so many days of city time")
    made.add_argument("--seed", type=int, help="another city of the same kind")
    made.add_argument("--faults", help=f"a preset in place of the scenario's faults: {', '.join(PRESETS)}")
    made.add_argument("--world", choices=["as-modelled", "breaks-assumptions"], help="in place of the scenario's world")
    made.add_argument("--dialect", help="in place of the scenario's network server, such as tts-v3")
    made.add_argument("--truth", type=Path, metavar="FILE", help="write what was true: .parquet or .ndjson[.gz|.zst]")
    return made


def _pace(text: str) -> float:
    pace = WARP if text == "warp" else float(text)
    if not pace >= 0:
        raise ValueError(text)
    return pace


def chosen(options: argparse.Namespace) -> Scenario:
    """The scenario with what the command line changes. Raises FileNotFoundError and ScenarioError."""
    scenario = load_scenario(options.scenario)
    given = {word: getattr(options, word) for word in ("seed", "world") if getattr(options, word) is not None}
    if options.dialect is not None:
        given["network"] = scenario.network.model_dump() | {"dialect": options.dialect}
    return scenario.changed(**given) if given else scenario


def span_of(options: argparse.Namespace, city: City) -> Span:
    """When the city begins and ends, by the command line, else by the scenario, else now. Raises ValueError."""
    now, scenario = now_ns(), city.scenario
    if options.begin is not None:
        begin = options.begin if options.begin.tzinfo else options.begin.replace(tzinfo=city.zone)
        start_ns = int(begin.timestamp()) * NS_PER_S
    elif options.hours_back is not None or scenario.start is None:
        start_ns = now - int((options.hours_back or 0) * 3600) * NS_PER_S
    else:
        start_ns = int(datetime.combine(scenario.start, clock_time(), city.zone).timestamp()) * NS_PER_S
    days = options.days
    if days is None and options.begin is None and options.hours_back is None:
        days = scenario.days
    if days is not None:
        return Span(start_ns, start_ns + int(days * DAY_NS))
    if options.pace > 0 and is_broker(options.to):
        return Span(start_ns, None)
    if start_ns >= now:
        raise ValueError("the city would end when it begins. Say how long it lasts: --days N, or --hours-back H")
    return Span(start_ns, now)


def main(argv: list[str]) -> int:
    """The command. Exit code 0: done; 1: the broker or a file failed; 2: the command line or the scenario is wrong."""
    made = parser()
    options = made.parse_args(argv)
    try:
        city = settle(chosen(options))
        faults = read_faults(options.faults or city.scenario.faults)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if not options.to and not options.write_assets:
        made.error("say where to: --to mqtt://HOST:PORT or --to FILE.ndjson.zst")
    if options.then and (not options.to or is_broker(options.to) or not is_broker(options.then)):
        made.error("--then mqtt://HOST:PORT comes after --to FILE.ndjson.zst")
    try:
        span = span_of(options, city) if options.to else None
        if options.write_assets:
            write_asset_list(city, options.write_assets, first_day=first_day(options, span, city))
        if span is not None:
            simulate(city, faults, span, options)
    except ValueError as error:  # a payload that cannot say it, an address that is none, a missing library
        print(error, file=sys.stderr)
        return 2
    except (OSError, BrokerRefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def first_day(options: argparse.Namespace, span: Span | None, city: City) -> date | None:
    """Of the pilots of a city that goes live: the day it begins. None: as the scenario says."""
    return local(span.start_ns, city.zone).date() if options.then and span is not None else None


def is_broker(address: str) -> bool:
    """Whether this is a broker's address, and no file's."""
    return address.startswith(("mqtt://", "mqtts://"))


def simulate(city: City, faults: Faults, span: Span, options: argparse.Namespace) -> None:
    """To a broker or into a file, by what ``--to`` looks like; Ctrl-C and SIGTERM end it in order, with whole files.

    Raises OSError, BrokerRefusedError, CannotSendError.
    """
    end_ns, live_ns = (None, span.end_ns) if options.then else (span.end_ns, None)
    live = Run(city, span.start_ns, end_ns, faults=faults, live_ns=live_ns)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_ended_by_sigterm())
        truth = stack.enter_context(open_truth(options.truth)) if options.truth else None
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        if options.then and span.end_ns is not None:
            parted = Parted(live.steps(), span.end_ns)
            _send(parted.before(), options.to, span, city=city, pace=WARP, truth=truth)
            sys.stdin.readline()
            _send(parted.after(), options.then, Span(span.end_ns, None), city=city, pace=options.pace, truth=truth)
        else:
            _send(live.steps(), options.to, span, city=city, pace=options.pace, truth=truth)
    if live.senders.withheld or live.senders.unsayable:
        print(f"{live.senders.withheld} frames withheld (airtime), {live.senders.unsayable} not sayable in the payload")


def _send(steps: Iterator[Step], to: str, span: Span, *, city: City, pace: float, truth: TruthFile | None) -> None:
    """All steps to one address; says how many messages it were, also where it is interrupted."""
    tally = Tally()
    try:
        with city_progress(span.start_ns, span.end_ns, city.zone) as progress:
            if is_broker(to):
                clock = CityClock.begin(span.start_ns, pace)
                client_id = f"citygate-simulator-{city.scenario.seed}"
                asyncio.run(
                    publish(steps, to, clock=clock, client_id=client_id, truth=truth, tally=tally, progress=progress)
                )
            else:
                record(steps, Path(to), truth=truth, tally=tally, progress=progress)
    except KeyboardInterrupt:
        print(tally.line("acknowledged" if is_broker(to) else "written"), flush=True)
        raise
    print(tally.line("acknowledged" if is_broker(to) else "written"), flush=True)


class Parted:
    """One run in two parts: the messages before a moment, then, when those have been asked for, all from it on."""

    def __init__(self, steps: Iterator[Step], at_ns: int) -> None:
        self._steps = steps
        self._at_ns = at_ns
        self._first_after: Step | None = None

    def before(self) -> Iterator[Step]:
        """Up to but without the moment."""
        for step in self._steps:
            if step[1] is not None and step[1].at_ns >= self._at_ns:
                self._first_after = step
                return
            yield step

    def after(self) -> Iterator[Step]:
        """From the moment on. Nothing where ``before`` was not taken to its end."""
        if self._first_after is not None:
            yield self._first_after
            yield from self._steps


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM as Ctrl-C, where this is the program's main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
