"""The memory of devices: from outcomes alone, through a snapshot and back, within its bounds."""

import msgspec
import pytest

from pipelines.memory import MAX_UNREAD, Memory
from pipelines.model import NS_PER_S, Accepted, Duplicate, Link, Observation, Rejected
from pipelines.normalise import Unread

NOW = 1_790_000_000 * NS_PER_S


def accepted(number: int, *, f_cnt: int | None = 7, session: str = "key", device: str = "a") -> Accepted:
    observations = (Observation("tree/1", "temperature_c", 20.0, NOW + number),)
    frame = None if f_cnt is None else (session, number.to_bytes(8, "little"))
    return Accepted(number, device, "p", "c", "tree/1", NOW + number, NOW, observations, Link(f_cnt, 1), frame)


def test_a_stranger_has_an_empty_memory() -> None:
    memory = Memory()
    assert memory.of("a").frames.sessions == {}
    assert memory.devices == {}


def test_an_accepted_frame_is_remembered() -> None:
    memory = Memory()
    memory.absorb(accepted(1))
    verdict = memory.of("a").frames.judge("key", 7, (1).to_bytes(8, "little"), NOW, "network")
    assert verdict.original == 1
    assert memory.of("a").recent.newest_ns == NOW + 1


def test_an_outcome_without_a_frame_leaves_only_its_values() -> None:
    memory = Memory()
    memory.absorb(accepted(1, f_cnt=None))
    memory.absorb(msgspec.structs.replace(accepted(2), link=None))
    memory.absorb(msgspec.structs.replace(accepted(3), link=Link()))
    assert memory.of("a").frames.sessions == {}
    assert memory.of("a").recent.past["temperature_c"].count == 3


def test_rejected_and_duplicate_leave_no_trace() -> None:
    memory = Memory()
    memory.absorb(Rejected("malformed", "x", 1, "a"))
    memory.absorb(Duplicate(2, 1, "a", NOW))
    assert memory.devices == {}


def test_a_snapshot_restores_the_same_memory() -> None:
    memory = Memory()
    for number in range(1, 200):
        memory.absorb(accepted(number, f_cnt=number * 3 % 100, session=f"#{number // 60}", device="ab"[number % 2]))
    copy = Memory.restore(memory.snapshot())
    assert copy.snapshot() == memory.snapshot()
    assert copy.of("a").frames.counted == 3
    for number in range(200, 300):
        memory.absorb(accepted(number, f_cnt=number))
        copy.absorb(accepted(number, f_cnt=number))
    assert copy.snapshot() == memory.snapshot()


@pytest.mark.parametrize("foreign", [b"", b"\xc1", b"\x81\xa1a\x01"])
def test_foreign_bytes_are_no_snapshot(foreign: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Memory.restore(foreign)


def test_unread_names_are_counted_within_a_bound() -> None:
    memory = Memory()
    for name in range(MAX_UNREAD + 5):
        memory.count_unread("elsys/ers", [Unread(f"x{name}", "unmapped")])
    memory.count_unread("elsys/ers", [Unread("x0", "unmapped"), Unread("x0", "unfit")])
    assert memory.unread["elsys/ers", "x0", "unmapped"] == 2
    assert memory.unread["elsys/ers", "…", "unmapped"] == 5
    assert memory.unread["elsys/ers", "…", "unfit"] == 1
    assert len(memory.unread) <= MAX_UNREAD + 2
