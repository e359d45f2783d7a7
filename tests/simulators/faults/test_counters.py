"""Counters: a restart counts from 0 in its session; a storm joins every device and begins new sessions."""

from collections import defaultdict
from itertools import pairwise

from simulators.faults.counters import FCntReset, JoinStorm
from simulators.networks.frame import Frame
from tests.simulators.faults.streams import DEVICES, frames, in_order, scope


def by_device(stream: list[Frame]) -> dict[str, list[Frame]]:
    found: dict[str, list[Frame]] = defaultdict(list)
    for frame in stream:
        found[frame.device.dev_eui].append(frame)
    return found


def test_a_restarted_device_counts_on_from_zero_in_the_same_session() -> None:
    resets = 0
    for series in by_device(list(FCntReset(per_month=6.0).apply(frames(2_000), scope()))).values():
        assert {frame.session for frame in series} == {"aaaaaaaa"}
        for before, after in pairwise(series):
            assert after.f_cnt in (before.f_cnt + 1, 0)
            resets += after.f_cnt == 0
    assert 10 <= resets <= 50


def test_after_a_storm_every_device_has_joined_and_counts_in_a_new_session() -> None:
    stream = list(JoinStorm(per_month=6.0, within_min=30.0).apply(frames(2_000), scope()))
    assert in_order(stream)
    joins = [frame for frame in stream if frame.kind == "join"]
    assert joins
    assert len(joins) % len(DEVICES) == 0
    assert not any(frame.payload for frame in joins)
    for series in by_device(stream).values():
        for before, after in pairwise(series):
            if before.kind == "join" and after.kind == "uplink":
                assert (after.session, after.f_cnt) == (before.session, 0)
            elif before.kind == after.kind == "uplink":
                assert (after.session, after.f_cnt) == (before.session, before.f_cnt + 1)
