"""Counters without broker or gateway: the average daily count is found again though a fifth is lost."""

import pytest

from simulators.scenario import World
from simulators.scoring import counters_year
from simulators.scoring.counters_year import COUNTERS, live


def test_four_months_of_which_a_fifth_is_lost() -> None:
    months = live("as-modelled", 0.2, first="2026-03-01", last="2026-07-01")
    assert len(months.true) == len(months.said) == COUNTERS
    off = [abs(months.said[name] / true - 1) for name, true in months.true.items()]
    assert 0 < sum(off) / COUNTERS < 0.03
    assert max(off) < 0.05


@pytest.mark.proof
@pytest.mark.parametrize(("world", "lost"), [("as-modelled", 0.0), ("as-modelled", 0.2), ("breaks-assumptions", 0.2)])
def test_a_years_average_is_within_two_per_cent(world: World, lost: float) -> None:
    mean, largest = counters_year.score(world, lost)
    assert (mean.count, mean.target) == (COUNTERS, "≤ 2")
    assert mean.value is not None
    assert 0 < mean.value <= 2
    assert largest.value is not None
    assert largest.value >= mean.value
