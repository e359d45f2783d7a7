"""Spans as people say them."""

import pytest

from gateway.sizes import readable_span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (200_000, "2 d")],
)
def test_a_span_is_said_in_the_largest_unit_that_is_full(seconds: float, said: str) -> None:
    assert readable_span(seconds) == said
