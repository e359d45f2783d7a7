"""Every answer of the page's addresses, as it is in JSON. ``domain_answers.py`` has those of the domains.

Laws
- Instants are integer milliseconds since 1970 UTC and end in ``_ms``; spans say their unit (``_s``, ``_h``, ``_km``).
- Values are a number, true/false or a word, in the property's unit; how a unit is written and every label in English
  and Dutch is in ``/api/words`` (``words.py``), by the slug that stands here: property, state, domain, reason …
- Sentences that are made here come as ``Text`` in both languages; what others said (a server, a device, an operator's
  files) is data in their own words. Nothing here is HTML.
- ``null`` is "not known"; a key is never left out.
- A list that may grow has a bound and, beside it, how many there are in all.
"""

from typing import Literal

import msgspec

from pipelines.model import Quality, QualityReason, Value

ThingState = Literal["ok", "alarm", "silent", "never"]
"""``alarm``: a flag of its own stands (fire, leak …); ``silent``: it has not spoken for longer than it usually does;
``never``: written down and never heard. The first that fits, in the order alarm, never, silent, ok."""
Severity = Literal["info", "warning", "critical"]


class Text(msgspec.Struct, frozen=True):
    """One sentence in each language."""

    en: str
    nl: str


class Notice(msgspec.Struct, frozen=True):
    """Why a page is not as it could be, and what to do: no devices, nothing heard yet, no store, a wrong clock.

    ``code``: ``no-pilots``, ``no-devices``, ``nothing-heard``, ``no-store``, ``store-empty``, ``store-unreadable``,
    ``clock-unset``, ``catching-up``, ``no-analytics``, ``learning``, ``no-things-here``, ``no-quarantine``,
    ``bytes-gone``, ``not-understood``, ``left-out``.
    """

    code: str
    severity: Severity
    what: Text
    mend: Text


class Trouble(msgspec.Struct, frozen=True):
    """One thing that is wrong now: a condition of the gateway, or an alarm of the city.

    ``kind``: ``/api/words`` ``troubles`` has its title; of an alarm it is the property (``fire_alarm``, ``silent``).
    ``subject``: a sink, a source, a log, or the thing's name. ``link``: the page that shows more.
    """

    kind: str
    subject: str
    severity: Severity
    what: Text
    mend: Text
    since_ms: int
    link: str
    about: Literal["gateway", "thing"]
    thing: str | None = None
    feature: str | None = None
    pilot: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """One value. ``unit`` as people write it. ``interval_s``: it covers ``[at_ms, at_ms + interval_s)``; 0 an instant.

    With ``quality`` ``missing`` or ``suppressed`` the value is null: nobody knows it, or nobody is told.
    """

    feature: str
    property: str
    value: Value | None
    unit: str
    at_ms: int
    interval_s: float = 0
    quality: Quality = "ok"
    reason: QualityReason = ""


# ---- GET /api/overview; stream "overview"


class Headline(msgspec.Struct, frozen=True):
    """One figure of a card. ``code``: ``/api/words`` ``headlines`` has its label; ``subject``: whose it is, or "".

    ``of``: of how many (3 of 16 bays are free), where that says something. ``word``: the value as people say it, where
    it is a state (``moderate``).
    """

    code: str
    value: Value | None
    unit: str
    subject: str
    link: str
    at_ms: int | None
    of: int | None = None
    word: Text | None = None


class Worst(msgspec.Struct, frozen=True):
    """A thing of a pilot to look at first. ``why``: a property that is raised, or ``silent``, ``never``."""

    thing: str
    name: str
    why: str
    since_ms: int | None


class PilotCard(msgspec.Struct, frozen=True):
    """One pilot. ``question``: the observation goal of its file, or "". ``started`` and ``ends``: days, ISO 8601.

    ``day``: 1 on the first day, null before it; ``days``: of how many, null without an end. ``heard_last_day`` of
    ``devices``; ``coverage_percent``: their share. ``worst``: at most 5.
    """

    id: str
    title: str
    question: str
    city: str
    domains: tuple[str, ...]
    phase: Literal["before", "running", "over"]
    started: str
    ends: str | None
    day: int | None
    days: int | None
    devices: int
    heard_last_day: int
    silent: int
    never_heard: int
    alarms: int
    coverage_percent: float | None
    headlines: tuple[Headline, ...]
    worst: tuple[Worst, ...]


class Rates(msgspec.Struct, frozen=True):
    """``received_per_s``: mean of the last ``over_s``: a minute while a page is open, else the time since the start.

    ``received``: since the start; the others over all runs. ``waiting``: received and not yet refined.
    """

    received_per_s: float
    over_s: int
    received: int
    accepted: int
    rejected: int
    duplicates: int
    waiting: int


class Overview(msgspec.Struct, frozen=True):
    """The first page. ``wrong``: worst and newest first, at most 50 of ``wrong_total``; ``things``: state → how many.

    ``state``: ``empty`` without devices, ``unheard`` until the first is heard, else ``running``.
    """

    at_ms: int
    gateway: str
    city: str
    version: str
    uptime_s: float
    clock: Literal["trusted", "unset"]
    state: Literal["empty", "unheard", "running"]
    notices: tuple[Notice, ...]
    pilots: tuple[PilotCard, ...]
    wrong: tuple[Trouble, ...]
    wrong_total: int
    rates: Rates
    things: dict[str, int]


# ---- GET /api/things; stream "things"


class Thing(msgspec.Struct, frozen=True):
    """One device where it hangs now. ``id`` is its key everywhere; ``name``: what people call it.

    ``main``: the value by which one knows how it is. ``alarms``: flags that stand, by property.
    """

    id: str
    name: str
    pilot: str
    domain: str
    feature: str
    feature_type: str
    area: str
    longitude: float | None
    latitude: float | None
    state: ThingState
    last_heard_ms: int | None
    battery_percent: float | None
    main: Reading | None
    alarms: tuple[str, ...]


class Things(msgspec.Struct, frozen=True):
    """All things, by pilot, area and name; at most 5,000 of ``total``. ``box``: west, south, east, north of them."""

    at_ms: int
    total: int
    things: tuple[Thing, ...]
    box: tuple[float, float, float, float] | None
    tiles: str | None
    """An address with ``{z}/{x}/{y}`` where the operator configured map tiles; else the page draws its own."""
    notices: tuple[Notice, ...]


# ---- GET /api/thing?id=


class PropertyNow(msgspec.Struct, frozen=True):
    """One property of the thing with its newest value. ``derived_by``: the producer in the gateway, or "".

    ``why``: what its quality means here, where it is not ok.
    """

    reading: Reading
    kind: Literal["gauge", "counter", "state", "flag"]
    derived_by: str
    event: bool
    why: Text | None


class Heard(msgspec.Struct, frozen=True):
    """A LoRaWAN gateway that heard the newest frame."""

    gateway: str
    rssi_dbm: float | None
    snr_db: float | None


class LinkNow(msgspec.Struct, frozen=True):
    """How the newest frame travelled; null where it came without LoRaWAN."""

    at_ms: int
    f_cnt: int | None
    f_port: int | None
    heard_by: tuple[Heard, ...]


class Record(msgspec.Struct, frozen=True):
    """What the operator wrote down; ``from_ms`` to ``to_ms`` is the span for which it holds."""

    profile: str
    feature: str
    pilot: str
    from_ms: int | None
    to_ms: int | None
    calibration: dict[str, tuple[float, float]]
    details: dict[str, Value]


class Profile(msgspec.Struct, frozen=True):
    """The model. ``reads``: who reads its bytes; ``hash`` changes with the profile or its codec."""

    name: str
    reads: Literal["layout", "javascript", "built-in", "values", "unknown"]
    hash: str
    interval_s: float | None
    privacy_class: str


class Span(msgspec.Struct, frozen=True):
    """Some bytes of the payload and the rule that read them; ``name`` "" and ``value`` null: structure."""

    offset: int
    length: int
    rule: str
    name: str
    value: Value | None
    unit: str


class Step(msgspec.Struct, frozen=True):
    """One reading of the device and the observation it became; ``property`` "" where it became none, and ``why``."""

    reading: str
    value: Value | None
    unit: str
    property: str
    observed: Value | None
    observed_unit: str
    quality: str
    why: str


class Explained(msgspec.Struct, frozen=True):
    """The newest message, byte by byte: the same as ``citygate explain NUMBER``, in its words.

    ``facts``: (what, found). ``body``: as received, at most 8 KiB. ``mend``: what to do where it was rejected.
    """

    number: int
    received_ms: int
    facts: tuple[tuple[str, str], ...]
    body: str
    payload_hex: str
    spans: tuple[Span, ...]
    fault: str
    steps: tuple[Step, ...]
    outcome: str
    reason: str
    detail: str
    mend: tuple[str, ...]
    line_protocol: str


class ThingPage(msgspec.Struct, frozen=True):
    """Everything about one thing. ``records``: newest first. 404 with an ``Error`` for an id that is not known."""

    at_ms: int
    thing: Thing
    pilot_title: str
    records: tuple[Record, ...]
    profile: Profile
    first_heard_ms: int | None
    link: LinkNow | None
    properties: tuple[PropertyNow, ...]
    troubles: tuple[Trouble, ...]
    last: Explained | None
    notices: tuple[Notice, ...]


# ---- GET /api/series?feature=&property=[&device=][&hours=24 | &from_ms=&to_ms=]


class Mark(msgspec.Struct, frozen=True):
    """The point at ``index`` is not ok."""

    index: int
    quality: Quality
    reason: QualityReason


class Line(msgspec.Struct, frozen=True):
    """Points of one device or producer, oldest first; ``at_ms`` and ``value`` have one length, null is a gap.

    ``interval_s``: each point covers so long from its time on; 0 are instants. ``low`` and ``high``: of each hour, only
    where ``per`` is ``hour`` (``value`` is then the mean). A state or flag holds until the next point: draw steps.
    """

    device: str
    interval_s: float
    per: Literal["reading", "hour"]
    at_ms: tuple[int, ...]
    value: tuple[Value | None, ...]
    low: tuple[float | None, ...] | None
    high: tuple[float | None, ...] | None
    marks: tuple[Mark, ...]


class SeriesAnswer(msgspec.Struct, frozen=True):
    """The course of one property of one feature. At most 2,000 points a line and 4 lines.

    ``cut``: there were more, and the oldest are left out. ``from_ms`` and ``to_ms`` are what was looked at.
    ``before``: of a state or flag, its value at the begin. ``states``: its words in order of the vocabulary.
    """

    feature: str
    property: str
    kind: Literal["gauge", "counter", "state", "flag"]
    unit: str
    from_ms: int
    to_ms: int
    lines: tuple[Line, ...]
    cut: bool
    states: tuple[str, ...]
    before: Value | None
    notices: tuple[Notice, ...]


# ---- GET /api/inbox


class Claim(msgspec.Struct, frozen=True):
    """A model that it may be. ``says``: what the newest payload would say, (property, value, unit)."""

    profile: str
    word: Literal["likely", "possible"]
    score: float
    read: int
    looked_at: int
    says: tuple[tuple[str, Value, str], ...]


class Unknown(msgspec.Struct, frozen=True):
    """A device that speaks and is not written down. ``command``: takes it in; quoted for a shell."""

    device: str
    messages: int
    first_heard_ms: int
    last_heard_ms: int
    newest: int
    source: str
    topic: str
    claims: tuple[Claim, ...]
    command: str


class Failure(msgspec.Struct, frozen=True):
    """Messages of one device that were not understood. ``explain``: the command that tells more of the newest."""

    device: str
    known: bool
    reason: str
    messages: int
    first_heard_ms: int
    last_heard_ms: int
    newest: int
    detail: str
    explain: str


class Inbox(msgspec.Struct, frozen=True):
    """At most 50 of each, the last heard first. ``held``: reason → messages kept aside; ``given_up``: cost of quota."""

    at_ms: int
    unknown: tuple[Unknown, ...]
    unknown_total: int
    failures: tuple[Failure, ...]
    failures_total: int
    held: dict[str, int]
    given_up: dict[str, int]
    notices: tuple[Notice, ...]


# ---- GET /api/gateway; stream "gateway" each 2 s


class SourceNow(msgspec.Struct, frozen=True):
    """``counts``: what happened at it since the start, by word (received, redelivered …)."""

    name: str
    kind: str
    counts: dict[str, int]
    trouble: Trouble | None


class SinkNow(msgspec.Struct, frozen=True):
    """``pending``: ledger entries it has not seen, the oldest ``behind_s`` ago. ``error``: why it fails now, or ""."""

    id: str
    kind: str
    pending: int
    behind_s: float
    delivered: int
    quarantined: int
    expired: int
    error: str
    mend: str
    failing_since_ms: int | None


class LogNow(msgspec.Struct, frozen=True):
    """``intake`` or ``ledger``; numbers of entries; ``durable``: on the disk for sure."""

    name: str
    oldest: int
    durable: int
    next: int
    size_bytes: int
    quota_bytes: int


class AnalyticsNow(msgspec.Struct, frozen=True):
    """``lag``: ledger entries not yet looked at. ``derived``: observations told since the start."""

    lag: int
    derived: int
    rebuilding: int
    keys: int


class GatewayPage(msgspec.Struct, frozen=True):
    """The machine room. ``loops``: name → does it move. ``rss_bytes``: memory of this process."""

    at_ms: int
    gateway: str
    city: str
    version: str
    python: str
    uptime_s: float
    clock: Literal["trusted", "unset"]
    rss_bytes: int
    rates: Rates
    sources: tuple[SourceNow, ...]
    sinks: tuple[SinkNow, ...]
    logs: tuple[LogNow, ...]
    loops: dict[str, bool]
    analytics: AnalyticsNow | None
    devices: int
    pilots: int
    pages_open: int
    wrong: tuple[Trouble, ...]


# ---- GET /api/events; stream "event"


class EventNow(msgspec.Struct, frozen=True):
    """One named event (gateway/events.py); ``number`` counts them since the start."""

    number: int
    at_ms: int
    level: Literal["info", "warning", "error"]
    name: str
    fields: dict[str, object]


class EventsAnswer(msgspec.Struct, frozen=True):
    """The newest 100, newest first."""

    at_ms: int
    events: tuple[EventNow, ...]


# ---- GET /api/stream: server-sent events. Names: hello, overview, things, gateway, event, reload; ": alive" each 15 s


class Hello(msgspec.Struct, frozen=True):
    """The first message. Where ``version`` or ``files`` is another one than before, load the page anew."""

    at_ms: int
    version: str
    files: int
    """Rises when devices, pilots and profiles are read anew; then ``/api/things`` is to be asked again."""


class ThingsChanged(msgspec.Struct, frozen=True):
    """Things that changed, whole, at most 200 a second. ``all``: more did: ask ``/api/things`` again."""

    at_ms: int
    things: tuple[Thing, ...]
    all: bool


class Reload(msgspec.Struct, frozen=True):
    """The files in force changed: ask everything again."""

    files: int


class Error(msgspec.Struct, frozen=True):
    """Answered with 400, 404, 503. ``code``: ``not-found``, ``bad-request``, ``too-many-pages``, ``unavailable``."""

    code: str
    what: Text
    mend: Text
