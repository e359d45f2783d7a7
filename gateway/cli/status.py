"""``citygate status``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE
from gateway.cli.options import config_option, open_config
from gateway.cli.running import replies
from gateway.cli.screen import JsonOption, print_json, print_table


@click.command(epilog=EPILOGUE)
@config_option
@JsonOption
def status(config_path: Path | None, *, as_json: bool) -> None:
    """Show what the running gateway has received, refined and delivered, and what waits.

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
    print_table(f"gateway {config.gateway.id}", ("what", "#value"), _lines(found), empty="The gateway said nothing.")


def _lines(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as dotted lines, in the gateway's order."""
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{name}.")
        else:
            yield (
                f"{prefix}{name}",
                f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value),
            )
