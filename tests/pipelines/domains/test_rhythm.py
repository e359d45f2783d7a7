import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domains.rhythm import Rhythm
from pipelines.model import NS_PER_S

MINUTE_NS = 60 * NS_PER_S


def begins(minutes: list[float], declared_min: int = 0) -> list[float]:
    rhythm = Rhythm()
    return [rhythm.begin_of(round(m * MINUTE_NS), declared_min * MINUTE_NS) / MINUTE_NS for m in minutes]


def test_a_value_speaks_for_the_time_since_the_one_before() -> None:
    assert begins([10, 20, 30]) == [10, 10, 20]


def test_after_a_lost_value_the_next_speaks_for_its_own_interval_only() -> None:
    assert begins([10, 20, 30, 50, 60]) == [10, 10, 20, 40, 50]


def test_jitter_leaves_no_hole() -> None:
    assert begins([0, 10, 20, 33, 40, 54]) == [0, 0, 10, 20, 33, 40]


def test_a_declared_interval_needs_no_learning() -> None:
    assert begins([60, 120, 240], declared_min=60) == [0, 60, 180]


def test_a_second_value_of_an_instant_speaks_for_nothing_more() -> None:
    assert begins([0, 10, 10, 20]) == [0, 0, 10, 10]


@pytest.mark.parametrize("kept_of_ten", [5, 6, 8, 9])
def test_the_interval_is_right_though_values_are_lost(kept_of_ten: int) -> None:
    rhythm = Rhythm()
    minutes = [10 * at for at in range(200) if (at * 7 + at // 10) % 10 < kept_of_ten or at % 10 < 2]
    wrong = 0
    for minute in minutes:
        rhythm.begin_of(minute * MINUTE_NS)
        wrong += rhythm.interval_ns() not in {0, 10 * MINUTE_NS}
    assert wrong == 0


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50).map(sorted))
def test_what_values_speak_for_never_overlaps_and_never_lies_ahead(seconds: list[int]) -> None:
    rhythm = Rhythm()
    last_ns = -1
    for second in seconds:
        begin_ns = rhythm.begin_of(second * NS_PER_S)
        assert begin_ns <= second * NS_PER_S
        assert last_ns < 0 or begin_ns >= last_ns or second * NS_PER_S == last_ns
        last_ns = second * NS_PER_S
        assert len(rhythm.gaps_s) <= 9
