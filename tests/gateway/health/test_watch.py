"""What is told of changes: no flicker, worse is news, and each second's look on a running gateway as events."""

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.events import ConditionCleared, ConditionRaised
from gateway.health.ages import COARSE, MOST_MARKS, Ages
from gateway.health.condition import Severity
from gateway.health.found import Found
from gateway.health.incidents import Incident
from gateway.health.since import Since
from gateway.health.watch import CLEARED_AFTER_S, RAISED_AFTER_S, Watch
from pipelines.model import NS_PER_S
from tests.gateway.road import SetClock, emitted, until
from tests.gateway.whole import line, running, write_files


def trouble(severity: Severity = "warning", lasts_s: float | None = None) -> Incident:
    return Incident("trouble", "lamp", severity, "it flickers", "Hold it.", lasts_s)


async def test_only_what_stands_is_raised_only_what_stays_away_is_cleared_and_worse_is_news(tmp_path: Path) -> None:
    clock = SetClock()
    write_files(tmp_path, [line(1)])
    async with running(tmp_path, clock) as gateway:
        watch, incidents = Watch(gateway), gateway.health.incidents

        def look(after_s: float) -> tuple[list[str], list[str]]:
            clock.advance(after_s)
            raised, cleared = watch.changes(clock.monotonic_ns())
            return [one.severity for one in raised if one.kind == "trouble"], [one.kind for one in cleared]

        assert look(0) == ([], [])
        incidents.note(trouble(lasts_s=RAISED_AFTER_S / 2))
        assert look(0) == ([], [])
        assert look(RAISED_AFTER_S) == ([], []), "it was over before anybody could care"
        incidents.note(trouble())
        assert look(1) == ([], [])
        assert look(RAISED_AFTER_S) == (["warning"], [])
        assert look(1) == ([], []), "once"
        incidents.note(trouble("critical"))
        assert look(1) == (["critical"], []), "worse is news"
        incidents.note(trouble("warning"))
        assert look(1) == ([], []), "better is not"
        incidents._standing.clear()
        assert look(1) == ([], [])
        incidents.note(trouble())
        assert look(CLEARED_AFTER_S) == ([], []), "it was not over"
        incidents._standing.clear()
        assert look(1) == ([], [])
        assert look(CLEARED_AFTER_S) == ([], ["trouble"])
        assert look(CLEARED_AFTER_S) == ([], [])


async def test_a_running_gateway_says_what_has_become_wrong_and_what_is_over(tmp_path: Path) -> None:
    clock = SetClock()
    write_files(tmp_path, [line(1)])
    async with running(tmp_path, clock) as gateway:
        gateway.health.incidents.note(trouble("critical", lasts_s=60))
        gateway.health.look()
        clock.advance(RAISED_AFTER_S)
        await until(lambda: gateway.events.counts["ConditionRaised"])
        [raised] = emitted(gateway.events, ConditionRaised)
        assert raised == ConditionRaised("trouble", "lamp", "critical", "it flickers", "Hold it.")
        clock.advance(60)
        await asyncio.sleep(0)
        gateway.health.look()
        clock.advance(CLEARED_AFTER_S)
        await until(lambda: gateway.events.counts["ConditionCleared"])
        assert [one.kind for one in emitted(gateway.events, ConditionCleared)] == ["trouble"]  # type: ignore[attr-defined]


def test_since_when_does_not_wobble_and_follows_a_clock_that_is_set() -> None:
    clock = SetClock(wall_ns=50 * NS_PER_S)
    since = Since(clock)
    found = Found("clock", "clock", "warning", "unset", "Set it.")
    [first] = since.seen([found])
    assert first.since_ns == 50 * NS_PER_S
    clock.advance(10)
    clock.now_ns += 300_000_000  # the wall clock is slewed
    assert since.seen([found]) == [first]
    clock.now_ns += 10**18
    [after] = since.seen([found])
    assert after.since_ns == clock.now_ns - 10 * NS_PER_S
    since.seen([])
    assert since.seen([found])[0].since_ns == clock.now_ns, "gone for a look, it begins anew"


def test_what_must_stand_for_a_while_is_no_trouble_before() -> None:
    clock = SetClock()
    since = Since(clock)
    found = Found("disk-slow", "intake", "warning", "slow", "Wait.", after_s=10.0)
    assert since.seen([found]) == []
    clock.advance(10)
    [slow] = since.seen([found, found])
    assert slow.since_ns == clock.now_ns - 10 * NS_PER_S


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0.5, 100)), min_size=1, max_size=60), st.data())
def test_an_age_is_that_of_the_mark_that_first_saw_the_entry(
    steps: list[tuple[int, float]], data: st.DataObject
) -> None:
    ages, now_ns, upto = Ages(), 0, 1
    first_seen: dict[int, int] = {}
    for grown, after_s in steps:
        now_ns += int(after_s * NS_PER_S)
        for number in range(upto, upto + grown):
            first_seen[number] = now_ns
        upto += grown
        ages.mark(upto, now_ns)
    position = data.draw(st.integers(0, upto + 2))
    seen_ns = first_seen.get(position + 1)
    assert ages.age_s(position, now_ns) == (0.0 if seen_ns is None else (now_ns - seen_ns) / NS_PER_S)


def test_a_long_outage_costs_little_memory_and_is_still_known_well() -> None:
    ages, now_s = Ages(), 31 * 86_400 // 10
    for second in range(now_s):
        ages.mark(second + 2, second * NS_PER_S)
        assert len(ages._at_ns) <= MOST_MARKS
    for age_s in (1, 10, 60, 600, 3_600, 40_000, 200_000, now_s):
        found = ages.age_s(now_s - age_s, now_s * NS_PER_S)
        assert age_s * (1 - 2 * COARSE) - 1 <= found <= age_s
