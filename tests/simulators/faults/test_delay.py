"""Late and overtaken messages: none lost, none twice, in order of when they come."""

import pytest

from simulators.city_clock import NS_PER_S
from simulators.faults.delay import Delay, Reorder
from tests.simulators.faults.streams import in_order, messages, scope


@pytest.mark.parametrize("fault", [Delay(rate=0.1, mean_s=600.0), Reorder(rate=0.3, within_s=20.0)])
def test_nothing_is_lost_and_what_comes_comes_in_order(fault: Delay | Reorder) -> None:
    sent = list(messages(500))
    came = list(fault.apply(iter(sent), scope()))
    assert sorted(m.body for m in came) == sorted(m.body for m in sent)
    assert in_order(came)
    assert [m.body for m in came] != [m.body for m in sent]


def test_delays_have_the_mean_they_say() -> None:
    true = {m.body: m.at_ns for m in messages(2_000)}
    late = [(m.at_ns - true[m.body]) / NS_PER_S for m in Delay(rate=0.1, mean_s=600.0).apply(messages(2_000), scope())]
    late = [seconds for seconds in late if seconds > 0]
    assert len(late) / len(true) == pytest.approx(0.1, rel=0.15)
    assert sum(late) / len(late) == pytest.approx(600, rel=0.15)


def test_an_overtaken_message_is_late_by_seconds_only() -> None:
    true = {m.body: m.at_ns for m in messages(500)}
    late = [(m.at_ns - true[m.body]) / NS_PER_S for m in Reorder(rate=0.3, within_s=20.0).apply(messages(500), scope())]
    assert 0 < max(late) <= 20
