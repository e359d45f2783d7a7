"""Garbage: other bytes, of every sort, and nothing but bytes."""

import random

import pytest

from simulators.faults.garbage import Garbage, spoilt
from tests.simulators.faults.streams import messages, scope


def test_some_bodies_are_spoilt_and_nothing_else() -> None:
    sent = list(messages(2_000))
    came = list(Garbage(rate=0.05).apply(iter(sent), scope()))
    assert [(m.at_ns, m.topic) for m in came] == [(m.at_ns, m.topic) for m in sent]
    changed = sum(a.body != b.body for a, b in zip(sent, came, strict=True))
    assert changed / len(sent) == pytest.approx(0.05, rel=0.2)


def test_every_sort_of_spoiling_occurs_and_an_empty_body_does_no_harm() -> None:
    rng = random.Random(1)
    body = b'{"a":1}' * 20
    found = [spoilt(body, rng) for _ in range(300)]
    assert any(body.startswith(other) for other in found)
    assert any(len(other) == len(body) and other != body for other in found)
    assert any(len(other) > len(body) for other in found)
    assert all(isinstance(spoilt(b"", rng), bytes) for _ in range(30))
