"""What a route is told: once, grouped, in time, cleared, and never a flood."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alarms.alarm import Alarm, Key
from gateway.alarms.book import HOUR_NS
from tests.gateway.alarms.desk import HOUR, Desk, alarm, words

FIRE = alarm("F", "fire-alarm", "critical")


def test_the_first_alarm_goes_after_ten_seconds_with_what_came_meanwhile() -> None:
    desk = Desk()
    assert desk.due_s() is None
    desk.put(alarm("B-1"))
    assert desk.due_s() == 10
    desk.wait(5)
    desk.put(alarm("B-2", "battery-warning"))
    assert desk.due_s() == 5
    assert words(desk.tell()) == [("raised", "battery-warning", 1), ("raised", "silent", 1)]
    assert desk.due_s() is None


def test_what_follows_joins_one_message_five_minutes_later() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.tell()
    for number in range(2, 5):
        desk.wait(20)
        desk.put(alarm(f"B-{number}"))
    assert desk.due_s() == 300 - 60
    assert words(desk.tell()) == [("raised", "silent", 1)] * 3


def test_what_is_critical_waits_half_a_minute_at_most() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.tell()
    desk.wait(1)
    desk.put(FIRE)
    assert desk.due_s() == 29
    assert words(desk.tell())[0] == ("raised", "fire-alarm", 1)
    desk.wait(100)
    desk.put(alarm("F-2", "fire-alarm", "critical"))
    assert desk.due_s() == 10


def test_cleared_is_said_of_what_was_told_and_of_nothing_else() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.tell()
    desk.put(alarm("B-2"))
    desk.clear(alarm("B-2"))
    desk.clear(alarm("B-1"))
    notice = desk.tell()
    assert [(line.word, line.subjects[0]) for line in notice.lines] == [
        ("cleared", "bin B-1 (waste-container/B-1)"),
        ("passed", "bin B-2 (waste-container/B-2)"),
    ]
    assert notice.standing == 0
    assert desk.due_s() is None


def test_a_warning_that_came_and_went_waits_for_the_next_message_and_a_critical_one_makes_one() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.clear(alarm("B-1"))
    assert desk.due_s() is None
    desk.put(FIRE)
    desk.clear(FIRE)
    assert desk.due_s() == 10
    assert words(desk.tell()) == [("passed", "silent", 1), ("passed", "fire-alarm", 1)]
    assert desk.telling.row.untold == 2


def test_what_flaps_is_told_once_and_then_called_unsteady_until_it_is_calm() -> None:
    desk = Desk(window_min=0, gather_s=0)
    told = []
    for _ in range(20):
        desk.put(FIRE)
        if desk.due_s() is not None:
            told += words(desk.tell())
        desk.wait(60)
        desk.clear(FIRE)
        if desk.due_s() is not None:
            told += words(desk.tell())
        desk.wait(60)
    assert [word for word, _, _ in told] == ["raised", "cleared", "raised", "cleared", "unsteady"]
    desk.wait(25 * 3_600)
    assert words(desk.tell()) == [("cleared", "fire-alarm", 1)]


def test_many_of_a_kind_become_one_line_with_the_first_ten_names() -> None:
    desk = Desk()
    for number in range(47):
        desk.put(alarm(f"B-{number:02}", at_s=number))
    notice = desk.tell()
    assert words(notice) == [("raised", "silent", 47)]
    assert notice.lines[0].subjects[0] == "bin B-00 (waste-container/B-00)"
    assert len(notice.lines[0].subjects) == 10
    assert len(notice.changes) == 47


def test_a_critical_alarm_is_told_again_each_day_and_a_warning_is_not() -> None:
    desk = Desk()
    desk.put(FIRE)
    desk.put(alarm("B-1"))
    desk.tell()
    desk.wait(24 * 3_600)
    desk.telling.remind(desk.now_ns)
    assert words(desk.tell()) == [("still", "fire-alarm", 1)]
    desk.telling.remind(desk.now_ns)
    assert desk.due_s() is None


def test_a_dead_lora_gateway_is_one_message_that_names_its_devices_instead_of_theirs() -> None:
    desk = Desk()
    dead = alarm("g", "gateway-offline", "critical")
    bins = [alarm(f"B-{number}") for number in range(12)]
    desk.put(dead)
    desk.behind(dead, *(one.subject for one in bins))
    for one in bins:
        desk.put(one)
    notice = desk.tell()
    assert words(notice) == [("raised", "gateway-offline", 1)]
    assert (notice.lines[0].explains_count, len(notice.lines[0].explains)) == (12, 10)
    assert desk.due_s() is None
    desk.clear(dead)
    for one in bins[1:]:
        desk.clear(one)
    assert words(desk.tell()) == [("cleared", "gateway-offline", 1)]
    assert desk.due_s() is None
    desk.wait(3_601)  # one bin has not spoken again: now its silence is its own
    assert words(desk.tell()) == [("raised", "silent", 1)]


def test_devices_that_were_told_silent_before_their_gateway_died_are_cleared_as_told() -> None:
    desk = Desk()
    one, dead = alarm("B-1"), alarm("g", "gateway-offline", "critical")
    desk.put(one)
    desk.tell()
    desk.put(dead)
    desk.behind(dead, one.subject)
    assert words(desk.tell()) == [("raised", "gateway-offline", 1)]
    desk.clear(one)
    assert words(desk.tell()) == [("cleared", "silent", 1)]


def test_an_hour_has_twenty_messages_and_the_last_says_until_when_the_rest_waits() -> None:
    desk = Desk(window_min=0, gather_s=0)
    for number in range(20):
        desk.put(alarm(f"F-{number}", "fire-alarm", "critical"))
        notice = desk.tell()
        desk.wait(1)
    assert notice.held_until
    for number in range(20, 500):
        desk.put(alarm(f"F-{number}", "fire-alarm", "critical"))
    assert desk.due_s() == 3_600 - 20
    notice = desk.tell()
    assert words(notice) == [("raised", "fire-alarm", 480)]


def test_the_settings_choose_by_kind_severity_pilot_and_feature() -> None:
    choices: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"severity": "critical"}, {}),
        ({"not": ["silent"]}, {}),
        ({"only": ["fire-alarm"]}, {}),
        ({"pilots": ["elsewhere"]}, {}),
        ({}, {"muted": ["waste-container/B-1"]}),
        ({}, {"not": ["silent"]}),
        ({}, {"severity": "critical"}),
    ]
    for route, table in choices:
        desk = Desk(route, **table)
        desk.put(alarm("B-1"))
        assert desk.due_s() is None, (route, table)
    desk = Desk({"severity": "critical", "only": ["fire-alarm"], "pilots": ["waste-delft"]})
    desk.put(FIRE)
    assert desk.due_s() == 10


def test_an_alarm_that_became_less_bad_than_the_route_wants_is_over_for_it() -> None:
    desk = Desk({"severity": "critical"})
    desk.put(alarm("W", "flood-state", "critical"))
    desk.tell()
    desk.put(alarm("W", "flood-state", "warning"))
    assert words(desk.tell()) == [("cleared", "flood-state", 1)]


def test_a_route_is_not_told_of_its_own_trouble() -> None:
    desk = Desk()
    desk.put(Alarm("alarm-route", "", "desk", "warning", "x", "", desk.now_ns, "condition"))
    assert desk.due_s() is None
    desk.put(Alarm("alarm-route", "", "other", "warning", "x", "", desk.now_ns, "condition"))
    assert desk.due_s() == 10


def test_while_a_message_fails_nothing_queues_and_what_came_and_went_is_named() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.wait(10)
    for _ in range(50):
        notice = desk.telling.compose(desk.now_ns, desk.now_ns)
        desk.clear(alarm("B-1"))
        desk.telling.failed(notice, desk.now_ns)
        desk.wait(3_600)
        desk.put(alarm("B-1"))
    notice = desk.tell()
    assert words(notice) == [("raised", "silent", 1), ("passed", "silent", 50)]
    assert len(desk.telling.row.passed) == 0


def test_a_message_that_may_have_arrived_keeps_its_id_and_says_so() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    first = desk.telling.compose(desk.now_ns, desk.now_ns)
    assert not first.again
    desk.telling.failed(first, desk.now_ns)
    second = desk.telling.compose(desk.now_ns, desk.now_ns)
    assert (second.id, second.again) == (first.id, True)
    desk.telling.failed(second, desk.now_ns)
    desk.put(alarm("B-2"))
    third = desk.telling.compose(desk.now_ns, desk.now_ns)
    assert third.id != first.id
    desk.telling.delivered(third, desk.now_ns)
    desk.clear(alarm("B-2"))
    assert not desk.telling.compose(desk.now_ns, desk.now_ns).again


def test_a_memory_that_was_taken_away_does_not_use_an_id_again() -> None:
    ids = []
    for days in range(2):
        desk = Desk()
        desk.wait(days * 86_400)
        for name in ("B-1", "B-2"):
            desk.put(alarm(name, "fire-alarm", "critical"))
            ids.append(desk.tell().id)
    assert len(set(ids)) == 4


def test_after_a_restart_nothing_is_told_twice_and_what_is_over_is_told() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.put(FIRE)
    desk.tell()
    again = Desk()
    again.book.restore(list(desk.book.by_key.values()), again.now_ns)
    again.telling.restore(desk.telling.told, desk.telling.row, again.now_ns)
    assert again.due_s() is None
    again.clear(FIRE)
    assert words(again.tell()) == [("cleared", "fire-alarm", 1)]


def test_a_clock_that_was_ahead_before_a_restart_holds_nothing_up() -> None:
    desk = Desk()
    desk.put(FIRE)
    desk.now_ns += 400 * 24 * HOUR
    desk.tell()
    again = Desk()
    again.telling.restore({}, desk.telling.row, again.now_ns)
    again.put(alarm("F-2", "fire-alarm", "critical"))
    assert again.due_s() == 30


def test_what_the_settings_no_longer_want_is_forgotten_without_a_word() -> None:
    desk = Desk()
    desk.put(alarm("B-1"))
    desk.tell()
    again = Desk({"not": ["silent"]})
    again.book.restore(list(desk.book.by_key.values()), again.now_ns)
    again.telling.restore(desk.telling.told, desk.telling.row, again.now_ns)
    assert (again.due_s(), again.telling.told) == (None, {})


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "clear", "wait", "fail", "tell"]), st.integers(0, 3), st.integers(1, 900)),
    max_size=60,
)


class Receiver:
    """Believes each message: what is cleared stood, what is raised did not; and counts the messages of an hour."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.believed: dict[Key, str] = {}
        self.sent: list[int] = []

    def receive(self) -> None:
        notice = self.desk.telling.compose(self.desk.now_ns, self.desk.now_ns)
        for change in notice.changes:
            key = change.alarm.key
            if change.word == "cleared":
                assert key in self.believed
                del self.believed[key]
            else:
                assert self.believed.get(key) != change.word or change.word == "still"
                self.believed[key] = change.word
        assert notice.standing == len(self.believed)
        self.desk.telling.delivered(notice, self.desk.now_ns)
        self.sent.append(self.desk.now_ns)
        assert sum(self.desk.now_ns - at < HOUR_NS for at in self.sent) <= self.desk.table.per_hour

    def do(self, step: str, one: Alarm, seconds: int) -> None:
        desk, due_s = self.desk, self.desk.due_s()
        match step:
            case "put":
                desk.put(one)
            case "clear":
                desk.clear(one)
            case "wait":
                desk.wait(seconds)
            case "fail" if due_s is not None:
                desk.telling.failed(desk.telling.compose(desk.now_ns, desk.now_ns), desk.now_ns)
            case "tell" if due_s is not None:
                desk.wait(max(0.0, due_s))
                if desk.due_s() is not None:
                    self.receive()


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_the_receiver_ends_up_knowing_what_is_true(steps: list[tuple[str, int, int]]) -> None:
    desk = Desk()
    receiver = Receiver(desk)
    for step, number, seconds in steps:
        receiver.do(step, alarm(f"B-{number}", severity="critical" if number == 0 else "warning"), seconds)
    desk.wait(48 * 3_600)
    if desk.due_s() is not None:
        receiver.receive()
    assert set(receiver.believed) == {key for key, standing in desk.book.by_key.items() if standing.raised}
    assert "unsteady" not in receiver.believed.values()


def test_ten_thousand_alarms_at_once_are_one_line_of_one_message() -> None:
    desk = Desk()
    for number in range(10_000):
        desk.put(alarm(f"B-{number}"))
    notice = desk.tell()
    assert words(notice) == [("raised", "silent", 10_000)]
    for number in range(10_000):
        desk.clear(alarm(f"B-{number}"))
    assert words(desk.tell()) == [("cleared", "silent", 10_000)]
    assert desk.telling.told == {}
