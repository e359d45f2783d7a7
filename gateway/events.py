"""Every named event with its level, and the counters. One JSON line per event; a readable line on a terminal.

Levels (the whole rule): info, an operator's action took effect; warning, unexpected but nothing lost; error, data lost
or a person must act. Nothing per message is an event: per message there are only counters.
To add an event, add a Struct here: its name is the event's name, its fields are the event's fields.
"""

import logging
import sys
from collections import Counter
from collections.abc import Callable
from typing import ClassVar

import msgspec

from gateway.clock import Clock

logger = logging.getLogger("citygate")


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """Subclass to name an event; ``level`` is a logging level name."""

    level: ClassVar[str] = "INFO"


class GatewayStarted(Event, frozen=True, tag=True):
    """The composition root has opened everything and the loops run."""

    version: str
    intake_next: int
    ledger_next: int
    recovered_s: float


class GatewayStopped(Event, frozen=True, tag=True):
    """The orderly stop is complete; ``complete`` is false when the deadline cut it short."""

    complete: bool
    seconds: float


class SourceConnected(Event, frozen=True, tag=True):
    """A source has its broker and its subscriptions; ``session_present``: the broker had kept our session."""

    source: str
    peer: str
    session_present: bool


class SourceLost(Event, frozen=True, tag=True):
    """A source lost its broker and will come again by itself."""

    level: ClassVar[str] = "WARNING"
    source: str
    peer: str
    why: str
    retry_s: float


class SourceRefused(Event, frozen=True, tag=True):
    """A broker answers that it does not want us (password, client id, version): a person must act."""

    level: ClassVar[str] = "ERROR"
    source: str
    peer: str
    why: str
    mend: str
    retry_s: float


class SourceTakenOver(Event, frozen=True, tag=True):
    """Another client uses our client id; the broker threw us out three times in a minute."""

    level: ClassVar[str] = "ERROR"
    source: str
    client_id: str
    mend: str


class SubscriptionRefused(Event, frozen=True, tag=True):
    """The broker does not let us read a topic filter."""

    level: ClassVar[str] = "ERROR"
    source: str
    topic_filter: str
    code: int


class SubscriptionGranted(Event, frozen=True, tag=True):
    """The broker lets us read a topic filter that it had refused."""

    source: str
    topic_filter: str


class SubscriptionWeakened(Event, frozen=True, tag=True):
    """The broker grants less quality of service than asked: at QoS 0 what is lost on the way stays lost."""

    level: ClassVar[str] = "WARNING"
    source: str
    topic_filter: str
    asked_qos: int
    granted_qos: int


class SinkDelayed(Event, frozen=True, tag=True):
    """A sink's far side is not there; everything is kept and tried again."""

    level: ClassVar[str] = "WARNING"
    sink: str
    why: str
    retry_s: float


class SinkMisconfigured(Event, frozen=True, tag=True):
    """A sink answers that we are wrong (token, bucket): a person must act; everything is kept."""

    level: ClassVar[str] = "ERROR"
    sink: str
    why: str
    mend: str


class SinkRecovered(Event, frozen=True, tag=True):
    """A sink takes data again."""

    sink: str
    after_s: float


class SinkRefusedEntries(Event, frozen=True, tag=True):
    """A sink's server refused entries for good; they are in quarantine with its words."""

    level: ClassVar[str] = "WARNING"
    sink: str
    entries: int
    detail: str


class QuarantineFull(Event, frozen=True, tag=True):
    """The quarantine reached its quota and gave up its oldest entries, counted by reason."""

    level: ClassVar[str] = "WARNING"
    entries: int
    bytes: int
    mend: str


class TaskCrashed(Event, frozen=True, tag=True):
    """A supervised part raised what nobody expected; it is restarted after a pause."""

    level: ClassVar[str] = "ERROR"
    part: str
    error: str
    retry_s: float


class IntakeFailed(Event, frozen=True, tag=True):
    """The intake cannot be written: the only fault that ends the process. Nothing unwritten was acknowledged."""

    level: ClassVar[str] = "ERROR"
    why: str
    mend: str


class LogRecovered(Event, frozen=True, tag=True):
    """A log was opened after an unclean end; ``torn_bytes`` at its tail were never acknowledged."""

    log: str
    torn_bytes: int
    corrupt_entries: int


class LogCorruption(Event, frozen=True, tag=True):
    """An entry's checksum does not match: storage returned other bytes than were written."""

    level: ClassVar[str] = "ERROR"
    log: str
    entries: int
    where: str


class LogExpired(Event, frozen=True, tag=True):
    """A log reached its quota and gave up its oldest segment."""

    level: ClassVar[str] = "WARNING"
    log: str
    entries: int
    first: int
    last: int


class LogSegmentAbandoned(Event, frozen=True, tag=True):
    """A write or fsync failed; what was not synced is in a new segment under its own numbers. The disk needs a look."""

    level: ClassVar[str] = "WARNING"
    log: str
    where: str
    entries: int
    why: str


class LogDiskFull(Event, frozen=True, tag=True):
    """No space left: entries wait in memory, sources are not read, nothing unwritten is acknowledged."""

    level: ClassVar[str] = "ERROR"
    log: str
    waiting_entries: int
    why: str


class LogRewriteFailed(Event, frozen=True, tag=True):
    """A closed segment could not be compressed; it stays as it was and is tried again."""

    level: ClassVar[str] = "WARNING"
    log: str
    where: str
    why: str


class IntakeHeld(Event, frozen=True, tag=True):
    """The quota is reached and a sink says ``when_full = "hold"``: sources are not read until it has caught up."""

    level: ClassVar[str] = "ERROR"
    sinks: list[str]
    mend: str


class IntakeReleased(Event, frozen=True, tag=True):
    """There is room again: sources are read."""

    held_s: float


class QuotaReached(Event, frozen=True, tag=True):
    """A log fills its quota."""

    level: ClassVar[str] = "WARNING"
    log: str
    percent: int
    mend: str


class EntryCrashed(Event, frozen=True, tag=True):
    """The gateway died while it refined this entry; it is set aside as rejected."""

    level: ClassVar[str] = "ERROR"
    number: int


class FilesReloaded(Event, frozen=True, tag=True):
    """Devices and pilots were read again and are in force."""

    devices: int
    pilots: int


class DevicePurged(Event, frozen=True, tag=True):
    """A device was purged: entries of both logs, rows and topics of the sinks."""

    device: str
    intake: int
    ledger: int
    rows: int


class FilesKept(Event, frozen=True, tag=True):
    """Devices or pilots could not be read; the ones in force stay whole."""

    level: ClassVar[str] = "ERROR"
    mistakes: list[str]


class SettingsKept(Event, frozen=True, tag=True):
    """citygate.toml says otherwise than at the start, or has mistakes; what the process began with stays in force."""

    level: ClassVar[str] = "WARNING"
    mistakes: list[str]


class CodecsUnavailable(Event, frozen=True, tag=True):
    """Profiles with a JavaScript codec are in use, but there is no engine here; their uplinks are rejected and kept."""

    level: ClassVar[str] = "ERROR"
    why: str
    mend: str


class CodecWorkerFailed(Event, frozen=True, tag=True):
    """The process that runs codecs does not start; what needs it waits."""

    level: ClassVar[str] = "ERROR"
    why: str
    retry_s: float


class CodecKilled(Event, frozen=True, tag=True):
    """A codec took its worker with it; that one uplink is rejected and kept, the others were asked again."""

    level: ClassVar[str] = "WARNING"
    profile: str
    why: str


class CodecQuarantined(Event, frozen=True, tag=True):
    """A codec met its limits again and again and is not run for a while; its uplinks are rejected and kept."""

    level: ClassVar[str] = "ERROR"
    profile: str
    limits: int
    minutes: int
    mend: str


class ReplayFinished(Event, frozen=True, tag=True):
    """A replay has re-refined its range."""

    first: int
    last: int
    changed: int
    retracted: int


class RetractedOnlyMarked(Event, frozen=True, tag=True):
    """Values were taken back, and the server would not delete them: they stay, marked ``retracted``."""

    level: ClassVar[str] = "WARNING"
    sink: str
    points: int
    said: str


class ClockTrusted(Event, frozen=True, tag=True):
    """The wall clock was set; waiting entries have their time now."""

    released: int


class DownlinkSent(Event, frozen=True, tag=True):
    """A downlink has left: the broker has it."""

    number: int
    device: str
    downlink: str
    by: str


class DownlinkDone(Event, frozen=True, tag=True):
    """A device has acknowledged a downlink, or its readings show that it did as asked."""

    number: int
    device: str
    state: str
    after_s: float


class DownlinkFailed(Event, frozen=True, tag=True):
    """A downlink came to nothing: refused by the broker, given up by the network, or too late."""

    level: ClassVar[str] = "WARNING"
    number: int
    device: str
    state: str
    why: str


class DownlinkUncertain(Event, frozen=True, tag=True):
    """Nobody knows whether a downlink has left. It is not sent again by itself."""

    level: ClassVar[str] = "WARNING"
    number: int
    device: str
    why: str
    mend: str


class ValveClosing(Event, frozen=True, tag=True):
    """The time of an opening is over: the gateway closes the valve, by a downlink of its own."""

    number: int
    device: str
    opened_by: int


class ValveMayBeOpen(Event, frozen=True, tag=True):
    """A valve should be closed by now, and the gateway could not close it; it goes on trying."""

    level: ClassVar[str] = "ERROR"
    device: str
    opened_by: int
    why: str
    mend: str


class DownlinksUnreadable(Event, frozen=True, tag=True):
    """The book of downlinks cannot be read: none can be sent, and no valve is closed by the gateway."""

    level: ClassVar[str] = "ERROR"
    why: str
    mend: str


class AnalyticsRebuilt(Event, frozen=True, tag=True):
    """Machines that are new, or of a new version, have worked out the past that the ledger holds."""

    producers: list[str]
    first: int
    last: int


class MachineFell(Event, frozen=True, tag=True):
    """A machine of analytics raised over one of its keys, which begins anew: report it; raw data are as they were."""

    level: ClassVar[str] = "ERROR"
    pilot: str
    error: str


class ConditionRaised(Event, frozen=True, tag=True):
    """Something is wrong and has been for a moment: what, and what to do. It stands in ``citygate status``."""

    level: ClassVar[str] = "WARNING"
    kind: str
    subject: str
    severity: str
    what: str
    mend: str


class ConditionCleared(Event, frozen=True, tag=True):
    """What was wrong is over."""

    kind: str
    subject: str
    after_s: float


class AlarmsTold(Event, frozen=True, tag=True):
    """A route has a message: so many alarms that are wrong, over, or came and went. ``said``: the far side's words."""

    route: str
    id: str
    wrong: int
    over: int
    passed: int
    said: str


class AlarmsHeld(Event, frozen=True, tag=True):
    """A route has sent all messages that an hour allows; what follows waits and comes as one."""

    level: ClassVar[str] = "WARNING"
    route: str
    until: str


class ListeningOn(Event, frozen=True, tag=True):
    """A server of ours accepts connections."""

    what: str
    address: str


class KeysUnreadable(Event, frozen=True, tag=True):
    """Start-ups' keys cannot be read: downloads tell everybody only what is public. deploy/systemd/README.md."""

    level: ClassVar[str] = "ERROR"
    file: str
    why: str


class Events:
    """Where events go (the ``citygate`` logger) and how often each has happened.

    ``counts`` also holds the per-message counters that the loops add to, by name.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self._clock = clock or Clock()
        self.recent: list[tuple[int, Event]] = []
        self.listeners: list[Callable[[Event], None]] = []
        """Called with each event as it is emitted, in the loop; they return at once and emit nothing themselves."""

    def emit(self, event: Event) -> None:
        """Log the event once, count it once, keep it among the last hundred, show it to who listens."""
        name = type(event).__name__
        self.counts[name] += 1
        self.recent.append((self._clock.wall_ns(), event))
        del self.recent[:-100]
        logger.log(logging.getLevelNamesMapping()[event.level], "%s", name, extra={"event": event})
        for listen in self.listeners:
            listen(event)


class JsonLines(logging.Formatter):
    """One event per line: ``{"time": …, "level": …, "event": …, …fields}``."""

    def format(self, record: logging.LogRecord) -> str:  # noqa: D102 - the class docstring shows the line
        head: dict[str, object] = {"time": record.created, "level": record.levelname.lower()}
        event = getattr(record, "event", None)
        body = msgspec.to_builtins(event) if event is not None else {"event": "Log", "text": record.getMessage()}
        if record.exc_info:
            body["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(head | body).decode()


class ReadableLines(logging.Formatter):
    """The same for a person at a terminal: level, name, fields."""

    def format(self, record: logging.LogRecord) -> str:  # noqa: D102 - the class docstring shows the line
        event = getattr(record, "event", None)
        if event is None:
            return f"{record.levelname:<7} {record.getMessage()}"
        fields = msgspec.to_builtins(event)
        name = fields.pop("event")
        line = f"{record.levelname:<7} {name}  " + "  ".join(f"{key}={plain(value)}" for key, value in fields.items())
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


def plain(value: object) -> str:
    """A field for a terminal: control characters as Python writes them, for a foreign text may hold any."""
    text = str(value)
    return text if text.isprintable() else repr(text)[1:-1]


def log_to_stderr(style: str = "auto") -> None:
    """Send events to standard error: ``json``, ``text``, or by whether it is a terminal.

    What libraries have to say (from warnings on) takes the same road: one line of the same form.
    """
    readable = style == "text" or (style == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ReadableLines() if readable else JsonLines())
    logger.handlers[:] = logging.getLogger().handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
