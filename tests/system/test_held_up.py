"""The small form of P8: nothing is lost beside a hung sink and slow subscribers. Times are compared by the proof."""

import pytest

from tests.proofs import held_up


@pytest.mark.parametrize("held", [False, True])
def test_everything_reaches_the_influxdb_that_is_well(held: bool) -> None:
    delivered = held_up.deliver(100, 3.0, held=held)
    assert delivered.lost == 0
    assert delivered.rss_mb > 0
