"""Clocks: off by what it says for the devices it strikes, and none at all."""

from collections import defaultdict

from simulators.city_clock import NS_PER_S
from simulators.faults import DAY_NS
from simulators.faults.clocks import ClockSkew, NoClock
from tests.simulators.faults.streams import DEVICES, START_NS, frames, scope


def test_a_skewed_clock_keeps_its_offset_and_drifts() -> None:
    shown: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for frame in ClockSkew(share=0.5, offset_s=30.0, drift_s_per_day=2.0).apply(frames(2_000), scope()):
        assert frame.clock_ns is not None
        shown[frame.device.dev_eui].append((frame.at_ns, frame.clock_ns))
    struck = {eui for eui, pairs in shown.items() if any(clock for _, clock in pairs)}
    assert 0 < len(struck) < len(DEVICES)
    for eui in struck:
        (began_ns, first), (ended_ns, last) = shown[eui][0], shown[eui][-1]
        assert abs(first) <= 30.1 * NS_PER_S
        days = (ended_ns - began_ns) / DAY_NS
        assert 0 < abs(last - first) <= 2.0 * NS_PER_S * days + 1


def test_without_a_clock_no_frame_of_that_device_has_one() -> None:
    without: dict[str, set[bool]] = defaultdict(set)
    for frame in NoClock(share=0.5).apply(frames(50), scope()):
        without[frame.device.dev_eui].add(frame.clock_ns is None)
    assert all(len(kinds) == 1 for kinds in without.values())
    assert {kind for kinds in without.values() for kind in kinds} == {True, False}


def test_where_no_clock_is_there_is_none_to_be_wrong() -> None:
    stream = ClockSkew(share=1.0).apply(NoClock(share=1.0).apply(frames(5), scope()), scope())
    assert all(frame.clock_ns is None and frame.at_ns >= START_NS for frame in stream)
