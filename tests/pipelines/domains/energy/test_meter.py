"""An electricity meter: kWh exact over roll-overs, exchanges and gaps; days of 23 and 25 hours; the highest quarter."""

from math import fsum

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, QUARTER_NS, Place
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.energy.meter import ElectricityMeter
from pipelines.domains.runner import Runner
from tests.pipelines.domains.fold import at, fold, of, series, site, values

METER = "electricity-meter/1"
IMPORT, EXPORT = "energy_import_kwh", "energy_export_kwh"
DAY = 24 * HOUR_NS
FUSE_W = 55_000


def telegrams(start: int, counts: list[float], step: int = QUARTER_NS) -> list[tuple[int, float]]:
    return [(start + number * step, count) for number, count in enumerate(counts)]


def test_a_quarter_an_hour_and_a_day_are_said_with_the_first_reading_after_them() -> None:
    begin = at("2026-07-06T00:00")
    counts = [1_000 + 0.25 * number for number in range(97)]
    said = fold(ElectricityMeter(), series(METER, IMPORT, telegrams(begin, counts)), site())
    assert values(said, "energy_import_interval_kwh", QUARTER_NS) == [0.25] * 96
    assert values(said, "energy_import_interval_kwh", HOUR_NS) == [1.0] * 24
    assert values(said, "energy_import_interval_kwh", DAY) == [24.0]
    assert {one.quality for one in said.values()} == {"ok"}
    assert set(values(said, "coverage_percent")) == {100.0}


def test_the_sum_over_a_roll_over_is_the_energy_that_went_through() -> None:
    begin = at("2026-07-06T00:00")
    counts = [round((999_998.5 + 0.123 * number) % 1_000_000, 3) for number in range(97)]
    said = fold(ElectricityMeter(), series(METER, IMPORT, telegrams(begin, counts)), site(), restarts=True)
    for interval in (QUARTER_NS, HOUR_NS, DAY):
        assert round(fsum(values(said, "energy_import_interval_kwh", interval)), 9) == round(96 * 0.123, 9)
    assert not of(said, "meter_exchanged")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 999_999_999) | st.integers(999_900_000, 999_999_999),
    st.lists(st.tuples(st.integers(10, 5_400), st.integers(0, 2_500)), min_size=5, max_size=60),
)
def test_what_is_said_of_the_quarters_is_what_the_register_moved(start_wh: int, moves: list[tuple[int, int]]) -> None:
    """Readings at any distance; the last one on a border, so that nothing is still open."""
    begin = at("2026-03-28T22:00")
    time_ns, wh, points = begin, start_wh, [(begin, start_wh / 1_000)]
    for seconds, more in moves:
        time_ns, wh = time_ns + seconds * 10**9, wh + min(more, FUSE_W * seconds // 3_600)
        points.append((time_ns, wh % 10**9 / 1_000))
    points.append((time_ns + QUARTER_NS - time_ns % QUARTER_NS, wh % 10**9 / 1_000))
    said = fold(ElectricityMeter(), series(METER, IMPORT, points), site())
    assert round(fsum(values(said, "energy_import_interval_kwh", QUARTER_NS)), 9) == (wh - start_wh) / 1_000


def test_readings_that_miss_the_borders_are_split_by_time() -> None:
    begin = at("2026-07-06T10:05")
    said = fold(ElectricityMeter(), series(METER, IMPORT, telegrams(begin, [10.0, 10.3, 10.9, 10.9])), site())
    assert values(said, "energy_import_interval_kwh", QUARTER_NS)[1:] == [0.5, 0.2]
    first, *_ = of(said, "energy_import_interval_kwh", QUARTER_NS)
    assert (first.quality, first.reason) == ("missing", "gap")
    assert values(said, "coverage_percent", QUARTER_NS) == [66.67, 100.0, 100.0]


def test_a_gap_within_a_day_leaves_the_day_sure_and_makes_its_quarters_estimates() -> None:
    begin = at("2026-07-06T00:00")
    points = [(begin, 5.0), (begin + HOUR_NS, 6.0), (begin + 7 * HOUR_NS, 12.0), (begin + DAY, 24.0)]
    said = fold(ElectricityMeter(), series(METER, IMPORT, points), site())
    (day,) = of(said, "energy_import_interval_kwh", DAY)
    assert (day.value, day.quality) == (19.0, "ok")
    quarters = of(said, "energy_import_interval_kwh", QUARTER_NS)
    assert [one.quality for one in quarters] == ["ok"] * 4 + ["estimated"] * 92
    assert {(one.reason, one.value) for one in quarters[4:28]} == {("gap", 0.25)}


def test_a_gap_over_midnight_makes_both_days_estimates_and_their_sum_stays_exact() -> None:
    begin = at("2026-07-06T00:00")
    points = [(begin, 0.0), (begin + 20 * HOUR_NS, 20.0), (begin + 28 * HOUR_NS, 28.0), (begin + 48 * HOUR_NS, 40.0)]
    said = fold(ElectricityMeter(), series(METER, IMPORT, points), site())
    days = of(said, "energy_import_interval_kwh", DAY)
    assert [(one.value, one.quality) for one in days] == [(24.0, "estimated"), (16.0, "estimated")]


def test_an_exchanged_meter_is_told_and_its_day_says_what_is_known_of_it() -> None:
    begin = at("2026-07-06T00:00")
    old = telegrams(begin, [70_000 + 0.25 * number for number in range(41)])
    new = telegrams(begin + 11 * HOUR_NS, [3 + 0.25 * number for number in range(53)])
    said = fold(ElectricityMeter(), series(METER, IMPORT, old + new), site())
    (exchange,) = of(said, "meter_exchanged")
    assert (exchange.time_ns, exchange.value) == (begin + 11 * HOUR_NS, True)
    (day,) = of(said, "energy_import_interval_kwh", DAY)
    assert (day.value, day.quality, day.reason) == (23.0, "estimated", "gap")
    assert values(said, "coverage_percent", DAY) == [95.83]


def test_a_slip_that_the_fuse_forbids_is_not_counted() -> None:
    begin = at("2026-07-06T00:00")
    points = telegrams(begin, [100.0, 100.2, 150.0, 100.6, 100.8])
    where = site({METER: Place(details=MeterDetails(fuse_kw=17.25))})
    said = fold(ElectricityMeter(), series(METER, IMPORT, points), where)
    assert [round(value, 9) for value in values(said, "energy_import_interval_kwh", QUARTER_NS)] == [0.2] * 4


def test_days_of_23_and_25_hours_hold_what_was_used_in_them() -> None:
    for midnight, hours in (("2026-03-29T00:00", 23), ("2026-10-25T00:00", 25)):
        begin = at(midnight)
        points = telegrams(begin, [float(number) for number in range(27)], HOUR_NS)
        said = fold(ElectricityMeter(), series(METER, IMPORT, points), site())
        assert values(said, "energy_import_interval_kwh", hours * HOUR_NS) == [float(hours)]


def test_a_start_in_the_middle_of_a_day_is_too_little_for_the_day() -> None:
    begin = at("2026-07-06T12:00")
    said = fold(
        ElectricityMeter(), series(METER, IMPORT, telegrams(begin, [float(n) for n in range(14)], HOUR_NS)), site()
    )
    (day,) = of(said, "energy_import_interval_kwh", DAY)
    assert day.quality == "missing"
    assert values(said, "coverage_percent", DAY) == [50.0]


def test_import_and_export_are_counted_apart_and_one_of_them_tells_the_coverage() -> None:
    begin = at("2026-07-06T00:00")
    readings = series(METER, IMPORT, telegrams(begin, [1.0, 1.5, 2.0])) + series(
        METER, EXPORT, telegrams(begin, [7.0, 7.0, 7.25])
    )
    said = fold(ElectricityMeter(), readings, site())
    assert values(said, "energy_import_interval_kwh", QUARTER_NS) == [0.5, 0.5]
    assert values(said, "energy_export_interval_kwh", QUARTER_NS) == [0.0, 0.25]
    assert len(of(said, "coverage_percent", QUARTER_NS)) == 2


def test_the_peak_is_the_highest_whole_quarter_of_the_day() -> None:
    begin = at("2026-07-06T00:00")
    counts = [0.0]
    for number in range(97):
        counts.append(counts[-1] + (1.5 if number in (30, 96) else 0.1))
    counts[-1] += 1.0  # the next day's first quarter is higher still
    said = fold(ElectricityMeter(), series(METER, IMPORT, telegrams(begin, counts)), site())
    (peak,) = of(said, "peak_import_power_w")
    assert round(peak.value if isinstance(peak.value, float) else 0) == 6_000
    assert (peak.time_ns, peak.interval_ns) == (begin, DAY)


def test_a_reading_that_becomes_doubtful_is_taken_back() -> None:
    begin = at("2026-07-06T00:00")
    telegram = series(METER, IMPORT, telegrams(begin, [1.0, 1.9, 2.0]))
    runner = Runner(ElectricityMeter(), site())
    for reading in telegram:
        runner.take(reading)
    runner.settle()
    runner.take(msgspec.structs.replace(telegram[1], quality="suspect"))
    said = {identity[:3]: one for identity, (one, _) in runner.settle().items()}
    assert said[METER, "energy_import_interval_kwh", begin].value == 0.5
