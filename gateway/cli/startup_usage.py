"""``citygate startup usage``."""

from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option
from gateway.cli.screen import JsonOption, fail, print_json, print_table
from gateway.cli.startup_desk import Desk
from gateway.startups.usage import LOG, Use, read_usage

UNKNOWN = "unknown"


@click.command(epilog=EPILOGUE)
@config_option
@JsonOption
def usage(config_path: Path | None, *, as_json: bool) -> None:
    """Who is connected, subscribed to what, last seen when, and whether messages were dropped.

    Read from the broker's own log. What it does not tell is unknown.

    \b
    Examples:
        citygate startup usage
        citygate startup usage --json
    """
    desk = Desk(config_path)
    names = sorted(desk.read().by_name)
    try:
        found = read_usage(desk.folder, names)
    except PermissionError:
        fail(Exit.FAILED, f"{desk.folder / LOG} cannot be read", "Run this as root, or as the broker's account.")
    uses = {name: found.by_name[name] if found else None for name in names}
    if as_json:
        print_json({"since": found.since if found else None, "accounts": uses})
        return
    if names:
        click.echo(
            f"Told by the broker's log since {_time(found.since)}." if found else f"{desk.folder / LOG} tells nothing."
        )
    headers = ["name", "connected", "#connections", "last seen (UTC)", "#queue ran full", "subscriptions"]
    print_table("", headers, [_cells(name, use) for name, use in uses.items()], empty="No accounts yet.")


def _cells(name: str, use: Use | None) -> tuple[str, ...]:
    if use is None:
        return (name, *[UNKNOWN] * 5)
    seen: Any = _time(use.last_seen) if use.last_seen else "never"
    connected = "yes" if use.connected else "no"
    return (name, connected, str(use.connections), seen, str(use.drops), ", ".join(use.subscriptions) or "-")


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
