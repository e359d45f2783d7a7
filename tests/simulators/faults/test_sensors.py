"""Sensors that lie: what they say is bent, what is true is told all the same."""

from collections import defaultdict
from itertools import pairwise

import pytest

from simulators.faults.sensors import Drift, Spikes, Stuck
from simulators.signals import Report
from tests.simulators.faults.streams import DEVICES, reports, scope


@pytest.mark.parametrize("fault", [Stuck(per_month=20.0), Drift(share=1.0), Spikes(rate=0.5)])
def test_no_truth_is_touched_and_no_report_is_missing(fault: Stuck | Drift | Spikes) -> None:
    plain, bent = list(reports(500)), list(fault.apply(reports(500), scope()))
    assert [(r.at_ns, r.device, r.truth) for r in bent] == [(r.at_ns, r.device, r.truth) for r in plain]
    assert [r.readings for r in bent] != [r.readings for r in plain]


def distances(stream: list[Report]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for report in stream:
        assert report.readings is not None
        found[report.device.dev_eui].append(float(report.readings["distance"]))
    return found


def test_a_stuck_sensor_repeats_itself_and_recovers() -> None:
    repeated = recovered = 0
    for series in distances(list(Stuck(per_month=3.0, mean_h=12.0).apply(reports(4_000), scope()))).values():
        for number, (before, after) in enumerate(pairwise(series)):
            repeated += after == before
            recovered += after == 801 + number and before < 800 + number
    assert repeated > 100
    assert recovered > 5


def test_a_drifting_sensor_is_off_by_no_more_than_its_rate() -> None:
    days = 4_000 * 10 / 1440
    series = distances(list(Drift(share=1.0, percent_per_day=0.5).apply(reports(4_000), scope())))
    off = [values[-1] / (800 + 3_999) - 1 for values in series.values()]
    assert len(off) == len(DEVICES)
    assert all(abs(share) <= 0.005 * days + 0.001 for share in off)
    assert max(off) > 0 > min(off)


def test_a_spike_is_one_value_once() -> None:
    plain, bent = list(reports(2_000)), list(Spikes(rate=0.05, factor=3.0).apply(reports(2_000), scope()))
    changed = 0
    for before, after in zip(plain, bent, strict=True):
        assert before.readings is not None
        assert after.readings is not None
        different = [name for name, value in before.readings.items() if after.readings[name] != value]
        assert len(different) <= 1
        assert not {"battery", "position"} & set(different)
        changed += len(different)
    assert changed / len(plain) == pytest.approx(0.05, rel=0.2)
