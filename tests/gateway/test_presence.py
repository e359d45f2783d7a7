"""When time may be told to machines that take "no word" for silence."""

from typing import Any

from gateway.presence import MOST_UNREAD, presence


class Link:
    """A source with a link to a broker."""

    name = "broker"

    def __init__(self, *, connected: bool) -> None:
        self.connected = connected

    async def run(self) -> None:
        raise NotImplementedError

    async def publish(self, message: Any) -> int:
        raise NotImplementedError


class File:
    """A source without."""

    name = "recording"

    async def run(self) -> None:
        raise NotImplementedError


def test_without_any_link_silence_is_ours() -> None:
    away, there = Link(connected=False), Link(connected=True)
    assert not presence([away, File()], lambda: 0)()
    assert presence([away, there], lambda: 0)()
    there.connected = False
    assert not presence([away, there], lambda: 0)()


def test_a_backlog_is_not_the_present() -> None:
    unread = [MOST_UNREAD]
    is_present = presence([Link(connected=True)], lambda: unread[0])
    assert is_present()
    unread[0] += 1
    assert not is_present()


def test_sources_that_have_no_link_are_no_witness_against_it() -> None:
    assert presence([File()], lambda: 0)()
    assert presence([], lambda: 0)()
