"""What a report needs of the store: daily values, events, and how each device did. Read-only, beside the gateway.

Derived values of a local day begin at its midnight, so they are found by the table's key: one look a day and series.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from datetime import date, tzinfo
from pathlib import Path
from typing import Any

import msgspec

from gateway.sinks.sqlite_file import open_read_only
from gateway.sinks.store.schema import HOUR_NS, QUALITIES, RETRACTED, VERSION
from pipelines.domains.local_time import bounds_of, local_date
from pipelines.pilots.days import COUNTED, Days, DayValue
from pipelines.pilots.evaluate import Span
from pipelines.pilots.quality import DeviceQuality, expected_hours
from pipelines.vocabulary import PROPERTIES

DAY_LEAST_NS = 22 * HOUR_NS
_COUNTED = {QUALITIES.index(quality) for quality in COUNTED}
_SURE = QUALITIES.index("ok")
PART_OF_DAY = frozenset(("night_flow_l_h",))
"""Said once a day, of a few of its hours: the night flow of 2 to 4."""

SERIES = "SELECT id, device, feature, property, derived FROM series WHERE pilot = ? ORDER BY id"
DAILY = f"""
SELECT value, quality FROM history WHERE series = ? AND time_ns = ? AND interval_ns >= {DAY_LEAST_NS}
AND quality <> {RETRACTED}
"""  # noqa: S608 - built from our own constants only
ONCE_A_DAY = f"""
SELECT value, quality FROM history WHERE series = ? AND time_ns >= ? AND time_ns < ? AND interval_ns > 0
AND quality <> {RETRACTED}
"""  # noqa: S608 - same
EVENTS = f"""
SELECT time_ns, value, quality FROM history WHERE series = ? AND time_ns >= ? AND time_ns < ? AND interval_ns = 0
AND quality <> {RETRACTED}
"""  # noqa: S608 - same
HOURS = "SELECT hour, count, usable, total FROM hourly WHERE series = ? AND hour >= ? AND hour < ? ORDER BY hour"
DEVICES = "SELECT name, feature, profile FROM device WHERE pilot = ? ORDER BY name"


class _Series(msgspec.Struct, frozen=True):
    id: int
    device: str
    feature: str
    property: str
    derived: bool


def recorded_span(file: Path, pilot: str, zone: tzinfo) -> Span | None:
    """First and last local day of which the store holds hours; None of an unknown pilot. Raises as ``History`` does."""
    with closing(open_read_only(file, version=VERSION, what="store")) as connection:
        query = "SELECT min(y.hour), max(y.hour) FROM series s CROSS JOIN hourly y ON y.series = s.id WHERE s.pilot = ?"
        low, high = connection.execute(query, (pilot,)).fetchone()
    return None if low is None else Span(local_date(low * HOUR_NS, zone), local_date(high * HOUR_NS, zone))


def read_days(
    file: Path,
    pilot: str,
    zone: tzinfo,
    span: Span,
    *,
    needed: Collection[str],
    own: Collection[str],
    without: Collection[tuple[str, str]] = (),
) -> Days:
    """Values of the properties ``needed`` (derived) and ``own`` (measured, as daily means) over a span of local days.

    ``without``: property and feature of what is not to be read.

    Raises FileNotFoundError where there is no store, sqlite3.Error for a broken one.
    """
    with closing(open_read_only(file, version=VERSION, what="store")) as connection:
        reader = _Reader(connection, zone, span)
        rows: list[DayValue] = []
        for one in _all_series(connection, pilot):
            if (one.property, one.feature) in without:
                continue
            if one.derived and one.property in needed:
                rows += reader.events(one) if PROPERTIES[one.property].event else reader.daily(one)
            elif not one.derived and one.property in own:
                rows += reader.means(one)
    return Days.of(rows)


def read_devices(file: Path, pilot: str, zone: tzinfo, span: Span) -> list[DeviceQuality]:
    """How each device that was heard did over a span of local days. Raises as ``read_days``."""
    with closing(open_read_only(file, version=VERSION, what="store")) as connection:
        measured: dict[str, list[_Series]] = {}
        derived: dict[str, list[_Series]] = {}
        for one in _all_series(connection, pilot):
            if one.derived:
                derived.setdefault(one.feature, []).append(one)
            else:
                measured.setdefault(one.device, []).append(one)
        reader = _Reader(connection, zone, span)
        return [
            reader.quality((name, feature, profile), measured.get(name, []), derived.get(feature, []))
            for name, feature, profile in connection.execute(DEVICES, (pilot,)).fetchall()
        ]


def _all_series(connection: sqlite3.Connection, pilot: str) -> list[_Series]:
    return [_series(*row) for row in connection.execute(SERIES, (pilot,))]


def _series(number: int, device: str, feature: str, name: str, derived: int) -> _Series:
    return _Series(number, device, feature, name, bool(derived))


class _Reader:
    def __init__(self, connection: sqlite3.Connection, zone: tzinfo, span: Span) -> None:
        self._connection = connection
        self._zone = zone
        self._days = [(day, *bounds_of(day, zone)) for day in span.days]
        self._begin_ns, self._end_ns = self._days[0][1], self._days[-1][2]

    def daily(self, one: _Series) -> Iterator[DayValue]:
        """What a machine said of each local day."""
        for day, begin_ns, end_ns in self._days:
            if one.property in PART_OF_DAY:
                row = self._connection.execute(ONCE_A_DAY, (one.id, begin_ns, end_ns)).fetchone()
            else:
                row = self._connection.execute(DAILY, (one.id, begin_ns)).fetchone()
            if row is not None:
                known, guessed = row[1] in _COUNTED, row[1] != _SURE
                yield from day_values(day, one.feature, one.property, row[0], known=known, guessed=guessed)

    def events(self, one: _Series) -> Iterator[DayValue]:
        """What happened; an alarm counts when it is raised, not when it is cleared."""
        for time_ns, value, quality in self._connection.execute(EVENTS, (one.id, self._begin_ns, self._end_ns)):
            if quality in _COUNTED and not (PROPERTIES[one.property].kind == "flag" and not value):
                yield from day_values(local_date(time_ns, self._zone), one.feature, one.property, value, known=True)

    def means(self, one: _Series) -> Iterator[DayValue]:
        """The mean of a measured property by local day, over the usable readings of its hours."""
        sums: dict[date, list[float]] = {}
        for hour, _, usable, total in self._hours(one):
            if usable:
                so_far = sums.setdefault(local_date(hour * HOUR_NS, self._zone), [0.0, 0.0])
                so_far[0] += total
                so_far[1] += usable
        for day, (sum_of_day, number) in sums.items():
            yield DayValue(day, one.feature, one.property, sum_of_day / number)

    def quality(
        self, row: tuple[str, str, str], measured: Iterable[_Series], derived: Iterable[_Series]
    ) -> DeviceQuality:
        """How one device did, by what it measured and by what was derived of its feature."""
        name, feature, profile = row
        heard: set[int] = set()
        values = usable = 0
        for one in measured:
            for hour, count, good, _ in self._hours(one):
                heard.add(hour)
                values += count
                usable += good if PROPERTIES[one.property].kind != "state" else count
        ordered = sorted(heard)
        last = self._end_ns // HOUR_NS - 1
        expected = expected_hours(ordered, self._begin_ns // HOUR_NS, last)
        facts = self._facts(derived)
        return DeviceQuality(name, feature, profile, len(heard), expected, values, usable, **facts)

    def _facts(self, derived: Iterable[_Series]) -> Mapping[str, Any]:
        found: dict[str, list[float]] = {"pdr_percent": [], "battery_months_left": []}
        silent_h = 0.0
        for one in derived:
            if one.property in found:
                found[one.property] += [value.value for value in self.daily(one) if value.value is not None]
            elif one.property == "silent":
                silent_h += self._silent_h(one)
        delivered, battery = found["pdr_percent"], found["battery_months_left"]
        return {
            "pdr": sum(delivered) / len(delivered) / 100 if delivered else None,
            "silent_h": silent_h,
            "battery_months": battery[-1] if battery else None,
        }

    def _silent_h(self, one: _Series) -> float:
        """Hours of the span between each alarm of silence and its end; one that nothing has ended lasts on."""
        silent_ns, since_ns = 0, -1
        for time_ns, value, _ in self._connection.execute(EVENTS, (one.id, 0, self._end_ns)):
            if value and since_ns < 0:
                since_ns = time_ns
            elif not value and since_ns >= 0:
                silent_ns += max(0, time_ns - max(since_ns, self._begin_ns))
                since_ns = -1
        if since_ns >= 0:
            silent_ns += self._end_ns - max(since_ns, self._begin_ns)
        return silent_ns / HOUR_NS

    def _hours(self, one: _Series) -> list[tuple[int, int, int, float]]:
        bounds = (-(-self._begin_ns // HOUR_NS), -(-self._end_ns // HOUR_NS))
        return self._connection.execute(HOURS, (one.id, *bounds)).fetchall()


def day_values(
    day: date, feature: str, name: str, value: float | str | None, *, known: bool, guessed: bool = False
) -> Iterator[DayValue]:
    """A day's value; a state becomes one row for each of its words, 1 for the one that held and 0 for the others."""
    if isinstance(value, str) and known:
        for word in PROPERTIES[name].states or (value,):
            yield DayValue(day, feature, f"{name}:{word}", float(word == value), guessed)
    elif known and value is not None:
        yield DayValue(day, feature, name, float(value), guessed)
    else:
        yield DayValue(day, feature, name, None)
