"""The JSON of webhooks and MQTT: its fields are written down in README.md. Version 1 only grows."""

import msgspec

from gateway.alarms.alarm import Change
from gateway.alarms.notice import Line, Notice, instant
from gateway.alarms.words import subject, text
from gateway.health.condition import Severity

VERSION = 1


class Body(msgspec.Struct, frozen=True):
    """One message."""

    version: int
    id: str
    gateway: str
    city: str
    route: str
    sent: str
    test: bool
    again: bool
    severity: Severity
    standing: int
    subject: str
    text: str
    lines: tuple[Line, ...]
    more_lines: int
    held_until: str


class State(msgspec.Struct, frozen=True):
    """One alarm as it stands, retained on its own topic."""

    version: int
    state: str
    severity: Severity
    kind: str
    pilot: str
    subject: str
    label: str
    what: str
    mend: str
    since: str
    told: str


def body(notice: Notice) -> bytes:
    """A message as JSON."""
    return msgspec.json.encode(
        Body(
            VERSION,
            notice.id,
            notice.gateway,
            notice.city,
            notice.route,
            notice.sent,
            notice.test,
            notice.again,
            notice.severity,
            notice.standing,
            subject(notice),
            text(notice),
            notice.lines,
            notice.more_lines,
            notice.held_until,
        )
    )


def state(change: Change, told: str) -> bytes:
    """An alarm as JSON; empty when it is over, which clears the topic."""
    if change.word == "cleared":
        return b""
    alarm = change.alarm
    word = "unsteady" if change.word == "unsteady" else "raised"
    return msgspec.json.encode(
        State(
            VERSION,
            word,
            alarm.severity,
            alarm.kind,
            alarm.pilot,
            alarm.subject,
            alarm.label,
            alarm.what,
            alarm.mend,
            instant(alarm.since_ns),
            told,
        )
    )
