"""A dying battery falls to nothing, and then the device is silent while the truth goes on."""

from collections import defaultdict

from simulators.faults import DAY_NS
from simulators.faults.battery_decline import BatteryDecline
from tests.simulators.faults.streams import DEVICES, START_NS, reports, scope


def test_charge_falls_evenly_and_ends_in_silence() -> None:
    charge: dict[str, list[float]] = defaultdict(list)
    truths = silent = 0
    deaths: list[str] = []
    for report in BatteryDecline(share=1.0, begins_within_days=5.0, lasts_days=10.0).apply(reports(3_000), scope()):
        told = [truth.feature for truth in report.truth if truth.quantity == "device_dead"]
        deaths += told
        truths += len(report.truth) - len(told)
        if report.readings is None:
            silent += 1
            assert report.at_ns >= START_NS + 10 * DAY_NS
        else:
            charge[report.device.dev_eui].append(float(report.readings["battery"]))
    assert truths == 3_000 * len(DEVICES)
    assert silent > 1_000
    assert sorted(deaths) == sorted(device.feature for device in DEVICES)
    for series in charge.values():
        assert series == sorted(series, reverse=True)
        assert (series[0], series[-1]) == (90, 0)


def test_a_device_that_is_not_struck_says_what_it_said() -> None:
    assert list(BatteryDecline(share=0.0).apply(reports(10), scope())) == list(reports(10))
