"""Duplicates: byte for byte, soon after, as many as it says."""

from collections import Counter

import pytest

from simulators.city_clock import NS_PER_S
from simulators.faults.duplicate import Duplicate
from tests.simulators.faults.streams import in_order, messages, scope


def test_some_messages_come_twice_and_none_more_often() -> None:
    sent = list(messages(1_000))
    came = list(Duplicate(rate=0.05, after_s=3.0).apply(iter(sent), scope()))
    counts = Counter(message.body for message in came)
    assert set(counts) == {message.body for message in sent}
    assert set(counts.values()) == {1, 2}
    assert len(came) - len(sent) == pytest.approx(0.05 * len(sent), rel=0.2)
    assert in_order(came)


def test_a_twin_comes_after_its_original_by_seconds() -> None:
    first: dict[bytes, int] = {}
    waits = []
    for message in Duplicate(rate=0.2, after_s=3.0).apply(messages(1_000), scope()):
        if message.body in first:
            waits.append((message.at_ns - first[message.body]) / NS_PER_S)
        first.setdefault(message.body, message.at_ns)
    assert min(waits) >= 0
    assert sum(waits) / len(waits) == pytest.approx(3.0, rel=0.15)
