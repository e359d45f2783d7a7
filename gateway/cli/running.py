"""Ask the running gateway, and say it plainly when nobody answers."""

import getpass
import os
from collections.abc import Iterator
from typing import Any

from gateway.cli.exits import Exit
from gateway.cli.screen import fail
from gateway.config import Config
from gateway.control import ControlError, NotRunningError, Reply, ask


def replies(config: Config, command: str, *, within_s: float | None = 60.0, **question: Any) -> Iterator[Reply]:
    """The running gateway's replies. Ends the command with code 3 when it does not run, 4 when it refuses."""
    try:
        yield from ask(config.control_socket, command, within_s=within_s, **question)
    except NotRunningError as error:
        fail(Exit.NOT_RUNNING, f"the gateway is not running ({error})", "Start it: citygate run")
    except ControlError as error:
        fail(Exit.FAILED, str(error), error.mend)


def asker() -> str:
    """Who asks, for the record of replays; behind sudo the person, not root."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        return f"uid {os.getuid()}"
