"""The book of alarms: one standing each, whatever comes late, twice or again and again."""

import pytest

from gateway.alarms import book as module
from gateway.alarms.alarm import Key
from gateway.alarms.book import DAY_NS, HOUR_NS, Book
from tests.gateway.alarms.desk import HOUR, MIN, S, alarm
from tests.gateway.road import NOW_NS

ONE = alarm()


def test_raising_twice_and_clearing_twice_is_news_once() -> None:
    book = Book()
    assert book.put(ONE, NOW_NS, NOW_NS) is not None
    assert book.put(ONE, NOW_NS + S, NOW_NS) is None
    assert book.clear(ONE.key, NOW_NS + 2 * S, NOW_NS) is not None
    assert book.clear(ONE.key, NOW_NS + 3 * S, NOW_NS) is None


def test_what_is_older_than_the_last_change_changes_nothing() -> None:
    book = Book()
    book.put(ONE, NOW_NS, NOW_NS)
    book.clear(ONE.key, NOW_NS + 10 * S, NOW_NS)
    assert book.put(ONE, NOW_NS + 5 * S, NOW_NS) is None
    assert not book.is_raised(ONE.key)


def test_the_all_clear_of_what_was_never_raised_is_nothing() -> None:
    assert Book().clear(ONE.key, NOW_NS, NOW_NS) is None


def test_a_worse_alarm_is_news_and_keeps_its_beginning() -> None:
    book = Book()
    book.put(alarm(kind="flood-state"), NOW_NS, NOW_NS)
    standing = book.put(alarm(kind="flood-state", severity="critical", at_s=60), NOW_NS + 60 * S, NOW_NS)
    assert standing is not None
    assert (standing.alarm.severity, standing.alarm.since_ns) == ("critical", NOW_NS)


def test_a_retracted_observation_is_undone_and_another_time_is_not() -> None:
    book = Book()
    book.put(ONE, NOW_NS, NOW_NS)
    assert book.take_back(ONE.key, NOW_NS + S, NOW_NS) is None
    assert book.take_back(ONE.key, NOW_NS, NOW_NS) is not None
    assert not book.is_raised(ONE.key)


def test_the_third_time_within_an_hour_it_is_unsteady_until_it_was_calm_for_longer_each_time() -> None:
    book = Book()
    now_ns = NOW_NS
    for _ in range(3):
        now_ns += 5 * MIN
        standing = book.put(ONE, now_ns, now_ns)
        assert standing is not None
        book.clear(ONE.key, now_ns + MIN, now_ns + MIN)
    assert standing is not None
    before: str = standing.phase
    assert before == "unsteady"
    assert list(book.pass_time(now_ns + 31 * MIN)) == []  # each change begins the calm anew, twice as long
    assert list(book.pass_time(now_ns + 62 * MIN)) == [standing]
    assert standing.phase == "cleared"


def test_three_times_in_a_day_is_not_unsteady() -> None:
    book = Book()
    for hour in range(3):
        at_ns = NOW_NS + hour * 4 * HOUR
        standing = book.put(ONE, at_ns, at_ns)
        book.clear(ONE.key, at_ns + MIN, at_ns + MIN)
    assert standing is not None
    assert standing.phase == "cleared"


def test_what_is_over_is_forgotten_after_a_day_and_what_stands_never() -> None:
    book, other = Book(), alarm("B-2")
    book.put(ONE, NOW_NS, NOW_NS)
    book.put(other, NOW_NS, NOW_NS)
    book.clear(ONE.key, NOW_NS + S, NOW_NS + S)
    assert book.forget(NOW_NS + HOUR_NS) == []
    assert book.forget(NOW_NS + DAY_NS + S) == [ONE.key]
    assert book.raised()[0].alarm == other


def test_a_full_book_gives_up_what_is_over_for_longest_and_counts_what_finds_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    book = Book()
    book.put(ONE, NOW_NS, NOW_NS)
    book.put(alarm("B-2"), NOW_NS, NOW_NS)
    assert book.put(alarm("B-3"), NOW_NS, NOW_NS) is None
    assert book.no_room == 1
    book.clear(ONE.key, NOW_NS + S, NOW_NS + S)
    assert book.put(alarm("B-3"), NOW_NS + S, NOW_NS + S) is not None
    assert set(book.by_key) == {alarm("B-2").key, alarm("B-3").key}


def test_a_dead_lora_gateway_explains_the_silence_behind_it_and_for_an_hour_after() -> None:
    book = Book()
    dead = alarm("g", "gateway-offline", "critical")
    book.put(dead, NOW_NS, NOW_NS)
    book.put(ONE, NOW_NS, NOW_NS)
    standing = book.name_behind(dead.key, [ONE.subject])
    assert standing is not None
    assert book.is_explained(ONE)
    assert not book.is_explained(alarm(kind="fire-alarm"))
    assert not book.is_explained(alarm("B-9"))
    book.clear(dead.key, NOW_NS + MIN, NOW_NS + MIN)
    assert book.is_explained(ONE)
    assert list(book.pass_time(NOW_NS + MIN + HOUR)) == [standing]
    assert not book.is_explained(ONE)
    assert [one.alarm for one in book.kin(standing)] == [ONE]


def test_names_of_an_alarm_that_nobody_raised_are_nothing() -> None:
    assert Book().name_behind(Key("gateway-offline", "p", "lora-gateway/1"), ["tree/1"]) is None


def test_a_book_is_restored_and_times_of_a_clock_that_was_ahead_become_now() -> None:
    book = Book()
    dead = alarm("g", "gateway-offline", "critical")
    book.put(dead, NOW_NS + DAY_NS * 400, NOW_NS + DAY_NS * 400)
    book.name_behind(dead.key, [ONE.subject])
    again = Book()
    again.restore(list(book.by_key.values()), NOW_NS)
    assert again.is_explained(ONE)
    assert again.by_key[dead.key].changed_ns == NOW_NS
