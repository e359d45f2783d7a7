"""Troubles that events tell: what begins one, what ends it, what only time ends."""

import pytest

from gateway import events as told
from gateway.events import Event, Events
from gateway.health.incidents import OFTEN, Incidents
from tests.gateway.road import SetClock

BEGIN_AND_END: list[tuple[str, str, Event, Event | None, Event | None]] = [
    # kind, subject, what begins it, what ends it, what does not
    (
        "source-lost",
        "lns",
        told.SourceLost("lns", "mqtt://b", "reset", 1.0),
        told.SourceConnected("lns", "mqtt://b", True),
        told.SourceConnected("other", "mqtt://b", True),
    ),
    (
        "source-refused",
        "lns",
        told.SourceRefused("lns", "mqtt://b", "not authorised", "Mend it.", 1.0),
        told.SourceConnected("lns", "mqtt://b", True),
        told.SourceLost("lns", "mqtt://b", "reset", 1.0),
    ),
    (
        "subscription-refused",
        "lns: a/#",
        told.SubscriptionRefused("lns", "a/#", 0x87),
        told.SubscriptionGranted("lns", "a/#"),
        told.SourceConnected("lns", "mqtt://b", True),
    ),
    (
        "subscription-weakened",
        "lns: a/#",
        told.SubscriptionWeakened("lns", "a/#", 1, 0),
        told.SourceLost("lns", "mqtt://b", "reset", 1.0),
        told.SourceConnected("lns", "mqtt://b", True),
    ),
    ("files-kept", "files", told.FilesKept(["one", "two"]), told.FilesReloaded(3, 1), None),
    ("files-kept", "citygate.toml", told.SettingsKept([]), told.FilesReloaded(3, 1), told.FilesKept(["one"])),
    ("downlinks-unreadable", "downlinks", told.DownlinksUnreadable("torn", "Move it."), None, None),
    ("codecs-unavailable", "codecs", told.CodecsUnavailable("no wheel", "Install it."), None, None),
]
OVER_BY_TIME: list[tuple[str, Event, float]] = [
    ("source-taken-over", told.SourceTakenOver("lns", "gw-1", "Another id."), 600),
    ("part-crashed", told.TaskCrashed("sink influx", "ValueError: x", 1.0), 180),
    ("sink-refuses", told.SinkRefusedEntries("influx", 3, "field type conflict"), 3_600),
    ("disk", told.LogSegmentAbandoned("intake", "1.seg", 3, "EIO"), 86_400),
    ("disk", told.LogRewriteFailed("ledger", "1.seg", "EIO"), 86_400),
    ("disk-damage", told.LogCorruption("ledger", 1, "1.seg"), 86_400),
    ("entry-crashed", told.EntryCrashed(4_711), 86_400),
    ("keys-unreadable", told.KeysUnreadable("broker/accounts.toml", "permission denied"), 86_400),
    ("machine-fell", told.MachineFell("parking", "KeyError"), 86_400),
    ("codec-worker", told.CodecWorkerFailed("out of memory", 8.0), 38),
    ("codec-quarantined", told.CodecQuarantined("acme/one", 5, 15, "Mend it."), 900),
]


@pytest.mark.parametrize(("kind", "subject", "begins", "ends", "other"), BEGIN_AND_END, ids=lambda one: str(one)[:24])
def test_an_event_begins_it_and_only_the_right_one_ends_it(
    kind: str, subject: str, begins: Event, ends: Event | None, other: Event | None
) -> None:
    clock, events = SetClock(), Events()
    incidents = Incidents(events, clock)
    events.emit(begins)
    if other is not None:
        events.emit(other)
    clock.advance(7 * 86_400)
    found = {(one.kind, one.subject): one for one in incidents.found()}[kind, subject]
    assert found.since_ns == clock.monotonic_ns() - 7 * 86_400 * 10**9
    assert found.what
    assert found.mend
    if ends is not None:
        events.emit(ends)
        assert (kind, subject) not in {(one.kind, one.subject) for one in incidents.found()}


@pytest.mark.parametrize(("kind", "event", "lasts_s"), OVER_BY_TIME, ids=lambda one: str(one)[:24])
def test_what_no_event_ends_is_over_after_its_time(kind: str, event: Event, lasts_s: float) -> None:
    clock, events = SetClock(), Events()
    incidents = Incidents(events, clock)
    events.emit(event)
    clock.advance(lasts_s - 1)
    assert [one.kind for one in incidents.found()] == [kind]
    events.emit(event)
    clock.advance(lasts_s - 1)
    assert [one.kind for one in incidents.found()] == [kind], "told again, it goes on"
    clock.advance(1)
    assert not list(incidents.found())


def test_every_error_event_is_a_condition_or_is_told_by_the_state_of_a_part() -> None:
    as_state = {
        "SinkMisconfigured", "LogDiskFull", "IntakeHeld", "ValveMayBeOpen",  # of_links, of_logs, of_work
        "IntakeFailed",  # it ends the process
    }  # fmt: skip
    begun = {type(event).__name__ for _, _, event, _, _ in BEGIN_AND_END} | {
        type(event).__name__ for _, event, _ in OVER_BY_TIME
    }
    errors = {
        name
        for name, kind in vars(told).items()
        if isinstance(kind, type) and issubclass(kind, Event) and kind.level == "ERROR"
    }
    assert errors <= begun | as_state


def test_what_is_told_often_in_a_row_is_critical_and_begins_anew_after_a_calm() -> None:
    clock, events = SetClock(), Events()
    incidents = Incidents(events, clock)
    for _ in range(OFTEN):
        assert [one.severity for one in incidents.found()] in ([], ["warning"])
        clock.advance(60)
        events.emit(told.TaskCrashed("sink influx", "ValueError: x", 1.0))
    assert [one.severity for one in incidents.found()] == ["critical"]
    clock.advance(181)
    events.emit(told.TaskCrashed("sink influx", "ValueError: x", 1.0))
    assert [(one.severity, one.since_ns) for one in incidents.found()] == [("warning", clock.monotonic_ns())]
