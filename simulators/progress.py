"""A progress bar with the city's clock, where there is a terminal to draw it on; nothing where there is none."""

import contextlib
import sys
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulators.city_clock import NS_PER_S, local

EVERY_S = 0.1


class CityProgress:
    """``at(at_ns, messages)`` as often as you like: it draws ten times a second at most."""

    def __init__(self, bar: Progress | None, task: TaskID | None, start_ns: int, zone: ZoneInfo) -> None:
        self._bar, self._task, self._start_ns, self._zone = bar, task, start_ns, zone
        self._next_s = 0.0

    def at(self, at_ns: int, messages: int) -> None:
        """City time has come so far, with so many messages."""
        if self._bar is None or self._task is None or (now_s := time.monotonic()) < self._next_s:
            return
        self._next_s = now_s + EVERY_S
        shown = f"{local(at_ns, self._zone):%a %d %b %Y %H:%M}"
        self._bar.update(
            self._task, completed=(at_ns - self._start_ns) / NS_PER_S, clock=shown, messages=f"{messages:,} messages"
        )


@contextlib.contextmanager
def city_progress(start_ns: int, end_ns: int | None, zone: ZoneInfo) -> Iterator[CityProgress]:
    """A bar on standard error while the block runs."""
    if not sys.stderr.isatty():
        yield CityProgress(None, None, start_ns, zone)
        return
    columns = (
        TextColumn("city time {task.fields[clock]}"),
        BarColumn(),
        TextColumn("{task.fields[messages]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        total = None if end_ns is None else (end_ns - start_ns) / NS_PER_S
        yield CityProgress(bar, bar.add_task("", total=total, clock="…", messages=""), start_ns, zone)
