"""Real counters through the machine: what they counted stays, zeros are zeros, and their silences are none."""

from collections import defaultdict
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import pytest

from pipelines.domains import HOUR_NS, Place, Reading, Site
from pipelines.domains.cycling.counts import CountMachine
from pipelines.domains.cycling.kinds import BICYCLES
from pipelines.domains.local_time import local
from pipelines.model import NS_PER_S, Observation
from tests import servers
from tests.pipelines.domains.fold import fold

BERLIN = ZoneInfo("Europe/Berlin")
COUNTERS = 6

pytestmark = pytest.mark.recording


def _hours() -> dict[str, dict[int, float]]:
    """Of counters with many and with few hours: begin of hour → bicycles. October's double hour is left out."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="not at hand: pyarrow, to read the recording")
    table = parquet.read_table(
        servers.recording("berlin-telraam-2024q4.parquet"), columns=["date_local", "segment_id", "bike_total"]
    )
    rows: dict[str, dict[int, float]] = defaultdict(dict)
    for row in table.to_pylist():
        when, number = row["date_local"].replace(tzinfo=BERLIN), row["bike_total"]
        if number is not None and when.utcoffset() == when.replace(fold=1).utcoffset():
            rows[f"bike-counter/{row['segment_id']}"][round(when.timestamp()) * NS_PER_S] = float(number)
    ranked = sorted((name for name in rows if len(rows[name]) > 500), key=lambda name: (-len(rows[name]), name))
    return {name: rows[name] for name in ranked[:: len(ranked) // COUNTERS]}


def test_daily_profiles_have_true_zeros_and_no_invented_ones() -> None:
    rows = _hours()
    where = Site("pilot", "berlin", BERLIN, {name: Place("berlin") for name in rows})
    readings = [
        Reading(begin_ns + HOUR_NS, "telraam", name, "bicycle_count_interval", number)
        for name, hours in rows.items()
        for begin_ns, number in hours.items()
    ]
    end_ns = max(one.time_ns for one in readings)

    said = fold(CountMachine(BICYCLES), readings, where, until=end_ns + 30 * HOUR_NS)

    zeros = counted = estimated = 0
    for name, hours in rows.items():
        spoken = _hourly(said.values(), name)
        for begin_ns, number in list(hours.items())[1:]:
            one = spoken[begin_ns]
            assert one.value == number if one.quality == "ok" else number == 0.0  # blind in the dark, and says 0
            counted += one.quality == "ok"
            zeros += one.quality == "ok" and one.value == 0.0
        silent = set(spoken) - set(hours)
        assert {spoken[begin_ns].quality for begin_ns in silent} <= {"estimated", "missing"}
        estimated += sum(spoken[begin_ns].quality == "estimated" for begin_ns in silent)
    print(f"{counted} hours counted, {zeros} of them zero; {estimated} silent hours estimated")
    assert counted > 0.9 * len(readings)
    assert zeros > 100
    assert estimated > 100
    assert all(_peaks_by_day(said.values(), name) for name in rows)


def _hourly(said: Iterable[Observation], name: str) -> dict[int, Observation]:
    return {
        one.time_ns: one
        for one in said
        if one.feature == name and one.property == "bicycles" and one.interval_ns == HOUR_NS
    }


def _peaks_by_day(said: Iterable[Observation], name: str) -> bool:
    """Whether more bicycles pass from 7 to 19 h than from 20 to 6 h."""
    day = night = 0.0
    for begin_ns, one in _hourly(said, name).items():
        if one.quality == "ok":
            assert isinstance(one.value, float)
            hour = local(begin_ns, BERLIN).hour
            day += one.value if 7 <= hour < 19 else 0.0
            night += one.value if hour >= 20 or hour < 6 else 0.0
    return day > 3 * night
