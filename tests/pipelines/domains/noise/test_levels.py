import csv
import gzip
import random
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pytest

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.local_time import bounds_of
from pipelines.domains.noise.formulas import exceeded, laeq, lden, period_of
from pipelines.domains.noise.levels import NoiseMachine, NoiseSettings
from pipelines.model import NS_PER_S, Observation
from tests import servers
from tests.pipelines.domains.fold import BRUSSELS, Identity, at, fold, of, series, site

STATION = "noise-station/canal"
MINUTE_NS = 60 * NS_PER_S
Said = dict[Identity, Observation]


def said_of(points: Iterable[tuple[int, float]], until: int, **fold_options: Any) -> Said:
    return fold(NoiseMachine(), series(STATION, "laeq_db", points), site(), until=until, **fold_options)


def minutes(begin_ns: int, end_ns: int, level_db: float) -> list[tuple[int, float]]:
    return [(time_ns, level_db) for time_ns in range(begin_ns + MINUTE_NS, end_ns + 1, MINUTE_NS)]


def day_of(said: Said, day: date) -> dict[str, Observation]:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    return {
        one.property: one for one in said.values() if (one.time_ns, one.interval_ns) == (begin_ns, end_ns - begin_ns)
    }


def test_laeq_is_an_energy_mean() -> None:
    assert laeq([60.0, 60.0]) == pytest.approx(60.0)
    assert laeq([40.0, 80.0]) == pytest.approx(76.99, abs=0.01)


def test_lden_weighs_evening_and_night_as_directive_2002_49_says() -> None:
    assert lden(60.0, 60.0, 60.0) == pytest.approx(66.40, abs=0.01)
    assert lden(52.59, 47.85, 49.70) == pytest.approx(56.37, abs=0.01)


def test_periods_begin_at_7_19_and_23_hours() -> None:
    assert [period_of(hour) for hour in (6, 7, 18, 19, 22, 23, 0)] == [2, 0, 0, 1, 1, 2, 2]


def test_the_level_exceeded_a_tenth_of_the_time() -> None:
    assert exceeded({500: 90, 700: 10}, 0.1) == 70.0
    assert exceeded({500: 90, 700: 10}, 0.11) == 50.0
    with pytest.raises(ValueError, match="no time"):
        exceeded({}, 0.1)


def test_the_recording_has_the_published_levels() -> None:
    """Check values of noisemonitor's test file, computed by its own code: levels of 2025-03-21 and 2025-03-23."""
    path = servers.recording("noise-laeq-1min.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [(at(row[0].replace(" ", "T")), float(row[1])) for row in list(csv.reader(lines))[1:] if row[1]]
    assert len(rows) == 16_470
    assert laeq(level for _, level in rows) == pytest.approx(50.7636, abs=5e-5)

    said = said_of(rows, rows[-1][0] + 2 * HOUR_NS)

    friday = day_of(said, date(2025, 3, 21))
    levels = [friday[name].value for name in ("laeq_db", "ld_db", "le_db", "ln_db", "lden_db")]
    assert levels == pytest.approx([51.21, 52.59, 47.85, 49.70, 56.37], abs=0.011)
    assert day_of(said, date(2025, 3, 23))["lden_db"].value == pytest.approx(51.18, abs=0.011)


def test_a_twin_of_the_recording_has_the_levels_of_the_formulas() -> None:
    generator = random.Random(2025)
    begin_ns, end_ns = bounds_of(date(2025, 3, 21), BRUSSELS)
    points = [(time_ns, generator.gauss(50, 6)) for time_ns in range(begin_ns - MINUTE_NS // 2, end_ns, MINUTE_NS)]
    periods: list[list[float]] = [[], [], []]
    for time_ns, level_db in points[1:]:
        periods[period_of(datetime.fromtimestamp((time_ns - MINUTE_NS // 2) / 1e9, BRUSSELS).hour)].append(level_db)
    day_db, evening_db, night_db = (laeq(each) for each in periods)

    friday = day_of(said_of(points, end_ns + HOUR_NS, restarts=True), date(2025, 3, 21))

    levels = [friday[name].value for name in ("ld_db", "le_db", "ln_db", "lden_db")]
    assert levels == pytest.approx([day_db, evening_db, night_db, lden(day_db, evening_db, night_db)], abs=0.005)
    assert friday["coverage_percent"].value == 100.0


def test_an_hour_of_two_levels_has_its_energy_mean_and_its_loud_and_quiet_tenths() -> None:
    begin_ns = at("2026-07-06T12:00")
    points = [(begin_ns, 50.0), *minutes(begin_ns, begin_ns + HOUR_NS // 2, 50.0)]
    points += minutes(begin_ns + HOUR_NS // 2, begin_ns + HOUR_NS, 70.0)
    said = said_of(points, begin_ns + 2 * HOUR_NS)
    hour = {one.property: one.value for one in said.values() if one.time_ns == begin_ns and one.interval_ns == HOUR_NS}
    assert hour == {"laeq_db": 67.03, "coverage_percent": 100.0, "la10_db": 70.0, "la50_db": 70.0, "la90_db": 50.0}


def test_an_hour_of_40_minutes_has_no_level() -> None:
    begin_ns = at("2026-07-06T12:00")
    said = said_of([(begin_ns, 50.0), *minutes(begin_ns, begin_ns + 40 * MINUTE_NS, 50.0)], begin_ns + 2 * HOUR_NS)
    (hour,) = [one for one in of(said, "laeq_db", HOUR_NS) if one.time_ns == begin_ns]
    assert hour.quality == "missing"
    assert [one.value for one in of(said, "coverage_percent", HOUR_NS) if one.time_ns == begin_ns] == [66.67]


def test_a_day_without_its_evening_has_no_lden() -> None:
    begin_ns, end_ns = bounds_of(date(2026, 7, 6), BRUSSELS)
    points = minutes(begin_ns, begin_ns + 19 * HOUR_NS, 50.0) + minutes(end_ns - HOUR_NS, end_ns, 50.0)
    day = day_of(said_of(points, end_ns + HOUR_NS), date(2026, 7, 6))
    assert day["lden_db"].quality == "missing"
    assert day["le_db"].quality == "missing"
    assert (day["ld_db"].value, day["ln_db"].value, day["laeq_db"].value) == (50.0, 50.0, 50.0)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_of_clock_change_is_whole(day: date, hours: int) -> None:
    begin_ns, end_ns = bounds_of(day, BRUSSELS)
    assert end_ns - begin_ns == hours * HOUR_NS
    found = day_of(said_of(minutes(begin_ns - HOUR_NS, end_ns, 50.0), end_ns + HOUR_NS), day)
    assert found["coverage_percent"].value == 100.0
    assert found["lden_db"].value == pytest.approx(56.4, abs=0.01)


def test_readings_of_an_hour_at_its_end_belong_to_it() -> None:
    begin_ns = at("2026-07-06T00:00")
    points = [(begin_ns + place * HOUR_NS, 50.0 + place) for place in range(25)]
    said = said_of(points, begin_ns + 26 * HOUR_NS)
    assert [one.value for one in of(said, "laeq_db", HOUR_NS)] == [50.0 + place for place in range(1, 25)]
    assert {one.value for one in of(said, "coverage_percent", HOUR_NS)} == {100.0}


def test_it_became_loud_twice() -> None:
    begin_ns = at("2026-07-06T12:00")
    loud = [80.0 if place in {3, 4, 9} else 50.0 for place in range(24 * 60)]
    points = [(begin_ns + place * MINUTE_NS, level_db) for place, level_db in enumerate(loud)]
    where = site(settings={"noise": NoiseSettings(loud_db=75.0)})
    said = fold(NoiseMachine(), series(STATION, "laeq_db", points), where, until=begin_ns + 40 * HOUR_NS)
    assert [one.time_ns for one in of(said, "loud")] == [begin_ns + 3 * MINUTE_NS, begin_ns + 9 * MINUTE_NS]


def test_a_doubtful_level_is_not_heard() -> None:
    machine = NoiseMachine()
    state = machine.begin(STATION, site())
    reading = Reading(at("2026-07-06T12:00"), "device", STATION, "laeq_db", 139.0, "suspect")
    assert list(machine.take(state, reading, site())) == []
    assert state == machine.begin(STATION, site())
