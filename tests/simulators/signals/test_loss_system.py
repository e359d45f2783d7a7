import pytest

from simulators.signals.loss_system import erlang_b, expected_later, stationary

IS_FREE = [1.0] * 20 + [0.0]


def test_a_lot_of_twenty_at_load_fifteen_blocks_as_erlang_says() -> None:
    """Erlang B tables: the loss of 20 places and 15 Erlang is 4.56 %."""
    assert erlang_b(20, 15.0) == pytest.approx(0.045593, abs=5e-7)
    assert stationary(20, 15.0)[20] == pytest.approx(erlang_b(20, 15.0))
    assert sum(stationary(20, 15.0)) == pytest.approx(1.0)


@pytest.mark.parametrize(("minutes", "chance"), [(5, 0.6278), (10, 0.7586), (30, 0.8868), (100_000, 0.954407)])
def test_a_full_lot_has_a_free_place_again_with_the_published_chance(minutes: float, chance: float) -> None:
    """By uniformisation: 20 places, load 15, mean stay 60 min, full now."""
    later = expected_later(IS_FREE, arrivals_per_min=0.25, mean_stay_min=60, minutes=min(minutes, 3_000))
    assert later[20] == pytest.approx(chance, abs=5e-5)


def test_a_single_bay_follows_the_two_state_chain() -> None:
    """m/(a+m) (1 - exp(-(a+m) t)): stay 60, gap 20 min: 0.0709, 0.1216, 0.1580 at 5, 10, 15 min."""
    found = [
        expected_later([1.0, 0.0], arrivals_per_min=1 / 20, mean_stay_min=60, minutes=minutes)[1]
        for minutes in (5, 10, 15)
    ]
    assert found == pytest.approx([0.0709, 0.1216, 0.1580], abs=5e-5)


def test_half_the_time_twice_is_the_whole() -> None:
    half = expected_later(IS_FREE, arrivals_per_min=0.3, mean_stay_min=45, minutes=10)
    twice = expected_later(half, arrivals_per_min=0.3, mean_stay_min=45, minutes=10)
    assert twice == pytest.approx(expected_later(IS_FREE, arrivals_per_min=0.3, mean_stay_min=45, minutes=20))


def test_without_arrivals_a_lot_empties() -> None:
    later = expected_later(IS_FREE, arrivals_per_min=0.0, mean_stay_min=30, minutes=1_000)
    assert later[20] == pytest.approx(1.0)
