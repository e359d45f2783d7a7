"""``/api/gateway`` and ``/api/events``: sources, sinks and their lag, logs, loops, memory, and what happened."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gateway.dashboard.answers import (
    AnalyticsNow,
    EventNow,
    GatewayPage,
    LogNow,
    SinkNow,
    SourceNow,
    Trouble,
)
from gateway.dashboard.board import Board
from gateway.dashboard.troubles import of_gateway
from gateway.dashboard.units import ms
from gateway.events import Event
from gateway.handlers import own_counts
from gateway.journal.log import Log
from gateway.version import VERSION
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.deliver import Delivery
    from gateway.run import Gateway

STATM = Path("/proc/self/statm")
PAGE_BYTES = 4_096
LONGEST_FIELD = 300


def gateway_page(board: Board) -> GatewayPage:
    """Where everything stands."""
    gateway = board.gateway
    wrong = of_gateway(gateway)
    return GatewayPage(
        at_ms=board.now_ms,
        gateway=gateway.config.gateway.id,
        city=gateway.config.gateway.city,
        version=VERSION,
        python=platform.python_version(),
        uptime_s=round((gateway.clock.monotonic_ns() - gateway.started_ns) / NS_PER_S, 1),
        clock=gateway.clock.quality(),
        rss_bytes=resident_bytes(),
        rates=board.rates(),
        sources=tuple(_sources(gateway, wrong)),
        sinks=tuple(_sink(gateway, delivery) for delivery in gateway.deliveries),
        logs=(_log("intake", gateway.logs.intake), _log("ledger", gateway.logs.ledger)),
        loops=dict(gateway.health.moving()),
        analytics=_analytics(gateway),
        devices=len({one.id for one in gateway.known.files.devices}),
        pilots=len(gateway.known.files.pilots),
        pages_open=board.pages_open,
        wrong=tuple(wrong),
    )


def resident_bytes() -> int:
    """Resident memory of this process (proc(5), statm: the second number, in pages); 0 where there is no /proc."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


def _sources(gateway: "Gateway", wrong: list[Trouble]) -> Iterator[SourceNow]:
    counts = gateway.events.counts
    for name, source in gateway.config.sources.items():
        trouble = next((one for one in wrong if one.subject == name or one.subject.startswith(f"{name}: ")), None)
        yield SourceNow(name, source.kind, own_counts(counts, name), trouble)


def _sink(gateway: "Gateway", delivery: "Delivery") -> SinkNow:
    outage, clock = delivery.outage, gateway.clock
    since_ns = None
    if outage.since_ns is not None:
        since_ns = clock.wall_ns() - (clock.monotonic_ns() - outage.since_ns)
    config = gateway.config.sinks.get(delivery.sink.id)
    return SinkNow(
        id=delivery.sink.id,
        kind=config.kind if config is not None else "",
        pending=delivery.lag,
        behind_s=round(gateway.health.lag_s(delivery, clock.monotonic_ns()), 1),
        delivered=delivery.delivered,
        quarantined=delivery.refused,
        expired=delivery.expired,
        error=outage.why,
        mend=outage.mend,
        failing_since_ms=ms(since_ns) if since_ns is not None else None,
    )


def _log(name: str, log: Log) -> LogNow:
    return LogNow(name, log.oldest_number, log.durable_number, log.next_number, log.size_bytes, log.options.quota_bytes)


def _analytics(gateway: "Gateway") -> AnalyticsNow | None:
    analytics = gateway.analytics
    if analytics is None:
        return None
    keys = sum(runner.keys for pilot in analytics.pilots.values() for runner in pilot.runners.values())
    rebuilding = int(str(analytics.facts()["rebuilding"]))
    return AnalyticsNow(analytics.lag, analytics.derived, rebuilding, keys)


class EventBook:
    """Numbers the gateway's recent events, so that a page knows which it has seen."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._last: tuple[int, Event] | None = None
        self._told: list[EventNow] = []
        self._number = 0

    def newest(self) -> list[EventNow]:
        """The newest hundred, oldest first."""
        recent = self._gateway.events.recent
        places = [place for place, one in enumerate(recent) if one is self._last]
        for at_ns, event in recent[places[-1] + 1 if places else 0 :]:
            self._number += 1
            self._told.append(_told(self._number, at_ns, event))
        if recent:
            self._last = recent[-1]
        del self._told[:-100]
        return self._told


def _told(number: int, at_ns: int, event: Event) -> EventNow:
    fields = {name: _cut(getattr(event, name)) for name in event.__struct_fields__}
    level = {"INFO": "info", "WARNING": "warning"}.get(event.level, "error")
    return EventNow(number, ms(at_ns), level, type(event).__name__, fields)  # type: ignore[arg-type]


def _cut(value: object) -> object:
    if isinstance(value, str):
        return value[:LONGEST_FIELD]
    return value if isinstance(value, int | float | bool) else str(msgspec.to_builtins(value))[:LONGEST_FIELD]
