"""What the demo draws: whole at 80 and at 120 columns, and understood without colours."""

import io
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from gateway.demo.lines import LINES, fill_levels
from gateway.demo.screen import Look, books, days_there, screen, summary
from gateway.demo.town import Town, spoken
from gateway.sinks.store.read import Latest, Reading, SeriesName
from pipelines.model import Value

NOON_NS = 1_793_707_200 * 10**9  # 2026-11-03T12:00:00Z
DAY_NS = 86_400 * 10**9
STATUS = {
    "received": 123_456,
    "refine": {"accepted": 123_400, "duplicate": 50, "rejected": 6, "waiting": 0, "unread": 0},
    "sinks": {name: {"pending": 12_345} for name in ("store", "open-topics", "quarantine")},
}


def latest(feature: str, name: str, value: Value, *, age_s: int = 0, derived: bool = False) -> Latest:
    series = SeriesName("p", "mechelen", "d", feature, name, derived=derived)
    return Latest(series, Reading("d", NOON_NS - age_s * 10**9, 0, value, "ok", "", "network", 1))


def town() -> Town:
    rows = [latest(f"parking-spot/sluisstraat-{n + 1:02d}", "occupied", value=n % 3 == 0) for n in range(16)]
    rows += [latest(f"parking-spot/brouwersplein-{n + 1:02d}", "occupied", value=n < 5) for n in range(8)]
    rows += [latest(f"waste-container/lindenlaan-{n + 1:02d}", "fill_level_percent", 14.0 * n) for n in range(8)]
    rows += [
        latest("bike-counter/molenkade-01", "bicycles", 41.4),
        latest("bike-counter/molenkade-02", "bicycles", 9.6),
    ]
    rows += [latest("tree/stadhuisplein-01", "watering_advice", "water")]
    rows += [latest("tree/lindenlaan-01", "watering_advice", "wait")]
    rows += [latest("weather-station/lindenlaan-01", "temperature_c", 7.6)]
    air = "air-station/iepenlaan-01"
    rows += [latest(air, "pm25_ug_m3", 25.7), latest(air, "no2_ug_m3", 13.1), latest(air, "aqi_band", "very_poor")]
    rows += [
        latest("noise-station/iepenlaan-01", "laeq_db", 57.5),
        latest("noise-station/iepenlaan-02", "laeq_db", 64.0),
    ]
    rows += [latest("water-level/molenkade-01", "water_level_m", 0.707)]
    rows += [latest("water-meter/stadhuisplein-01", "leak_suspected", value=True)]
    rows += [latest("electricity-meter/stadhuisplein-01", "power_w", 1_760.0)]
    rows += [latest("street-light/stadhuisplein-01", "power_w", 42.0)]
    rows += [latest("parking-spot/sluisstraat-07", "silent", value=True, derived=True)]
    return Town.of(rows)


def drawn(look: Look, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), no_color=True, record=True)
    zone = ZoneInfo("Europe/Brussels")
    page, address = "http://127.0.0.1:8470/", "mqtt://127.0.0.1:18830"
    console.print(screen(look, page=page, address=address, zone=zone, width=width))
    return console.export_text(styles=False).splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_everything_is_there_and_nothing_is_cut(width: int) -> None:
    lines = drawn(Look(town(), STATUS, 31, NOON_NS, history_s=27.4), width)
    text = "\n".join(lines)
    assert max(map(len, lines)) <= width
    assert "…" not in text
    for wanted in (
        "page http://127.0.0.1:8470/   town time Tuesday 13:00:00",
        "history: 31 days in 27 s, live now",
        "Brouwersplein  ■■■■■□□□  3 of 8 free",
        "Sluisstraat  ■□□■□□■□□■□□■□□■  10 of 16 free",
        "▁▂▃▄▅▆▇█  2 of 8 to empty, the fullest is Lindenlaan 8: 98 %",
        "51 bicycles in the last hour",
        "1 of 2 trees: water Stadhuisplein 1",
        "7.6 °C",
        "very poor: PM2.5 26, NO₂ 13 µg/m³",
        "58 and 64 dB(A)",
        "river at 0.71 m, 1 meter leaks",
        "1.8 kW drawn, 0.0 kW given; 1 of 1 lamps lit",
        "silent: Sluisstraat 7",
        "Wrong on purpose: a bay that fell silent",
        "received 123456: accepted 123400 · duplicate 50 · rejected 6 · waiting 0",
        "store 12345 · open-topics 12345 · quarantine 12345",
        "subscribe mqtt://127.0.0.1:18830 open/v1/#",
    ):
        assert wanted in text


def test_while_the_past_comes_in_it_says_how_much_is_there() -> None:
    assert "on purpose" not in "\n".join(drawn(Look(days=2), 80)), "in two days nothing has become so"
    look = Look(town(), STATUS, 31, NOON_NS + 13 * DAY_NS)
    assert days_there(look) == 18
    assert "█" * 18 + "·" * 13 + "  history: 18 of 31 days" in "\n".join(drawn(look, 80))
    assert days_there(Look(days=31)) == 0
    assert days_there(Look(town(), STATUS, 31, NOON_NS - DAY_NS)) == 31


def test_before_anything_has_come_each_line_says_that_it_waits() -> None:
    text = "\n".join(drawn(Look(), 80))
    assert text.count("waiting for the first word") == len(LINES) - 1
    assert "none silent" in text


def test_the_newest_word_counts_whoever_said_it() -> None:
    rows = [
        latest("water-level/a-01", "water_level_m", 0.9, age_s=60),
        latest("water-level/a-01", "water_level_m", 0.7, derived=True),
    ]
    assert Town.of(rows).numbers("water-level", "water_level_m") == [0.7]
    assert Town.of(rows).newest_ns == NOON_NS - 60 * 10**9, "what is derived may be of a whole hour, or day"


def test_features_are_said_as_people_say_them() -> None:
    assert spoken("sluisstraat-07") == "Sluisstraat 7"
    assert spoken("sluisstraat") == "Sluisstraat"


def test_the_summary_and_the_books_are_one_line_each() -> None:
    assert summary(Look(town(), STATUS, 31, NOON_NS, history_s=27.4)) == (
        "history: 31 days in 27 s, live now; 123456 received: 123400 accepted, 50 duplicate, 6 rejected, 0 waiting;"
        " 11 of 24 bays taken; fullest bin 98 %"
    )
    assert "no bin yet" in summary(Look())
    assert books(STATUS, 123_456) == (
        "books: 123456 simulated, 123456 received = 123400 accepted + 50 duplicate + 6 rejected + 0 waiting + 0 unread"
    )


def test_no_bin_is_fuller_than_full_and_the_cleaned_level_goes_before_the_measured_one() -> None:
    """A sensor a little high says 101 % of a full bin, paper across it 92 % of one that is a third full."""
    rows = [
        latest(f"waste-container/lindenlaan-0{n}", "fill_level_percent", level) for n, level in ((1, 101.0), (2, 92.0))
    ]
    rows += [latest("waste-container/lindenlaan-02", "fill_level_clean_percent", 34.0, age_s=3_600, derived=True)]
    assert fill_levels(Town.of(rows)) == {"lindenlaan-01": 100.0, "lindenlaan-02": 34.0}
    assert "fullest bin 100 %" in summary(Look(Town.of(rows), STATUS, 31, NOON_NS, history_s=27.4))
