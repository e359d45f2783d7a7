"""An outage keeps everything, and lets it go afterwards, in order, no faster than it says."""

from itertools import pairwise

from simulators.city_clock import NS_PER_S
from simulators.faults import HOUR_NS
from simulators.faults.outage import Outage
from tests.simulators.faults.streams import START_NS, in_order, messages, scope


def test_nothing_comes_during_an_outage_and_everything_after_it() -> None:
    sent = list(messages(2_000))
    came = list(Outage(per_month=10.0, mean_h=6.0, per_s=20.0).apply(iter(sent), scope()))
    assert sorted(m.body for m in came) == sorted(m.body for m in sent)
    assert in_order(came)
    gaps = [after.at_ns - before.at_ns for before, after in pairwise(came)]
    assert max(gaps) > HOUR_NS
    true = {m.body: m.at_ns for m in sent}
    held = [m for m in came if m.at_ns > true[m.body]]
    assert len(held) > 100
    assert [true[m.body] for m in held] == sorted(true[m.body] for m in held)


def test_the_batch_comes_at_the_stated_rate() -> None:
    true = {m.body: m.at_ns for m in messages(2_000)}
    came = Outage(per_month=10.0, mean_h=6.0, per_s=20.0).apply(messages(2_000), scope())
    held = [m.at_ns for m in came if m.at_ns > true[m.body]]
    assert min(after - before for before, after in pairwise(held)) == NS_PER_S // 20
    assert held[0] > START_NS
