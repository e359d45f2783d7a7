"""Air time, reach and data rate against published figures."""

import random

import pytest

from simulators.networks.radio import (
    LIMIT_SNR_DB,
    NOISE_DBM,
    Antenna,
    airtime_s,
    distance_m,
    links,
    mean_rssi_dbm,
    spreading_factor,
)


@pytest.mark.parametrize(("factor", "seconds"), [(7, 0.061696), (8, 0.113152), (9, 0.205824), (10, 0.370688)])
def test_air_time_of_ten_bytes_is_what_semtechs_formula_gives(factor: int, seconds: float) -> None:
    assert airtime_s(10, factor) == pytest.approx(seconds, abs=1e-9)


def test_slow_factors_use_the_low_data_rate_optimisation() -> None:
    assert airtime_s(10, 12) == pytest.approx(1.482752, abs=1e-9)
    assert airtime_s(51, 12) == pytest.approx(2.793472, abs=1e-9)


def test_at_one_kilometre_the_loss_is_the_measured_one_and_ten_times_the_distance_costs_a_decade() -> None:
    assert mean_rssi_dbm(1_000) == pytest.approx(14 + 5 - 128.95)
    assert mean_rssi_dbm(1_000) - mean_rssi_dbm(10_000) == pytest.approx(23.2)


def test_distance_of_a_minute_of_latitude_is_a_nautical_mile() -> None:
    assert distance_m(4.4, 51.0, 4.4, 51.0 + 1 / 60) == pytest.approx(1_853, abs=1)
    assert distance_m(4.4, 51.0, 4.5, 51.0) == pytest.approx(6_998, rel=0.002)


def test_the_data_rate_falls_with_strength_and_keeps_its_margin() -> None:
    factors = [spreading_factor(rssi) for rssi in range(-60, -140, -1)]
    assert factors == sorted(factors)
    assert set(factors) == set(LIMIT_SNR_DB)
    assert spreading_factor(NOISE_DBM + 10 - 7.5) == 7


def test_the_best_link_comes_first() -> None:
    antennas = [Antenna(f"g{n}", 4.4 + n / 100, 51.0) for n in range(5)]
    found = links(4.4, 51.0, antennas, random.Random(1))
    assert [link.rssi_dbm for link in found] == sorted((link.rssi_dbm for link in found), reverse=True)
