"""Forecasts of time to full and their verdicts: also where a collection comes before anybody knows."""

import random

import pytest

from pipelines.domains import HOUR_NS
from pipelines.domains.waste import full
from pipelines.domains.waste.full import Full, place

SAID, P10, P90 = 100 * HOUR_NS, 110 * HOUR_NS, 130 * HOUR_NS


@pytest.mark.parametrize(("hour", "expected"), [(105, 0.5), (110, 1.0), (115, 1.25), (130, 2.0), (150, 2.0)])
def test_a_forecast_comes_to_one_at_its_p10_and_to_two_at_its_p90(hour: int, expected: float) -> None:
    assert place(SAID, P10, P90, hour * HOUR_NS) == expected


def lived(soonest_h: float, latest_h: float, *, spread: float, count: int = 3_000) -> Full:
    """Fillings that take 100 h, normally spread; P10 and P90 are true for a spread of 30 h. Emptied in between."""
    rng = random.Random(5)
    state = Full()
    for number in range(count):
        said = number * 1_000 * HOUR_NS
        early, late = (said + int((100 + 1.2816 * side * 30) * HOUR_NS) for side in (-1, 1))
        state.open.append((90.0, said, early, late, True))
        takes_h, emptied_h = max(1.0, rng.gauss(100, spread)), rng.uniform(soonest_h, latest_h)
        if takes_h <= emptied_h:
            at_ns = said + int(takes_h * HOUR_NS)
            full.reach(state, 90.0, at_ns - 1, 89.9, at_ns)
        else:
            full.empty(state, said + int(emptied_h * HOUR_NS))
    return state


@pytest.mark.parametrize("emptied_h", [(900, 1_000), (40, 200), (20, 160)])
def test_the_share_that_holds_is_found_however_many_are_emptied_before(
    monkeypatch: pytest.MonkeyPatch, emptied_h: tuple[float, float]
) -> None:
    monkeypatch.setattr(full, "KEPT_EACH_VERDICT", 1.0)
    assert lived(*emptied_h, spread=30).coverage == pytest.approx(0.8, abs=0.04)
    assert lived(*emptied_h, spread=60).coverage == pytest.approx(0.478, abs=0.04)


@pytest.mark.parametrize("emptied_h", [(900, 1_000), (40, 200), (20, 160), (90, 110)])
def test_right_quantiles_stay_and_narrow_ones_are_widened_however_many_are_emptied_before(
    emptied_h: tuple[float, float],
) -> None:
    """A thousand verdicts: their walk around what is right goes some tenths far."""
    right, narrow = lived(*emptied_h, spread=30), lived(*emptied_h, spread=60)
    assert right.z_early == pytest.approx(full.Z_80, abs=1.5)
    assert narrow.z_early > 3
    if emptied_h[1] > 150:
        assert right.z_late == pytest.approx(full.Z_80, abs=1.5)
        assert narrow.z_late > 3


def test_nothing_is_claimed_of_containers_that_are_always_emptied_too_soon() -> None:
    assert lived(50, 110, spread=30).coverage is None
    assert lived(900, 1_000, spread=30, count=9).coverage is None
