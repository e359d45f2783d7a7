"""Troubles that a part tells as an event and keeps no state of: from the event that begins one to what ends it.

    Events.emit ──▶ heard() ──▶ begun(): a trouble begins, or goes on     ──▶ found()
                           └──▶ ended(): an event takes troubles back

Some end by an event (a source has its broker again), others after a time: a crash that did not repeat, a damage on the
disk that should be seen for a day. To add one: a case in ``begun``, and one in ``ended`` where an event ends it.
"""

from collections.abc import Iterator

import msgspec

from gateway import events as told
from gateway.clock import Clock
from gateway.events import Event, Events
from gateway.health.condition import Severity
from gateway.health.found import Found
from pipelines.model import NS_PER_S

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S
SOURCE_MAY_BE_AWAY_S = 300.0
"""A broker that restarts is back by then; afterwards somebody should look."""
TAKEN_OVER_FOR_S = 600.0
CALM_AFTER_CRASH_S = 180.0
"""The supervisor's longest pause is a minute: a part that still crashes has crashed again by then."""
WORKER_GRACE_S = 30.0
OFTEN = 3
"""A part that crashed so often without a calm between does not come up again by itself."""

RETRY = "citygate rejected retry --reason refused"
DISK = "Look at the disk (dmesg, smartctl); replace a worn card. `citygate journal verify` counts what is readable."


class Incident(msgspec.Struct, frozen=True):
    """A trouble as its event tells it. ``lasts_s``: over by itself so long after it was last told; None: never.

    ``critical_after_s``: so long after it began it is critical. ``critical_at``: told so often in a row it is, too.
    """

    kind: str
    subject: str
    severity: Severity
    what: str
    mend: str
    lasts_s: float | None = None
    critical_after_s: float | None = None
    critical_at: int | None = None


class _Standing(msgspec.Struct):
    incident: Incident
    since_ns: int
    last_ns: int
    times: int = 1


class Incidents:
    """Listens to events from now on; what was emitted before, while the gateway was opened, is heard first."""

    def __init__(self, events: Events, clock: Clock) -> None:
        self._clock = clock
        self._standing: dict[tuple[str, str], _Standing] = {}
        for _, event in events.recent:
            self.heard(event)
        events.listeners.append(self.heard)

    def heard(self, event: Event) -> None:
        """Take in one event."""
        for key in [key for key in self._standing if ended(event, *key)]:
            del self._standing[key]
        if (incident := begun(event)) is not None:
            self.note(incident)

    def note(self, incident: Incident) -> None:
        """A trouble begins, or goes on."""
        now_ns = self._clock.monotonic_ns()
        key = incident.kind, incident.subject
        standing = self._standing.get(key)
        if standing is None or self._is_over(standing, now_ns):
            self._standing[key] = _Standing(incident, now_ns, now_ns)
        else:
            standing.incident, standing.last_ns, standing.times = incident, now_ns, standing.times + 1

    def found(self) -> Iterator[Found]:
        """Those that stand now."""
        now_ns = self._clock.monotonic_ns()
        for key in [key for key, standing in self._standing.items() if self._is_over(standing, now_ns)]:
            del self._standing[key]
        for standing in self._standing.values():
            one = standing.incident
            age_s = (now_ns - standing.since_ns) / NS_PER_S
            late = one.critical_after_s is not None and age_s >= one.critical_after_s
            often = one.critical_at is not None and standing.times >= one.critical_at
            severity = "critical" if late or often else one.severity
            yield Found(one.kind, one.subject, severity, one.what, one.mend, standing.since_ns)

    @staticmethod
    def _is_over(standing: _Standing, now_ns: int) -> bool:
        lasts_s = standing.incident.lasts_s
        return lasts_s is not None and (now_ns - standing.last_ns) / NS_PER_S >= lasts_s


def begun(event: Event) -> Incident | None:
    """The trouble that an event tells, if it tells one that no part holds as state."""
    return _of_source(event) or _of_disk(event) or _of_work(event) or _of_entry(event) or _of_codec(event)


def ended(event: Event, kind: str, subject: str) -> bool:
    """Does this event take that trouble back?"""
    match event:
        case told.SourceConnected():
            return kind in ("source-lost", "source-refused") and subject == event.source
        case told.SourceLost():  # what the broker grants is said anew with the next connection
            return kind == "subscription-weakened" and subject.startswith(f"{event.source}: ")
        case told.SubscriptionGranted():
            return kind == "subscription-refused" and subject == f"{event.source}: {event.topic_filter}"
        case told.FilesReloaded():
            return kind == "files-kept"
        case _:
            return False


def _of_source(event: Event) -> Incident | None:
    match event:
        case told.SourceLost():
            what = f"{event.source} has no link to {event.peer}: {event.why}"
            mend = "Is the broker running, and can this machine reach it? It keeps messages of QoS 1 meanwhile."
            away_s = SOURCE_MAY_BE_AWAY_S
            return Incident("source-lost", event.source, "warning", what, mend, critical_after_s=away_s)
        case told.SourceRefused():
            what = f"{event.peer} refuses {event.source}: {event.why}"
            return Incident("source-refused", event.source, "critical", what, event.mend)
        case told.SourceTakenOver():
            what = f'the broker keeps ending the link of {event.source}: somebody else is "{event.client_id}", too'
            return Incident("source-taken-over", event.source, "critical", what, event.mend, TAKEN_OVER_FOR_S)
        case told.SubscriptionRefused():
            what = f"{event.source} may not read {event.topic_filter} (code 0x{event.code:02x})"
            mend = "Let the gateway's user read it in the broker's access list; it is asked for again each minute."
            return Incident("subscription-refused", f"{event.source}: {event.topic_filter}", "critical", what, mend)
        case told.SubscriptionWeakened():
            what = f"the broker gives {event.topic_filter} with QoS {event.granted_qos} instead of {event.asked_qos}"
            mend = "What is lost on the way stays lost at QoS 0. Raise what the broker grants, or write qos = 0."
            return Incident("subscription-weakened", f"{event.source}: {event.topic_filter}", "warning", what, mend)
        case _:
            return None


def _of_disk(event: Event) -> Incident | None:
    match event:
        case told.LogSegmentAbandoned():
            what = f"a write to the {event.log} failed ({event.why}); its entries are in a new segment, none is lost"
            return Incident("disk", event.log, "warning", what, DISK, DAY_S)
        case told.LogCorruption():
            what = f"{event.entries} entries of the {event.log} cannot be read any more: the disk gave other bytes back"
            return Incident("disk-damage", event.log, "warning", what, DISK, DAY_S)
        case told.LogRewriteFailed():
            what = f"{event.where} of the {event.log} cannot be compressed: {event.why}"
            return Incident("disk", event.log, "warning", what, DISK, DAY_S)
        case _:
            return None


def _of_work(event: Event) -> Incident | None:
    match event:
        case told.TaskCrashed():
            what = f"{event.part} crashed and was started again: {event.error}"
            mend = "If it is an address or a file, mend that; else report this line with the log."
            lasts_s = CALM_AFTER_CRASH_S
            return Incident("part-crashed", event.part, "warning", what, mend, lasts_s, critical_at=OFTEN)
        case told.FilesKept():
            more = f" (and {len(event.mistakes) - 1} more)" if len(event.mistakes) > 1 else ""
            what = f"devices and pilots are as they were before: {' '.join(event.mistakes[:1])}{more}"
            mend = "citygate check shows every mistake. Mend them, then: systemctl reload citygate"
            return Incident("files-kept", "files", "warning", what, mend)
        case told.SettingsKept():
            what = "citygate.toml was changed, and the gateway goes on with what it began with"
            mend = "Start it again: systemctl restart citygate"
            if event.mistakes:
                what = f"with citygate.toml as it is the gateway would not start again: {event.mistakes[0]}"
                mend = "citygate check shows every mistake."
            return Incident("files-kept", "citygate.toml", "warning", what, mend)
        case told.KeysUnreadable():
            what = f"start-ups' keys cannot be read, so downloads tell only what is public: {event.why}"
            mend = f"Let the gateway read {event.file}; deploy/systemd/README.md tells how."
            return Incident("keys-unreadable", "start-ups", "warning", what, mend, DAY_S)
        case told.DownlinksUnreadable():
            return Incident("downlinks-unreadable", "downlinks", "critical", event.why, event.mend)
        case _:
            return None


def _of_entry(event: Event) -> Incident | None:
    match event:
        case told.SinkRefusedEntries():
            what = f"the server behind {event.sink} refuses entries for good: {event.detail}"
            mend = f"They are kept: citygate rejected list --reason refused. When it is mended: {RETRY}"
            return Incident("sink-refuses", event.sink, "warning", what, mend, HOUR_S)
        case told.EntryCrashed():
            what = f"the gateway died over message {event.number}, which is set aside as rejected"
            mend = f"Report it with its bytes: citygate explain {event.number}"
            return Incident("entry-crashed", str(event.number), "warning", what, mend, DAY_S)
        case told.MachineFell():
            what = f"a machine of analytics fell over one of its keys in {event.pilot}, which began anew: {event.error}"
            return Incident(
                "machine-fell", event.pilot, "warning", what, "Report this line; no reading is lost.", DAY_S
            )
        case _:
            return None


def _of_codec(event: Event) -> Incident | None:
    match event:
        case told.CodecsUnavailable():
            what = f"JavaScript codecs are in use and do not run here: {event.why}; their uplinks are kept, not read"
            return Incident("codecs-unavailable", "codecs", "critical", what, event.mend)
        case told.CodecWorkerFailed():
            what = f"the process that runs codecs does not start: {event.why}; what needs it waits"
            mend = "Is there memory left (free -m)? It is tried again, ever more slowly."
            return Incident("codec-worker", "codecs", "critical", what, mend, event.retry_s + WORKER_GRACE_S)
        case told.CodecQuarantined():
            what = f"the codec of {event.profile} met its limits {event.limits} times and is not run for a while"
            return Incident("codec-quarantined", event.profile, "warning", what, event.mend, event.minutes * 60.0)
        case _:
            return None
