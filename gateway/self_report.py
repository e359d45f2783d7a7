"""What the gateway says of itself to InfluxDB, a line a part and minute, and each day where every device stands.

    parts of the gateway ──each minute──▶ lines ─▶ kept, up to four hours ─▶ every InfluxDB sink that can be reached
    device files ──at the start, when read anew, each day──▶ inventory ───────┘

Laws
- It is no observation of the city: it does not go through the ledger, so no other sink and no page carries it, and a
  quiet gateway's ledger stays quiet. The words: ``pipelines/encodings/own_points.py``.
- While a database is away its reports wait in memory and come later with their own time: the lag of an outage is seen
  after it. Beyond ``KEPT`` reports, and at a stop, the oldest are let go: they are a help, not data.
- It never holds up a delivery for longer than one request, and says nothing while the clock is unset.
"""

import asyncio
import os
import shutil
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.health.conditions import conditions
from gateway.health.of_logs import needed_bytes
from gateway.sinks.influxdb.sink import InfluxSink
from gateway.sources import TwoWaySource
from pipelines.encodings.own_points import inventory_lines, own_line
from pipelines.model import NS_PER_S, Value

if TYPE_CHECKING:
    from gateway.knowledge import Known
    from gateway.run import Gateway

FIRST_AFTER_S = 5.0
EVERY_S = 60.0
KEPT = 240
"""Reports of 2 to 3 kB each: some 600 kB in a long outage."""
DAY_NS = 86_400 * NS_PER_S
STATM = Path("/proc/self/statm")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
"""16 KiB on a Raspberry Pi 5, 4 KiB elsewhere."""

Fields = Mapping[str, Value | None]


class SelfReport:
    """One of the gateway's loops, where there is an InfluxDB sink."""

    def __init__(self, gateway: "Gateway", sinks: Sequence[InfluxSink]) -> None:
        self._gateway = gateway
        self._waiting: dict[str, deque[bytes]] = {sink.id: deque(maxlen=KEPT) for sink in sinks}
        self._sinks = sinks
        clock = gateway.clock
        self._told = (clock.wall_ns(), clock.monotonic_ns()) if clock.quality() == "trusted" else None
        self._day_ns = 0
        self._known: Known | None = None

    async def run(self) -> None:
        """Report for ever."""
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            if self._gateway.clock.quality() == "trusted":
                await self.report()
            await asyncio.sleep(EVERY_S)

    async def report(self) -> None:
        """Take one look, and send what waits to every sink that can be reached."""
        body = self.lines().encode()
        for sink in self._sinks:
            waiting = self._waiting[sink.id]
            waiting.append(body)
            while waiting and await sink.write_own(waiting[0]):
                waiting.popleft()

    def lines(self) -> str:
        """One look at every part; with the inventory, when it is due."""
        gateway = self._gateway
        now_ns = gateway.clock.wall_ns()
        named = {"city": gateway.config.gateway.city, "gateway": gateway.config.gateway.id}
        told = own_line("citygate", named, {"clock_step_s": self._clock_step_s(), **_process(gateway)}, now_ns)
        for measurement, tags, fields in _parts(gateway):
            told += own_line(measurement, {**named, **tags}, fields, now_ns)
        day_ns = now_ns - now_ns % DAY_NS
        if self._day_ns != day_ns or self._known is not gateway.known:
            self._day_ns, self._known = day_ns, gateway.known
            told += inventory_lines(gateway.known.files.devices, day_ns)
        return told

    def _clock_step_s(self) -> float:
        """By how much the wall clock went otherwise than the monotonic clock since the last look.

        A clock that was not set at the start and is now has not jumped: every boot of a Raspberry Pi begins so.
        """
        clock = self._gateway.clock
        before, self._told = self._told, (clock.wall_ns(), clock.monotonic_ns())
        if before is None:
            return 0.0
        (wall_ns, monotonic_ns), (now_ns, since_boot_ns) = before, self._told
        return abs((now_ns - wall_ns) - (since_boot_ns - monotonic_ns)) / NS_PER_S


def open_self_report(gateway: "Gateway") -> SelfReport | None:
    """None where no sink is an InfluxDB."""
    sinks = [delivery.sink for delivery in gateway.deliveries if isinstance(delivery.sink, InfluxSink)]
    return SelfReport(gateway, sinks) if sinks else None


def _parts(gateway: "Gateway") -> Iterator[tuple[str, Mapping[str, str], Fields]]:
    """Measurement, the tag of the part, fields."""
    for reason, count in sorted(gateway.refine.rejections.items()):
        yield "citygate_rejected", {"reason": reason}, {"rejected_messages": count}
    counts = gateway.events.counts
    for source in gateway.sources:
        connected = source.connected if isinstance(source, TwoWaySource) else None
        fields: Fields = {"source_received": counts[f"received.{source.name}"], "source_connected": connected}
        yield "citygate_source", {"source": source.name}, fields
    now_ns = gateway.clock.monotonic_ns()
    for delivery in gateway.deliveries:
        fields = {
            "pending": delivery.lag,
            "lag_s": gateway.health.lag_s(delivery, now_ns),
            "delivered": delivery.delivered,
            "quarantined": delivery.refused,
            "failing": delivery.outage.since_ns is not None,
        }
        yield "citygate_sink", {"sink": delivery.sink.id}, fields
    yield from _logs(gateway)


def _process(gateway: "Gateway") -> Fields:
    refine, analytics = gateway.refine, gateway.analytics
    facts, wrong = refine.facts(), Counter(one.severity for one in conditions(gateway))
    return {
        "uptime_s": (gateway.clock.monotonic_ns() - gateway.started_ns) / NS_PER_S,
        "resident_bytes": resident_bytes(),
        "critical_conditions": wrong["critical"],
        "warning_conditions": wrong["warning"],
        "intake_held": gateway.ingest.held,
        "received": sum(n for name, n in gateway.events.counts.items() if name.startswith("received.")),
        "accepted": refine.accepted,
        "duplicates": refine.duplicates,
        "rejected": refine.rejections.total(),
        "unread": facts["unread"],
        "waiting": facts["waiting"],
        "derived": analytics.derived if analytics else None,
        "analytics_behind": analytics.lag if analytics else None,
        "devices": len(gateway.known.files.devices),
    }


def _logs(gateway: "Gateway") -> Iterator[tuple[str, Mapping[str, str], Fields]]:
    needed = needed_bytes(gateway)
    for log in (gateway.logs.intake, gateway.logs.ledger):
        fields: Fields = {
            "size_bytes": log.size_bytes,
            "needed_percent": 100 * needed[log.name] / log.options.quota_bytes,
            "disk_used_percent": used_percent(gateway.logs.folder),
        }
        yield "citygate_log", {"log": log.name}, fields


def resident_bytes() -> int | None:
    """Resident memory of this process (proc(5), statm: the second number, in pages); None where there is no /proc."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return None


def used_percent(folder: Path) -> float | None:
    """How full the disk is that holds a folder, as ``df`` reckons it; None where nobody can tell."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return None
    return 100 * disk.used / (disk.used + disk.free)
