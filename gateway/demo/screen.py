"""What the demo draws from the gateway's store and status: the street now, what came in, whether anything is lost."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.sinks.store.read import Latest

FULL_PERCENT = 80.0
HALF_PERCENT = 50.0
BAR = 20
BAYS_A_ROW = 12


class Street(msgspec.Struct, frozen=True):
    """The newest values, sorted out for drawing."""

    bays: dict[str, Latest]
    fills: dict[str, Latest]
    temperatures: dict[str, Latest]
    newest_ns: int

    @classmethod
    def of(cls, latest: Sequence[Latest]) -> "Street":
        """Sort the store's newest values by what they are."""

        def of_property(name: str) -> dict[str, Latest]:
            return {row.series.feature.partition("/")[2]: row for row in latest if row.series.property == name}

        newest_ns = max((row.reading.time_ns for row in latest), default=0)
        return cls(of_property("occupied"), of_property("fill_level_percent"), of_property("temperature_c"), newest_ns)

    @property
    def taken(self) -> int:
        """Bays with a car on them."""
        return sum(row.reading.value is True for row in self.bays.values())


def screen(street: Street, status: dict[str, Any], title: str, address: str) -> RenderableType:
    """The whole picture."""
    clock = datetime.fromtimestamp(street.newest_ns / 1e9, UTC).strftime("%A %H:%M:%S UTC") if street.newest_ns else "…"
    head = Text.assemble((title, "bold"), "   city time ", (clock, "cyan"))
    body = Columns([_parking(street), _bins(street)], padding=(0, 2))
    foot = Text.assemble("subscribe: ", (f"{address} open/v1/#", "cyan"), "   end: Ctrl-C")
    return Group(head, body, _road(status), foot)


def summary(street: Street, status: dict[str, Any]) -> str:
    """One line for a log or a pipe."""
    refine = status.get("refine", {})
    counts = ", ".join(f"{refine.get(word, 0)} {word}" for word in ("accepted", "duplicate", "rejected", "waiting"))
    fullest = max(street.fills.values(), key=lambda row: float(row.reading.value), default=None)
    bins = f"fullest bin {fullest.reading.value:.0f} %" if fullest else "no bin yet"
    taken = f"{street.taken} of {len(street.bays)} bays taken"
    return f"{status.get('received', 0)} received: {counts}; {taken}; {bins}"


def _parking(street: Street) -> RenderableType:
    squares = Text()
    for index, (name, row) in enumerate(sorted(street.bays.items())):
        taken = row.reading.value is True
        squares.append(f" {name[-2:]} ", "white on red" if taken else "black on green")
        squares.append("\n" if index % BAYS_A_ROW == BAYS_A_ROW - 1 else " ")
    free = len(street.bays) - street.taken
    words = f"\n{free} free, {street.taken} taken" if street.bays else "waiting for the first sensor …"
    return Panel(Group(squares, Text(words)), title="parking bays (green is free)", padding=(0, 1))


def _bins(street: Street) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_header=False)
    for name, row in sorted(street.fills.items()):
        percent = float(row.reading.value)
        colour = "red" if percent >= FULL_PERCENT else "yellow" if percent >= HALF_PERCENT else "green"
        filled = round(percent / 100 * BAR)
        bar = Text("█" * filled, colour) + Text("·" * (BAR - filled), "dim")
        warm = street.temperatures.get(name)
        table.add_row(name[-2:], bar, f"{percent:3.0f} %", f"{warm.reading.value:.1f} °C" if warm else "", _quality(row))
    return Panel(table, title="bins", padding=(0, 1))


def _quality(row: Latest) -> Text:
    if row.reading.quality == "ok":
        return Text("")
    return Text(f"{row.reading.quality}: {row.reading.reason}", "yellow")


def _road(status: dict[str, Any]) -> RenderableType:
    refine = status.get("refine", {})
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for word in ("received", "durable", "accepted", "duplicate", "rejected", "waiting", "sinks"):
        table.add_column(word)
    sinks = ", ".join(f"{name}: {sink['pending']} to go" for name, sink in status.get("sinks", {}).items())
    received, durable = str(status.get("received", 0)), str(status.get("intake", {}).get("durable", 0))
    counts = [str(refine.get(word, 0)) for word in ("accepted", "duplicate", "rejected", "waiting")]
    table.add_row(received, durable, *counts, sinks)
    return Panel(table, title="the road of each message", padding=(0, 1))
