"""Radio: what was sent is counted by the frame counter, over sessions; medians and signal power."""

import pytest

from pipelines.domains import HOUR_NS, LINK, Reading
from pipelines.domains.devices.radio import Radio, esp_dbm, median_of
from tests.pipelines.domains.fold import at, fold, of, site, values

BAY = "parking-spot/A-1"
BEGIN = at("2026-06-01T00:00")
MINUTE = HOUR_NS // 60
UNTIL = BEGIN + 48 * HOUR_NS


def frames(
    counts: list[int], *, rssi: float = -100, snr: float = 5, step: int = MINUTE, start: int = BEGIN
) -> list[Reading]:
    return [
        Reading(start + number * step, "d1", BAY, LINK, f"{f_cnt} 2 {rssi} {snr}")
        for number, f_cnt in enumerate(counts)
    ]


def test_the_share_is_what_came_of_what_was_sent() -> None:
    said = fold(Radio(), frames([0, 1, 2, 5, 6, 9]), site(), until=UNTIL)
    assert values(said, "uplinks") == [6]
    assert values(said, "pdr_percent") == [60.0]
    assert values(said, "gateways_heard") == [2.0]


@pytest.mark.parametrize("counts", [[4_000, 4_001, 0, 1, 2], [40, 41, 0, 1, 2], [500, 501, 380, 381, 382]])
def test_a_counter_that_begins_anew_is_a_session_and_no_loss(counts: list[int]) -> None:
    said = fold(Radio(), frames(counts), site(), until=UNTIL)
    assert values(said, "pdr_percent") == [100.0]
    assert values(said, "sessions_begun") == [1]


def test_a_frame_that_came_late_is_not_sent_twice() -> None:
    said = fold(Radio(), frames([10, 11, 13, 12, 14]), site(), until=UNTIL)
    assert values(said, "pdr_percent") == [100.0]
    assert values(said, "sessions_begun") == [0]


def test_loss_over_midnight_counts_for_the_day_in_which_it_showed() -> None:
    evening = frames([7, 8], start=at("2026-06-01T23:50"))
    morning = frames([11, 12], start=at("2026-06-02T00:10"))
    said = fold(Radio(), [*evening, *morning], site(), until=UNTIL)
    assert values(said, "pdr_percent") == [100.0, 50.0]


def test_medians_and_signal_power() -> None:
    steps = frames([0, 1, 2], rssi=-100, snr=-5) + frames([3, 4], rssi=-60, snr=9, start=BEGIN + HOUR_NS)
    said = fold(Radio(), steps, site(), until=UNTIL, restarts=True)
    assert values(said, "rssi_median_dbm") == [-100.0]
    assert values(said, "snr_median_db") == [-5.0]
    assert of(said, "esp_dbm")[0].value == round(esp_dbm(-100, -5), 1) == -106.2


def test_the_power_of_a_signal_deep_in_noise_is_far_below_what_was_measured() -> None:
    assert esp_dbm(-100, 20) == pytest.approx(-100, abs=0.05)
    assert esp_dbm(-100, -20) == pytest.approx(-120.04, abs=0.01)


def test_the_median_of_nothing_is_nothing() -> None:
    assert median_of({}) is None
    assert median_of({-200: 1, -100: 1}) == -100.0
