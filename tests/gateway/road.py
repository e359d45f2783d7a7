"""A short road over real logs for tests of the gateway's loops: a thermometer that says ``{"temp": …}``.

What its dialect does with a body is said by the body: ``1.5`` is a reading; ``network 1.5`` brings the network's time;
``raise`` raises, as a decoder with a mistake would; ``die`` ends the process at once.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from gateway.breadcrumb import Breadcrumb
from gateway.clock import BUILD_DATE_NS, Clock
from gateway.events import Event, Events
from gateway.ingest import KIND_RECEIVED
from gateway.journal.log import Log
from gateway.journal.options import LogOptions
from gateway.journal.storage import Storage
from gateway.progress import SNAPSHOT_FILE, Progress, outcomes_after
from gateway.refine import Refine
from pipelines.decode import CompiledProfile, PropertyMap, network_decoder
from pipelines.identify import DeviceIndex
from pipelines.model import NS_PER_S, Device, Outcome, Received, Rejected, Uplink
from pipelines.process import Knowledge

NOW_NS = BUILD_DATE_NS + 10**6 * NS_PER_S
BOOT = 7
PROFILE = CompiledProfile("thermo", b"profile!", network_decoder("thermo"), {"temp": PropertyMap("temperature_c")})
DEVICES = [Device("a", "thermo", "pilot", "delft", "tree/1", record_hash=b"record-1")]

encode = msgspec.msgpack.Encoder().encode


def read(_topic: str, body: bytes) -> Uplink | Rejected:
    word, _, rest = body.decode().partition(" ")
    if word == "raise":
        raise ZeroDivisionError("a decoder with a mistake")
    if word == "die":
        os._exit(9)
    if word == "network":
        return Uplink("a", decoded={"temp": float(rest)}, network_time_ns=NOW_NS)
    return Uplink("a", decoded={"temp": float(word)})


KNOWLEDGE = Knowledge({"mqtt": read}, DeviceIndex(DEVICES), {"thermo": PROFILE})


def received(body: str = "20.0", **more: Any) -> Received:
    entry = Received("mqtt", "t", body.encode(), NOW_NS, 10**9, BOOT)
    return msgspec.structs.replace(entry, **more)


class SetClock(Clock):
    """A clock whose wall time and quality the test says; monotonic time starts at a second."""

    def __init__(self, wall_ns: int = NOW_NS, boot: int = BOOT) -> None:
        self.now_ns, self.since_boot_ns = wall_ns, 10**9
        super().__init__(lambda: self.now_ns, lambda: self.since_boot_ns, boot=boot)

    def advance(self, seconds: float) -> None:
        self.now_ns += int(seconds * NS_PER_S)
        self.since_boot_ns += int(seconds * NS_PER_S)


class Road:
    """Intake, ledger and refine over one folder. ``crash`` is kill -9: what was not written is gone."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock | None = None,
        storage: Storage | None = None,
        options: LogOptions | None = None,
        on_outcomes: Callable[[int, Sequence[Outcome], int], None] = lambda _first, _outcomes, _kind: None,
    ) -> None:
        self.folder, self.clock, self.events = folder, clock or SetClock(), Events()
        options = options or LogOptions(ballast_bytes=0)
        self.intake = Log.open(folder / "intake", name="intake", options=options, storage=storage)
        written = msgspec.structs.replace(options, readable="written")
        self.ledger = Log.open(folder / "ledger", name="ledger", options=written, storage=storage)
        oldest = self.intake.oldest_number
        self.progress = Progress.recover(folder / SNAPSHOT_FILE, self.ledger, oldest=oldest)
        self.refine = Refine(
            self.intake,
            self.ledger,
            self.progress,
            knowledge=KNOWLEDGE,
            folder=folder,
            clock=self.clock,
            events=self.events,
            on_outcomes=on_outcomes,
        )

    async def receive(self, *entries: Received) -> None:
        self.intake.append([encode(entry) for entry in entries], KIND_RECEIVED)
        await self.intake.commit()

    def first_outcomes(self) -> list[Outcome]:
        return [outcome for _number, kind, outcome in outcomes_after(self.ledger, 0) if kind == 1]

    def crash(self) -> None:
        self.intake.abandon()
        self.ledger.abandon()

    async def stop(self) -> None:
        await self.refine.stop()
        await self.ledger.close()
        await self.intake.close()


async def until(condition: Callable[[], object], *, within_s: float = 30.0) -> None:
    """Poll, giving the loop to others, until it holds."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def crumb_of(road: Road) -> Breadcrumb:
    return road.refine._breadcrumb


def emitted(events: Events, kind: type[Event]) -> list[Event]:
    return [event for _at_ns, event in events.recent if isinstance(event, kind)]
