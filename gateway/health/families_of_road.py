"""Metrics along the road of a message: sources, intake, refine, ledger, sinks."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import Metric, SummaryMetricFamily

from gateway.health.family import Row, family, one
from gateway.health.of_logs import needed_bytes
from gateway.journal.log import Log
from gateway.sinks import KeepingSink
from gateway.sources import TwoWaySource

if TYPE_CHECKING:
    from gateway.run import Gateway

OF_SOURCES = {
    "received": "Messages taken into the intake",
    "redelivered": "Messages that came once more, known by packet id and content, and are in the intake once",
    "qos0": "Messages received at QoS 0, which nobody keeps for us",
    "oversize": "Messages over max_payload_bytes, of which only the head is kept",
}


def families_of_road(gateway: "Gateway") -> Iterator[Metric]:
    """In the order in which a message meets them."""
    yield from _of_sources(gateway)
    yield from _of_logs(gateway)
    yield from _of_refine(gateway)
    yield from _of_sinks(gateway)


def _of_sources(gateway: "Gateway") -> Iterator[Metric]:
    counts, names = gateway.events.counts, [source.name for source in gateway.sources]
    links = [((one.name,), float(one.connected)) for one in gateway.sources if isinstance(one, TwoWaySource)]
    yield family("gauge", "source_connected", "Whether a source has its broker.", links, "source")
    for word, about in OF_SOURCES.items():
        rows: list[Row] = [((name,), counts[f"{word}.{name}"]) for name in names]
        yield family("counter", f"{word}_messages", f"{about}.", rows, "source")
    refused = [
        ((name, why), count)
        for name in names
        for why, count in counts_below(counts, f"refused.{name}.").items()
    ]  # fmt: skip
    yield family(
        "counter", "refused_requests", "Requests of an HTTP source that were refused.", refused, "source", "why"
    )


def counts_below(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """The counters whose name begins so, by the rest of their name."""
    return {name.removeprefix(prefix): count for name, count in counts.items() if name.startswith(prefix)}


def _of_logs(gateway: "Gateway") -> Iterator[Metric]:
    logs = (gateway.logs.intake, gateway.logs.ledger)

    def rows(values: Mapping[str, float]) -> list[Row]:
        return [((name,), value) for name, value in values.items()]

    def of(read: "dict[str, float]", kind: str, name: str, about: str) -> Metric:
        return family("counter" if kind == "counter" else "gauge", name, about, rows(read), "log")

    yield of({log.name: log.size_bytes for log in logs}, "gauge", "log_size_bytes", "Size of a log's files.")
    quotas = {log.name: float(log.options.quota_bytes) for log in logs}
    yield of(quotas, "gauge", "log_quota_bytes", "What a log may take; at it the oldest is given up.")
    needed = {name: float(size) for name, size in needed_bytes(gateway).items()}
    yield of(
        needed, "gauge", "log_needed_bytes", "Size of what refine (intake) or the slowest sink (ledger) must read."
    )
    oldest = {log.name: float(log.next_number - log.oldest_number) for log in logs}
    yield of(oldest, "gauge", "log_entries", "Entry numbers that a log still spans.")
    expired = {log.name: float(gateway.events.counts[f"expired.{log.name}"]) for log in logs}
    yield of(expired, "counter", "log_expired_entries", "Entries that a log gave up at its quota.")
    corrupt = {log.name: float(log.corrupt_entries) for log in logs}
    yield of(corrupt, "counter", "log_corrupt_entries", "Entries found missing or damaged.")
    yield _commits(logs)
    full = float(gateway.ingest.full)
    yield one("gauge", "intake_full", "Whether sources must wait: the ring is full or the intake is held.", full)


def _commits(logs: tuple[Log, ...]) -> Metric:
    about = "Time from the hand-over of a batch to the disk until it is written, for the intake until it is durable."
    commits = SummaryMetricFamily("citygate_log_commit_seconds", about, labels=["log"])
    for log in logs:
        count, seconds = log.commits
        commits.add_metric([log.name], count, seconds)
    return commits


def _of_refine(gateway: "Gateway") -> Iterator[Metric]:
    refine = gateway.refine
    outcomes: list[Row] = [
        (("accepted",), refine.accepted),
        (("duplicate",), refine.duplicates),
        (("rejected",), refine.rejections.total()),
    ]
    yield family("counter", "outcomes", "Messages by what became of them at first.", outcomes, "outcome")
    rejected: list[Row] = [((reason,), count) for reason, count in sorted(refine.rejections.items())]
    yield family("counter", "rejected_messages", "Messages that were not understood; kept.", rejected, "reason")
    progress = refine.progress
    waiting: list[Row] = [(("clock",), len(progress.waiting)), (("codec",), len(progress.asked))]
    yield family("gauge", "waiting_messages", "Messages whose outcome waits, and for what.", waiting, "for")
    unread = max(0, gateway.logs.intake.durable_number - progress.position)
    yield one("gauge", "unread_messages", "Messages in the intake that refine has not read.", unread)


def _of_sinks(gateway: "Gateway") -> Iterator[Metric]:
    deliveries, now_ns = gateway.deliveries, gateway.clock.monotonic_ns()

    def rows(name: str) -> list[Row]:
        return [((delivery.sink.id,), getattr(delivery, name)) for delivery in deliveries]

    up: list[Row] = [((delivery.sink.id,), delivery.outage.since_ns is None) for delivery in deliveries]
    yield family("gauge", "sink_up", "Whether a sink took what it was given last.", up, "sink")
    about = "Ledger entries that a sink"
    yield family("counter", "sink_delivered_entries", f"{about} took.", rows("delivered"), "sink")
    yield family("counter", "sink_refused_entries", f"{about} refused for good; kept.", rows("refused"), "sink")
    yield family("counter", "sink_expired_entries", f"{about} never got: given up.", rows("expired"), "sink")
    yield family("counter", "sink_ahead_entries", f"{about} took before their turn.", rows("ahead"), "sink")
    yield family("gauge", "sink_lag_entries", f"{about} has not seen.", rows("lag"), "sink")
    lags: list[Row] = [((one.sink.id,), gateway.health.lag_s(one, now_ns)) for one in deliveries]
    yield family(
        "gauge", "sink_lag_seconds", "How long the oldest of them waits, since the start at most.", lags, "sink"
    )
    keeping = [one.sink for one in deliveries if isinstance(one.sink, KeepingSink)]
    kept: list[Row] = [((sink.id,), sink.kept_bytes) for sink in keeping]
    yield family("gauge", "quarantine_size_bytes", "What the quarantine holds for a person to look at.", kept, "sink")
    quotas: list[Row] = [((sink.id,), sink.quota_bytes) for sink in keeping]
    yield family("gauge", "quarantine_quota_bytes", "What it may hold.", quotas, "sink")
