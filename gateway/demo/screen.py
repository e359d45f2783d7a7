"""What the demo draws in the terminal: the town now, a line a domain, what came in, whether anything is lost.

For those who look over SSH; the page has it all.
"""

from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.demo.lines import LINES, fill_levels
from gateway.demo.town import Town
from pipelines.model import NS_PER_S

DAY_NS = 86_400 * NS_PER_S
BAR = 31
ON_PURPOSE_AFTER_DAYS = 31
"""What is wrong on purpose takes so long to become so; see ``simulators/scenarios/demo.toml``."""
ON_PURPOSE = (
    "Wrong on purpose: a bay that fell silent, a bin that nobody empties, planters that no rain reaches,"
    " leaks, a sensor that nobody has written down."
)


class Look(msgspec.Struct, frozen=True):
    """One look at the gateway. The past lasts ``days``, up to ``live_ns``; ``history_s``: what it took, once done."""

    town: Town = Town()
    status: dict[str, Any] = {}
    days: float = 0.0
    live_ns: int = 0
    history_s: float | None = None


def screen(look: Look, *, page: str, address: str, zone: tzinfo, width: int) -> RenderableType:
    """The whole picture, for a terminal of so many columns."""
    head = Text.assemble("page ", (page, "bold cyan"), "   town time ", (town_time(look.town.newest_ns, zone), "cyan"))
    body = Table.grid(padding=(0, 2))
    body.add_column(style="bold", no_wrap=True)
    body.add_column(max_width=max(20, width - 14))
    for domain, line in LINES.items():
        body.add_row(domain, line(look.town) or Text("waiting for the first word …", "dim"))
    foot = Text.assemble("subscribe ", (f"{address} open/v1/#", "cyan"), "   end: Ctrl-C")
    wrong = Text(f"\n{ON_PURPOSE}" if look.days >= ON_PURPOSE_AFTER_DAYS else "", "dim")
    return Group(head, _progress(look), Text(""), body, wrong, _road(look), foot)


def summary(look: Look) -> str:
    """One line for a log or a pipe."""
    town, refine = look.town, look.status.get("refine", {})
    counts = ", ".join(f"{refine.get(word, 0)} {word}" for word in ("accepted", "duplicate", "rejected", "waiting"))
    bays, fills = town.values("parking-spot", "occupied"), fill_levels(town)
    bins = f"fullest bin {max(fills.values()):.0f} %" if fills else "no bin yet"
    received = look.status.get("received", 0)
    return f"{history(look)}; {received} received: {counts}; {bays.count(True)} of {len(bays)} bays taken; {bins}"


def history(look: Look) -> str:
    """How much of the past is there."""
    if look.history_s is not None:
        return f"history: {look.days:g} days in {look.history_s:.0f} s, live now"
    return f"history: {days_there(look):.0f} of {look.days:g} days"


def days_there(look: Look) -> float:
    """Days of the past that are in the store, by the newest reading."""
    if not look.town.newest_ns:
        return 0.0
    return min(look.days, max(0.0, look.days - (look.live_ns - look.town.newest_ns) / DAY_NS))


def books(status: dict[str, Any], simulated: int) -> str:
    """What became of every message that was simulated."""
    refine = status.get("refine", {})
    words = ("accepted", "duplicate", "rejected", "waiting", "unread")
    counts = " + ".join(f"{refine.get(word, 0)} {word}" for word in words)
    return f"books: {simulated} simulated, {status.get('received', 0)} received = {counts}"


def town_time(newest_ns: int, zone: tzinfo) -> str:
    """What the town's clocks show at the newest reading."""
    return datetime.fromtimestamp(newest_ns / 1e9, UTC).astimezone(zone).strftime("%A %H:%M:%S") if newest_ns else "…"


def _progress(look: Look) -> RenderableType:
    if look.history_s is not None:
        return Text(history(look), "green")
    filled = round(BAR * days_there(look) / look.days) if look.days else 0
    return Text.assemble(("█" * filled, "cyan"), ("·" * (BAR - filled), "dim"), "  ", history(look))


def _road(look: Look) -> RenderableType:
    status, refine = look.status, look.status.get("refine", {})
    counts = " · ".join(f"{word} {refine.get(word, 0)}" for word in ("accepted", "duplicate", "rejected", "waiting"))
    pending = " · ".join(f"{name} {sink['pending']}" for name, sink in status.get("sinks", {}).items())
    return Text(f"received {status.get('received', 0)}: {counts}\nto deliver: {pending}", "dim")
