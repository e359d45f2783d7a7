"""Half a year of 500 devices, from a recording and through Mosquitto; two hours of it in every test run."""

from pathlib import Path

import pytest

from tests.proofs.half_year import WHOLE_DAYS, Road, live


@pytest.mark.parametrize("road", ["recording", "mosquitto"])
def test_two_hours_of_500_devices(tmp_path: Path, road: Road) -> None:
    passed = live(road, 0.08, tmp_path)
    assert passed.uplinks == passed.accepted > 1_500
    assert 0 < passed.peak_rss_mb < 200


@pytest.mark.proof
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("road", ["recording", "mosquitto"])
def test_half_a_year_of_500_devices(tmp_path: Path, road: Road) -> None:
    passed = live(road, WHOLE_DAYS, tmp_path)
    print(f"\n{passed.line()}")
    assert passed.uplinks == passed.accepted > 4_000_000
    assert passed.peak_rss_mb < 400
