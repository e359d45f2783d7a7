"""A wild device repeats itself, in order of time, and then stops."""

from collections import Counter

from simulators.faults.flood import Flood
from tests.simulators.faults.streams import in_order, reports, scope


def test_repetitions_come_between_the_others_and_carry_no_truth() -> None:
    plain = list(reports(3_000))
    came = list(Flood(per_month=1.0, mean_min=20.0, every_s=2.0).apply(iter(plain), scope()))
    assert in_order(came)
    extra = [report for report in came if not report.truth]
    assert len(came) - len(extra) == len(plain)
    assert len(extra) > 500
    most = Counter(report.device.dev_eui for report in extra).most_common(1)[0][1]
    assert most < 10_000
