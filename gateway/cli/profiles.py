"""``citygate profiles …``: the table of its commands. A module is imported only when its command is called.

To add one: a file ``profiles_<name>.py`` with the command, one line in PROFILES.
"""

import importlib
from collections.abc import Mapping

import rich_click as click

from gateway.cli.exits import EPILOGUE

PROFILES: Mapping[str, str] = {
    "list": "gateway.cli.profiles_list:list_",
    "show": "gateway.cli.profiles_list:show",
    "new": "gateway.cli.profiles_new:new",
    "test": "gateway.cli.profiles_test:test",
    "import": "gateway.cli.profiles_import:import_",
}


class ProfilesGroup(click.RichGroup):
    """Imports a command when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(PROFILES)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now; None where there is none."""
        reference = PROFILES.get(cmd_name)
        if reference is None:
            return None
        module, _, name = reference.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=ProfilesGroup, epilog=EPILOGUE)
def profiles() -> None:
    """Know the models of devices: list, show, try and write profiles."""
