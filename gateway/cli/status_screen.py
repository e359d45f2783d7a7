"""What ``citygate status`` shows: what is wrong first, then the parts, as tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.screen import local_time, table_of
from gateway.events import plain
from gateway.sizes import readable_bytes, readable_span

NOTHING_WRONG = "Nothing is wrong."
STYLES = {"critical": "bold red", "warning": "yellow"}
HIDDEN = ("conditions", "recent")
"""Shown in forms of their own."""


def screen(found: Mapping[str, Any]) -> Group:
    """The answer of the gateway to ``status``, whole."""
    return Group(*_blocks(found))


def away(why: str) -> Group:
    """Where nobody answers."""
    return Group(Text(why, "bold red"), Text("→ Start it: citygate run", "cyan"), Text("Waiting for it. Ctrl-C ends."))


def _blocks(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield _wrong(found.get("conditions", []))
    yield Text("")
    facts = {
        name: value for name, value in found.items() if not isinstance(value, Mapping | list) and value is not None
    }
    yield Text("\n".join(f"{name:<10} {_cell(name, value)}" for name, value in facts.items()))
    tables = {name: value for name, value in found.items() if isinstance(value, Mapping) and name not in HIDDEN}
    analytics = tables.pop("analytics", None)
    for name in ("sources", "sinks"):
        yield from _rows(name, tables.pop(name, {}))
    for part, row in tables.items():
        alike = {name: other for name, other in tables.items() if other.keys() == row.keys()}
        if part == next(iter(alike)):
            yield from _rows(" " * len(part), alike)
    if analytics is not None:
        whole = {name: value for name, value in analytics.items() if name != "producers"}
        yield from _rows(" " * len("analytics"), {"analytics": whole})
        yield from _rows("producers", analytics["producers"])
    if found.get("recent"):
        yield Text("")
        yield Text("\n".join(map(_happened, found["recent"])))


def _happened(said: str) -> str:
    """An event, in the time of this machine."""
    at, _, what = said.partition(" ")
    return f"{local_time(at)[:19]} {plain(what)}"


def _wrong(conditions: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Every condition: how bad, for how long, what; below it what to do."""
    if not conditions:
        return Text(NOTHING_WRONG, "green")
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for one in conditions:
        lasted = readable_span(one["for_s"])
        table.add_row(Text(one["severity"], STYLES[one["severity"]]), lasted, Text(plain(one["what"]), "bold"))
        table.add_row("", "", Text(f"→ {plain(one['mend'])}", "cyan"))
    return table


def _rows(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Parts of one sort as a table: a column for each fact that any of them has."""
    headers = list(dict.fromkeys(fact for facts in rows.values() for fact in facts))
    lines = [(name, *(_cell(fact, facts.get(fact, "")) for fact in headers)) for name, facts in rows.items()]
    if lines:
        yield Text("")
        yield table_of("", (title, *(f"#{header}" for header in headers)), lines)


def _cell(name: str, value: Any) -> str:
    """Numbers as people read them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_bytes") and isinstance(value, int):
        return readable_bytes(value)
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
