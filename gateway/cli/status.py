"""``citygate status``."""

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.running import replies
from gateway.cli.screen import JsonOption, console, fail, print_json
from gateway.config import Config
from gateway.control import ControlError, NotRunningError, ask

LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 10.0


@click.command(epilog=EPILOGUE)
@config_option
@click.option("--watch", is_flag=True, help="Look again each second until Ctrl-C; with --json one line a look.")
@JsonOption
def status(config_path: Path | None, *, watch: bool, as_json: bool) -> None:
    """Show what is wrong now, what the running gateway received and delivered, and what waits.

    `pending` is what a sink still has to take; `expired` is what it lost because a log was full.

    \b
    Examples:
        citygate status
        citygate status --watch
        citygate status --json
    """
    config = open_config(config_path)
    if watch and as_json:
        _print_lines(config)
        return
    if watch:
        _live(config)
        return
    found: dict[str, Any] = {}
    for reply in replies(config, "status"):
        found |= reply
    if as_json:
        print_json(found)
        return
    from gateway.cli.status_screen import screen  # noqa: PLC0415 - rich is for those who look

    console().print(screen(found))


def _live(config: Config) -> None:
    """A picture that is drawn anew; a gateway that is away or starts again is waited for."""
    from rich.live import Live  # noqa: PLC0415 - rich is for those who look

    from gateway.cli.status_screen import away, screen  # noqa: PLC0415 - same

    if not sys.stdout.isatty():
        fail(Exit.USAGE, "--watch draws on a terminal", "In a pipe: citygate status --watch --json")
    with Live(console=console(), auto_refresh=False, screen=True) as live, contextlib.suppress(KeyboardInterrupt):
        while True:
            try:
                live.update(screen(_look(config)), refresh=True)
            except (NotRunningError, ControlError) as error:
                live.update(away(str(error)), refresh=True)
            time.sleep(LOOK_EVERY_S)


def _print_lines(config: Config) -> None:
    """One JSON object a line each second; ends where the gateway does not answer."""
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        while True:
            for reply in replies(config, "status", within_s=ANSWER_WITHIN_S):
                sys.stdout.write(msgspec.json.encode(reply).decode() + "\n")
            sys.stdout.flush()
            time.sleep(LOOK_EVERY_S)


def _look(config: Config) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for reply in ask(config.control_socket, "status", within_s=ANSWER_WITHIN_S):
        found |= reply
    return found
