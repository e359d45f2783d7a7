"""What leaves the store: values whose days are over, in small steps, and devices that must be forgotten.

Laws
- A step deletes some ``STEP_ROWS`` rows, so that writing is never held up for long; it says whether more waits.
- The newest hour of a series always stays: the latest value of a silent device is still its latest value.
- History goes in whole hours, remembered per series (``purged_ns``). A value that comes later for such an hour is
  refused and counted: adding it would spoil an hour of which only the roll-up is left.
- The days of a pilot can only shorten those of the store.
"""

from collections.abc import Callable, Iterable

from gateway.sinks.store.schema import HOUR_NS
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.writer import Transaction, Writer

STEP_ROWS = 5_000
VACUUM_PAGES = 500
DAY_NS = 24 * HOUR_NS


class Retention:
    """Deletes what is over, series by series. ``pilot_days`` names the days of a pilot, None where it names none."""

    def __init__(self, writer: Writer, settings: StoreSettings, pilot_days: Callable[[str], int | None]) -> None:
        self._writer = writer
        self._settings = settings
        self._pilot_days = pilot_days
        self._next_series = 0

    def step(self, now_ns: int) -> tuple[int, bool]:
        """Delete some of what is over. Returns how many rows went and whether this round is complete."""
        deleted, complete = 0, False
        with Transaction(self._writer):
            while deleted < STEP_ROWS and not complete:
                gone, complete = self._next(now_ns)
                deleted += gone
        if deleted:
            self._writer.connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
        return deleted, complete

    def _next(self, now_ns: int) -> tuple[int, bool]:
        """One series, or after the last of them the frames; the same again where more than a step was over."""
        find = "SELECT id, pilot, derived FROM series WHERE id >= ? ORDER BY id LIMIT 1"
        row = self._writer.connection.execute(find, (self._next_series,)).fetchone()
        if row is None:
            gone = self._links(now_ns)
            complete = gone < STEP_ROWS
            self._next_series = 0 if complete else self._next_series
            return gone, complete
        gone = self._series(row[0], self._cutoffs(row[1], derived=bool(row[2]), now_ns=now_ns))
        self._next_series = row[0] + (gone < STEP_ROWS)
        return gone, False

    def _cutoffs(self, pilot: str, *, derived: bool, now_ns: int) -> tuple[int | None, int | None]:
        """Instants before which single values and hours go; None keeps for ever."""
        history, rollup = self._settings.history_days, self._settings.rollup_days
        own = self._pilot_days(pilot)
        days = [rollup if derived else history, rollup]
        allowed = [min(filter(None, (one, own)), default=0) for one in days]
        values, hours = (now_ns // HOUR_NS * HOUR_NS - one * DAY_NS if one else None for one in allowed)
        return values, hours

    def _series(self, series: int, cutoffs: tuple[int | None, int | None]) -> int:
        values, hours = cutoffs
        deleted = 0
        if values is not None:
            deleted += self._history(series, values)
        if hours is not None:
            gone = "DELETE FROM hourly WHERE series = ? AND hour < ?"
            deleted += self._writer.connection.execute(gone, (series, hours // HOUR_NS)).rowcount
        return deleted

    def _history(self, series: int, cutoff_ns: int) -> int:
        connection = self._writer.connection
        newest = connection.execute("SELECT max(time_ns) FROM history WHERE series = ?", (series,)).fetchone()[0]
        if newest is None:
            return 0
        upto_ns = min(cutoff_ns, newest // HOUR_NS * HOUR_NS)
        nth = "SELECT time_ns FROM history WHERE series = ? AND time_ns < ? ORDER BY time_ns LIMIT 1 OFFSET ?"
        row = connection.execute(nth, (series, upto_ns, STEP_ROWS)).fetchone()
        if row is not None:
            upto_ns = row[0]
        gone = connection.execute("DELETE FROM history WHERE series = ? AND time_ns < ?", (series, upto_ns)).rowcount
        if gone:
            whole_hours_ns = -(-upto_ns // HOUR_NS) * HOUR_NS
            mark = "UPDATE series SET purged_ns = max(purged_ns, ?) WHERE id = ?"
            connection.execute(mark, (whole_hours_ns, series))
            self._writer.forget()
        return gone

    def _links(self, now_ns: int) -> int:
        if not self._settings.history_days:
            return 0
        cutoff_ns = now_ns - self._settings.history_days * DAY_NS
        some = (
            "DELETE FROM link WHERE (device, time_ns) IN"
            " (SELECT l.device, l.time_ns FROM device d JOIN link l ON l.device = d.id AND l.time_ns < ? LIMIT ?)"
        )
        return self._writer.connection.execute(some, (cutoff_ns, STEP_ROWS)).rowcount


def purge_derived(writer: Writer, features: Iterable[str]) -> int:
    """Forget what analytics derived of features. Freed pages are overwritten. Returns the rows deleted."""
    connection = writer.connection
    connection.execute("PRAGMA secure_delete = ON")
    try:
        with Transaction(writer):
            deleted = sum(
                connection.execute(gone, (feature,)).rowcount
                for feature in features
                for gone in (
                    "DELETE FROM history WHERE series IN (SELECT id FROM series WHERE feature = ? AND derived <> 0)",
                    "DELETE FROM hourly WHERE series IN (SELECT id FROM series WHERE feature = ? AND derived <> 0)",
                    "DELETE FROM series WHERE feature = ? AND derived <> 0",
                )
            )
        writer.forget()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.execute("PRAGMA secure_delete = OFF")
    return deleted


def purge_device(writer: Writer, device: str) -> int:
    """Forget a device: every value, hour and frame of it. Freed pages are overwritten. Returns the rows deleted."""
    connection = writer.connection
    connection.execute("PRAGMA secure_delete = ON")
    try:
        with Transaction(writer):
            deleted = sum(
                connection.execute(gone, (device,)).rowcount
                for gone in (
                    "DELETE FROM history WHERE series IN (SELECT id FROM series WHERE device = ?)",
                    "DELETE FROM hourly WHERE series IN (SELECT id FROM series WHERE device = ?)",
                    "DELETE FROM link WHERE device IN (SELECT id FROM device WHERE name = ?)",
                    "DELETE FROM series WHERE device = ?",
                    "DELETE FROM device WHERE name = ?",
                )
            )
        writer.forget()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.execute("PRAGMA secure_delete = OFF")
    return deleted
