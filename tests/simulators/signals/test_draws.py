import random
import statistics

import pytest

from simulators.signals.draws import Noise, Wander, gamma, lognormal, normal_share, poisson

HOUR_NS = 3_600_000_000_000


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 24.9, 60.0, 310.0])
def test_a_poisson_count_has_its_mean_for_a_variance(mean: float) -> None:
    rng = random.Random(1)
    counts = [poisson(rng, mean) for _ in range(8_000)]
    tolerance = 5 * (mean / len(counts)) ** 0.5
    assert statistics.fmean(counts) == pytest.approx(mean, abs=tolerance + 1e-9)
    assert statistics.pvariance(counts) == pytest.approx(mean, rel=0.08)


def test_gamma_and_lognormal_draws_have_the_mean_that_was_asked_for() -> None:
    rng = random.Random(2)
    gammas = [gamma(rng, 20.0, 4.0) for _ in range(20_000)]
    assert statistics.fmean(gammas) == pytest.approx(20.0, rel=0.02)
    assert statistics.pvariance(gammas) == pytest.approx(100.0, rel=0.05)
    assert gamma(rng, 0.0, 4.0) == 0.0
    assert statistics.fmean(lognormal(rng, 45.0, 0.8) for _ in range(40_000)) == pytest.approx(45.0, rel=0.02)


def test_noise_is_the_same_in_any_order_and_below_zero() -> None:
    forwards, backwards = Noise("seed"), Noise("seed")
    asked = list(range(-200, 200))
    in_order = {number: (forwards.normal(number), forwards.uniform(number)) for number in asked}
    in_reverse = {number: (backwards.normal(number), backwards.uniform(number)) for number in reversed(asked)}
    assert in_order == in_reverse
    assert len({normal for normal, _ in in_order.values()}) == len(asked)
    assert forwards.normal(7) != Noise("another").normal(7)


def test_a_wander_has_variance_one_and_its_persistence_between_steps_and_at_them() -> None:
    wander = Wander("seed", HOUR_NS, 0.8)
    at_steps = [wander.at(step * HOUR_NS) for step in range(6_000)]
    between = [wander.at(step * HOUR_NS + HOUR_NS // 2) for step in range(6_000)]
    assert statistics.pvariance(at_steps) == pytest.approx(1.0, abs=0.12)
    assert statistics.pvariance(between) == pytest.approx(1.0, abs=0.12)
    assert statistics.correlation(at_steps[:-1], at_steps[1:]) == pytest.approx(0.8, abs=0.03)


def test_a_wander_refuses_a_persistence_that_never_forgets() -> None:
    with pytest.raises(ValueError, match=r"persistence: 1\.0"):
        Wander("seed", HOUR_NS, 1.0)


def test_half_of_a_normal_population_is_below_its_mean() -> None:
    assert normal_share(0.0) == 0.5
    assert normal_share(1.959964) == pytest.approx(0.975, abs=1e-6)
