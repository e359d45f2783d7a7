"""The hourly roll-up: count, minimum, mean and maximum per series and hour of phenomenon time.

Laws
- ``hourly`` always equals what ``recompute`` would make of ``history``: both change in one transaction.
- New values are added to their hours; as soon as a row is replaced or taken back, its hour is computed anew.
- Only measured values (interval 0) are rolled up; a state has a count but no minimum, mean or maximum.
- An hour that retention has begun to delete is never computed anew: its roll-up is all that is left of it.
"""

import sqlite3
from collections.abc import Container, Iterable, Sequence

from gateway.sinks.sqlite_many import Many
from gateway.sinks.store.rows import HistoryRow
from gateway.sinks.store.schema import HOUR_NS, RETRACTED, USABLE

ADD = Many(
    "INSERT INTO hourly (series, hour, count, usable, total, low, high)",
    7,
    """
ON CONFLICT (series, hour) DO UPDATE SET
    count = count + excluded.count,
    usable = usable + excluded.usable,
    total = total + excluded.total,
    low = min(ifnull(low, excluded.low), ifnull(excluded.low, low)),
    high = max(ifnull(high, excluded.high), ifnull(excluded.high, high))
""",
)

_COUNTS = f"quality IN ({USABLE[0]}, {USABLE[1]}) AND typeof(value) <> 'text'"
RECOMPUTE = f"""
INSERT INTO hourly (series, hour, count, usable, total, low, high)
SELECT series, ?2, count(*), sum({_COUNTS}), total(CASE WHEN {_COUNTS} THEN value END),
    min(CASE WHEN {_COUNTS} THEN value END), max(CASE WHEN {_COUNTS} THEN value END)
FROM history
WHERE series = ?1 AND time_ns >= ?3 AND time_ns < ?4 AND interval_ns = 0 AND quality <> {RETRACTED}
GROUP BY series
"""  # noqa: S608 - built from our own constants only


def hours_of(rows: Iterable[HistoryRow]) -> set[tuple[int, int]]:
    """Series and hour (since 1970) of the measured values among the rows."""
    return {(row[0], row[1] // HOUR_NS) for row in rows if row[2] == 0}


def add(connection: sqlite3.Connection, rows: Sequence[HistoryRow], *, but: Container[tuple[int, int]] = ()) -> None:
    """Add values that are new to their hours, ``but`` those hours. None of them may replace an earlier row."""
    sums: dict[tuple[int, int], list[float | None]] = {}
    for series, time_ns, interval_ns, value, quality, _reason, _source, _number in rows:
        if interval_ns:
            continue
        key = (series, time_ns // HOUR_NS)
        hour = sums.get(key)
        if hour is None:
            hour = sums[key] = [0, 0, 0.0, None, None]
        _count(hour, value if quality in USABLE else None)
    ADD.put(connection, [(*key, *hour) for key, hour in sums.items() if key not in but])


def _count(hour: list[float | None], value: float | str | None) -> None:
    count, usable, total, low, high = hour
    hour[0] = (count or 0) + 1
    if value is None or isinstance(value, str):
        return
    hour[1] = (usable or 0) + 1
    hour[2] = (total or 0.0) + value
    hour[3] = value if low is None or value < low else low
    hour[4] = value if high is None or value > high else high


def recompute(connection: sqlite3.Connection, hours: set[tuple[int, int]]) -> None:
    """Compute hours anew from history, in order of the table so that pages are read once."""
    ordered = sorted(hours)
    connection.executemany("DELETE FROM hourly WHERE series = ? AND hour = ?", ordered)
    bounds = [(series, hour, hour * HOUR_NS, (hour + 1) * HOUR_NS) for series, hour in ordered]
    connection.executemany(RECOMPUTE, bounds)
