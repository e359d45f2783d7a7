"""``citygate status``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE
from gateway.cli.options import config_option, open_config
from gateway.cli.running import replies
from gateway.cli.screen import JsonOption, print_json, print_table
from gateway.sizes import readable_bytes


@click.command(epilog=EPILOGUE)
@config_option
@JsonOption
def status(config_path: Path | None, *, as_json: bool) -> None:
    """Show what the running gateway received and delivered, and what waits.

    `pending` is what a sink still has to take; `expired` is what it lost because a log was full.

    \b
    Examples:
        citygate status
        citygate status --json
    """
    config = open_config(config_path)
    found: dict[str, Any] = {}
    for reply in replies(config, "status"):
        found |= reply
    if as_json:
        print_json(found)
        return
    analytics = found.pop("analytics", None)
    tables = {name: value for name, value in found.items() if isinstance(value, Mapping)}
    for name, value in found.items():
        if not isinstance(value, Mapping | list):
            click.echo(f"{name:<10} {_cell(name, value)}")
    for name in ("sources", "sinks"):
        _print_rows(name, tables.pop(name, {}))
    for part, facts in tables.items():
        alike = {name: other for name, other in tables.items() if other.keys() == facts.keys()}
        if part == next(iter(alike)):
            _print_rows(" " * len(part), alike)
    if analytics is not None:
        producers = analytics.pop("producers")
        _print_rows(" " * len("analytics"), {"analytics": analytics})
        _print_rows("producers", producers)
    for line in found.get("recent", ()):
        click.echo(line)


def _print_rows(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """Parts of one sort as a table: a column for each fact that any of them has."""
    headers: Sequence[str] = list(dict.fromkeys(fact for facts in rows.values() for fact in facts))
    lines = [(name, *(_cell(fact, facts.get(fact, "")) for fact in headers)) for name, facts in rows.items()]
    if lines:
        click.echo()
        print_table("", (title, *(f"#{header}" for header in headers)), lines, empty="")


def _cell(name: str, value: Any) -> str:
    """Numbers as people read them."""
    if name.endswith("_bytes") and isinstance(value, int):
        return readable_bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
