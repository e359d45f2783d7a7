"""What the demo draws: whole at 80 and at 120 columns, and understood without colours."""

import io
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from gateway.demo.screen import Look, Street, screen, summary
from gateway.sinks.store.read import Latest, Reading, SeriesName
from pipelines.model import Quality, QualityReason, Value

NOON_NS = 1_793_707_200 * 10**9  # 2026-11-03T12:00:00Z
STATUS = {
    "received": 123_456,
    "intake": {"durable": 123_456},
    "refine": {"accepted": 123_400, "duplicate": 50, "rejected": 6, "waiting": 0},
    "sinks": {name: {"pending": 12_345} for name in ("store", "open-topics", "quarantine")},
}


def latest(feature: str, name: str, value: Value, quality: Quality = "ok", reason: QualityReason = "") -> Latest:
    series = SeriesName("p", "mechelen", "d", feature, name, derived=False)
    return Latest(series, Reading("d", NOON_NS, 0, value, quality, reason, "network", 1))


def street(bays: int = 24, bins: int = 8) -> Street:
    rows = [latest(f"parking-spot/sluisstraat-{n + 1:02d}", "occupied", value=n % 3 == 0) for n in range(bays)]
    for n in range(bins):
        feature = f"waste-container/sluisstraat-{n + 1:02d}"
        odd = n == 2
        rows.append(latest(feature, "fill_level_percent", 14.0 * n, "suspect" if odd else "ok", "spike" if odd else ""))
        rows.append(latest(feature, "temperature_c", 11.5))
    return Street.of(rows)


def drawn(look: Look, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), no_color=True, record=True)
    zone = ZoneInfo("Europe/Brussels")
    console.print(screen(look, title="Citygate demo", address="mqtt://127.0.0.1:18830", zone=zone, width=width))
    return console.export_text(styles=False).splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_everything_is_there_and_nothing_is_cut(width: int) -> None:
    lines = drawn(Look(street(), STATUS, 41.6), width)
    text = "\n".join(lines)
    assert max(map(len, lines)) <= width
    assert "…" not in text
    for wanted in (
        "city time Tuesday 13:00:00",
        "16 free, 8 taken: 33 % occupied",
        "■ 01  □ 02  □ 03  ■ 04  □ 05  □ 06  ■ 07  □ 08",
        "suspect: spike",
        "98 %",
        "received 123456 ▸ durable 123456 ▸ refined:",
        "accepted 123400 · duplicate 50 · rejected 6 · waiting 0",
        "store 12345 · open-topics 12345 · quarantine 12345",
        "42 uplinks a second",
        "subscribe: mqtt://127.0.0.1:18830 open/v1/#",
    ):
        assert wanted in text


def test_on_a_wide_terminal_bays_and_bins_stand_side_by_side() -> None:
    def together(lines: list[str]) -> bool:
        return any("□ 02" in line and "°C" in line for line in lines)

    assert together(drawn(Look(street(), STATUS), 120))
    assert not together(drawn(Look(street(), STATUS), 80))


def test_before_anything_has_come_it_says_what_it_waits_for() -> None:
    text = "\n".join(drawn(Look(Street.of([]), {}), 80))
    assert "waiting for the first sensor" in text
    assert "waiting for the first bin" in text


def test_the_summary_is_one_line() -> None:
    line = summary(Look(street(), STATUS))
    assert line == (
        "123456 received: 123400 accepted, 50 duplicate, 6 rejected, 0 waiting; 8 of 24 bays taken; fullest bin 98 %"
    )
    assert "no bin yet" in summary(Look(Street.of([]), {}))
