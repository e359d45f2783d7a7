"""``python -m simulators simulate SCENARIO``: a street that reports, to a broker or into a recording.

City time: begins ``--hours-back`` before now and runs ``--pace`` times as fast as real time until it has caught up with
now; from then on it is real time. ``--pace 0`` is as fast as possible, and ends at now.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from simulators.asset_list import write_asset_list
from simulators.city_clock import NS_PER_S, CityClock, now_ns
from simulators.network import Network
from simulators.publisher import Publisher
from simulators.recording import open_for_writing, write_message
from simulators.scenario import Scenario, load_scenario
from simulators.street import changes

Message = tuple[int, str, bytes]
"""City time, topic, body."""


def messages(scenario: Scenario, start_ns: int) -> Iterator[Message]:
    """The scenario's wire messages in order of city time, without end. Same seed and start, same bytes."""
    network = Network(scenario, start_ns)
    for change in changes(scenario, start_ns):
        topic, body = network.message(change)
        yield change.at_ns, topic, body


async def publish(scenario: Scenario, url: str, *, pace: float, start_ns: int) -> int:
    """Publish at the city's pace until cancelled (or, at pace 0, until now); returns how many were acknowledged."""
    end_ns = now_ns()
    clock = CityClock.begin(start_ns, pace)
    async with Publisher(url, client_id=f"citygate-simulator-{scenario.seed}") as publisher:
        for at_ns, topic, body in messages(scenario, start_ns):
            if pace <= 0 and at_ns > end_ns:
                break
            await clock.wait_until(at_ns)
            await publisher.publish(topic, body)
        await publisher.drain()
        return publisher.acknowledged


def record(scenario: Scenario, path: Path, *, start_ns: int, end_ns: int) -> int:
    """Write the messages of a span of city time into a recording; returns how many."""
    count = 0
    with open_for_writing(path) as out:
        for at_ns, topic, body in messages(scenario, start_ns):
            if at_ns > end_ns:
                return count
            write_message(out, topic, body, received_ns=at_ns)
            count += 1
    return count


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m simulators simulate", description=__doc__.splitlines()[0])
    parser.add_argument("scenario", help="a scenario's name (street) or the path of its .toml file")
    parser.add_argument("--to", help="mqtt://HOST:PORT, or a recording FILE.ndjson[.gz|.zst]")
    parser.add_argument("--write-assets", type=Path, metavar="DIR", help="write the pilots and devices there, and end")
    parser.add_argument("--pace", type=float, default=1.0, help="city seconds per second; 0 is as fast as possible (1)")
    parser.add_argument("--hours-back", type=float, default=0.0, help="begin this long before now (0)")
    options = parser.parse_args(argv)
    try:
        scenario = load_scenario(options.scenario)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if options.write_assets:
        write_asset_list(scenario, options.write_assets)
        return 0
    if not options.to:
        parser.error("say where to: --to mqtt://HOST:PORT or --to FILE.ndjson.zst")
    end_ns = now_ns()
    start_ns = end_ns - int(options.hours_back * 3600) * NS_PER_S
    try:
        send(scenario, options.to, pace=options.pace, start_ns=start_ns, end_ns=end_ns)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def send(scenario: Scenario, to: str, *, pace: float, start_ns: int, end_ns: int) -> None:
    """To a broker or into a file, by what ``to`` looks like. Raises OSError."""
    began = time.monotonic()
    if to.startswith(("mqtt://", "mqtts://")):
        with contextlib.suppress(KeyboardInterrupt):
            count = asyncio.run(publish(scenario, to, pace=pace, start_ns=start_ns))
            report("acknowledged", count, time.monotonic() - began)
    else:
        count = record(scenario, Path(to), start_ns=start_ns, end_ns=end_ns)
        report("written", count, time.monotonic() - began)


def report(word: str, count: int, seconds: float) -> None:
    """How many, how fast."""
    print(f"{count} messages {word} in {seconds:.1f} s, {count / max(seconds, 1e-9):,.0f} a second")
