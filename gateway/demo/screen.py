"""What the demo draws from the gateway's store and status: the street now, what came in, whether anything is lost.

Free and taken differ by their sign first and by colour second: not every terminal, and not every eye, has colours.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gateway.sinks.store.read import Latest

FULL_PERCENT = 80.0
HALF_PERCENT = 50.0
BAR = 12
BAYS_A_ROW = 8
SIDE_BY_SIDE = 110
"""Columns from which on bays and bins stand beside each other."""

FREE, TAKEN = "□", "■"


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

    @property
    def occupancy_percent(self) -> float:
        """Share of the bays that is taken; 0 while none is known."""
        return 100 * self.taken / len(self.bays) if self.bays else 0.0


class Look(msgspec.Struct, frozen=True):
    """One look at the gateway: the street, its status, and how many uplinks a second it took in of late."""

    street: Street
    status: dict[str, Any]
    uplinks_per_s: float = 0.0


def screen(look: Look, *, title: str, address: str, zone: tzinfo, width: int) -> RenderableType:
    """The whole picture, for a terminal of so many columns."""
    street = look.street
    head = Text.assemble((title, "bold"), "\ncity time ", (city_time(street.newest_ns, zone), "cyan"))
    parking, bins = _parking(street), _bins(street)
    body: RenderableType = Group(parking, bins)
    if width >= SIDE_BY_SIDE:
        body = Table.grid(padding=(0, 1))
        body.add_row(parking, bins)
    foot = Text.assemble("subscribe: ", (f"{address} open/v1/#", "cyan"), "   end: Ctrl-C")
    return Group(head, body, _road(look), foot)


def summary(look: Look) -> str:
    """One line for a log or a pipe."""
    street, refine = look.street, look.status.get("refine", {})
    counts = ", ".join(f"{refine.get(word, 0)} {word}" for word in ("accepted", "duplicate", "rejected", "waiting"))
    fullest = max(street.fills.values(), key=lambda row: float(row.reading.value), default=None)
    bins = f"fullest bin {fullest.reading.value:.0f} %" if fullest else "no bin yet"
    taken = f"{street.taken} of {len(street.bays)} bays taken"
    return f"{look.status.get('received', 0)} received: {counts}; {taken}; {bins}"


def city_time(newest_ns: int, zone: tzinfo) -> str:
    """What the street's clocks show at the newest reading."""
    return datetime.fromtimestamp(newest_ns / 1e9, UTC).astimezone(zone).strftime("%A %H:%M:%S") if newest_ns else "…"


def _parking(street: Street) -> RenderableType:
    squares = Text()
    for index, (name, row) in enumerate(sorted(street.bays.items())):
        taken = row.reading.value is True
        if index:
            squares.append("  " if index % BAYS_A_ROW else "\n")
        squares.append(f"{TAKEN if taken else FREE} {name[-2:]}", "bold red" if taken else "green")
    words = "waiting for the first sensor …"
    if street.bays:
        free = len(street.bays) - street.taken
        words = f"\n{free} free, {street.taken} taken: {street.occupancy_percent:.0f} % occupied"
    return Panel(Group(squares, Text(words)), title=f"parking bays   {FREE} free   {TAKEN} taken", expand=False)


def _bins(street: Street) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_header=False)
    for name, row in sorted(street.fills.items()):
        percent = float(row.reading.value)
        colour = "red" if percent >= FULL_PERCENT else "yellow" if percent >= HALF_PERCENT else "green"
        filled = min(BAR, max(0, round(percent / 100 * BAR)))
        bar = Text("█" * filled, colour) + Text("·" * (BAR - filled), "dim")
        warm = street.temperatures.get(name)
        warmth = f"{warm.reading.value:.1f} °C" if warm else ""
        table.add_row(name[-2:], bar, f"{percent:3.0f} %", warmth, _quality(row))
    return Panel(table if street.fills else Text("waiting for the first bin …"), title="bins", expand=False)


def _quality(row: Latest) -> Text:
    if row.reading.quality == "ok":
        return Text("")
    return Text(f"{row.reading.quality}: {row.reading.reason}", "yellow")


def _road(look: Look) -> RenderableType:
    refine, status = look.status.get("refine", {}), look.status
    durable = status.get("intake", {}).get("durable", 0)
    counts = " · ".join(f"{word} {refine.get(word, 0)}" for word in ("accepted", "duplicate", "rejected", "waiting"))
    lines = [
        f"received {status.get('received', 0)} ▸ durable {durable} ▸ refined:",
        f"  {counts}",
        "to deliver: " + " · ".join(f"{name} {sink['pending']}" for name, sink in status.get("sinks", {}).items()),
    ]
    title = f"the road of each message   {look.uplinks_per_s:.0f} uplinks a second"
    return Panel(Text("\n".join(lines)), title=title, expand=False)
