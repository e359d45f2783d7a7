"""Metrics of the gateway itself: what is wrong, what happened, analytics, codecs, downlinks."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import InfoMetricFamily, Metric

from gateway import events
from gateway.events import Event
from gateway.health.conditions import conditions
from gateway.health.family import Row, family, one
from gateway.version import VERSION
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

EVENTS = frozenset(
    name
    for name, kind in vars(events).items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
)


def families_of_work(gateway: "Gateway") -> Iterator[Metric]:
    """What is wrong comes first."""
    table = gateway.config.gateway
    build = InfoMetricFamily("citygate_build", "Which release runs, and where.")
    build.add_metric([], {"version": VERSION, "gateway": table.id, "city": table.city})
    yield build
    uptime_s = (gateway.clock.monotonic_ns() - gateway.started_ns) / NS_PER_S
    yield one("gauge", "uptime_seconds", "Since the gateway was started.", uptime_s)
    trusted = gateway.clock.quality() == "trusted"
    yield one("gauge", "clock_trusted", "Whether the wall clock is set.", trusted)
    found = Counter((one.kind, one.severity) for one in conditions(gateway))
    wrong: list[Row] = [(key, count) for key, count in sorted(found.items())]
    yield family("gauge", "conditions", "What is wrong now, by what and how bad.", wrong, "kind", "severity")
    moving: list[Row] = [((loop,), moves) for loop, moves in gateway.health.moving().items()]
    yield family("gauge", "loop_moving", "Whether a loop of the gateway moves or has nothing to do.", moving, "loop")
    happened: list[Row] = [((name,), count) for name, count in sorted(gateway.events.counts.items()) if name in EVENTS]
    yield family("counter", "events", "Named events, as the log has them.", happened, "event")
    files = gateway.known.files
    yield one("gauge", "devices", "Records of devices in force.", len(files.devices))
    yield one("gauge", "pilots", "Pilots in force.", len(files.pilots))
    yield from _of_analytics(gateway)
    yield from _of_codecs(gateway)
    yield one("gauge", "downlinks_under_way", "Downlinks that are not settled.", gateway.downlinks.under_way)
    if gateway.operators is not None:
        refused: list[Row] = [((why,), count) for why, count in sorted(gateway.operators.guard.refused.items())]
        about = "Requests that the operators' listener refused."
        yield family("counter", "operators_refused_requests", about, refused, "why")


def _of_analytics(gateway: "Gateway") -> Iterator[Metric]:
    analytics = gateway.analytics
    if analytics is None:
        return
    yield one("counter", "analytics_derived_observations", "Observations that analytics told.", analytics.derived)
    yield one("counter", "analytics_expired_entries", "Ledger entries that it never saw: given up.", analytics.expired)
    yield one("gauge", "analytics_lag_entries", "Ledger entries that it has not taken in.", analytics.lag)
    producers = analytics.facts()["producers"]
    assert isinstance(producers, Mapping)
    keys: list[Row] = [((name,), row["keys"]) for name, row in producers.items()]
    yield family("gauge", "analytics_keys", "Things that a producer follows.", keys, "producer")
    state: list[Row] = [((name,), row["state_bytes"]) for name, row in producers.items()]
    yield family("gauge", "analytics_state_bytes", "What it remembers of them, about.", state, "producer")
    kinds = ("late", "corrected", "too_late", "shortened", "fallen")
    seen: list[Row] = [((name, kind), row[kind]) for name, row in producers.items() for kind in kinds if kind in row]
    about = "Readings of a producer that were late, corrected or too late; keys shortened or fallen."
    yield family("gauge", "analytics_readings", about, seen, "producer", "what")


def _of_codecs(gateway: "Gateway") -> Iterator[Metric]:
    codecs = gateway.codecs
    runs: list[Row] = [((ending,), count) for ending, count in sorted(codecs.endings.items())]
    yield family("counter", "codec_calls", "Calls of JavaScript codecs, by how they ended.", runs, "ending")
    yield one("gauge", "codec_calls_waiting", "Calls not yet answered.", codecs.waiting)
    yield one("gauge", "codec_workers", "Processes that run codecs.", len(codecs.worker_pids))
