"""``citygate run``."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import fail, mistakes_end_the_command, print_mistakes
from gateway.events import log_to_stderr

PRIVATE = 0o077
"""The umask of the gateway: uplinks may be personal data, so what it writes is its own user's alone to read."""


@click.command(epilog=EPILOGUE)
@config_option
def run(config_path: Path | None) -> None:
    """Run the gateway until it is told to stop.

    Nothing is acknowledged to a broker before it is durable here. SIGTERM and Ctrl-C stop in order: sources, logs,
    sinks. SIGHUP reads devices and pilots again; a file with mistakes keeps the ones in force.

    \b
    Examples:
        citygate run
        citygate run --config /etc/citygate
    """
    os.umask(PRIVATE)
    config = open_config(config_path)
    print_mistakes(config.warnings)
    log_to_stderr(config.gateway.log)
    from gateway.run import serve  # noqa: PLC0415 - a mistake in the file is told before anything heavy is loaded
    from gateway.sources.table import read_secrets  # noqa: PLC0415 - same

    try:
        runner = asyncio.Runner(loop_factory=loop_factory(config.gateway.loop))
        with mistakes_end_the_command(), runner:
            read_secrets(config)
            complete = runner.run(serve(config))
    except OSError as error:
        fail(Exit.FAILED, f"the gateway cannot run: {error}", "citygate check tells more.")
    raise SystemExit(Exit.OK if complete else Exit.FAILED)


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the event loop: None for asyncio's own. Ends the command where uvloop is asked for and missing."""
    if name == "asyncio":
        return None
    try:
        import uvloop  # noqa: PLC0415 - an optional extra
    except ImportError:
        fail(Exit.MISTAKES, "gateway.loop: uvloop is not installed", "pip install 'citygate[uvloop]', or take it out.")
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
