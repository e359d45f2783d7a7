"""``citygate``: the table of commands. A command's module is imported only when it is called.

To add a command: write its file, add one line to COMMANDS; a test notices what its help page lacks.
"""

import difflib
import importlib
from collections.abc import Mapping

import rich_click as click

from gateway.cli.exits import EPILOGUE

COMMANDS: Mapping[str, str] = {
    "init": "gateway.cli.init:init",
    "connect": "gateway.cli.connect:connect",
    "run": "gateway.cli.run:run",
    "check": "gateway.cli.check:check",
    "status": "gateway.cli.status:status",
    "alarms": "gateway.cli.alarms:alarms",
    "demo": "gateway.cli.demo:demo",
    "simulate": "gateway.cli.simulate:simulate",
    "rehearse": "gateway.cli.rehearse:rehearse",
    "devices": "gateway.cli.devices:devices",
    "inbox": "gateway.cli.inbox:inbox",
    "explain": "gateway.cli.explain:explain",
    "profiles": "gateway.cli.profiles:profiles",
    "downlink": "gateway.cli.downlink:downlink",
    "downlinks": "gateway.cli.downlinks:downlinks",
    "rejected": "gateway.cli.rejected:rejected",
    "replay": "gateway.cli.replay:replay",
    "pilot": "gateway.cli.pilot:pilot",
    "purge": "gateway.cli.purge:purge",
    "journal": "gateway.cli.journal:journal",
    "influx": "gateway.cli.influx:influx",
    "grafana": "gateway.cli.grafana:grafana",
    "broker": "gateway.cli.broker:broker",
    "startup": "gateway.cli.startup:startup",
    "sandbox": "gateway.cli.sandbox:sandbox",
    "completion": "gateway.cli.completion:completion",
    "version": "gateway.cli.version:version",
}

click.rich_click.COMMAND_GROUPS = {
    "citygate": [
        {
            "name": "Set up",
            "commands": ["init", "connect", "devices", "profiles", "check", "broker", "influx", "grafana"],
        },
        {"name": "Run and look", "commands": ["run", "status", "alarms", "demo", "simulate", "rehearse"]},
        {"name": "Talk to devices", "commands": ["downlink", "downlinks"]},
        {"name": "Open up to start-ups", "commands": ["startup", "sandbox"]},
        {"name": "Evaluate", "commands": ["pilot"]},
        {"name": "Find and mend", "commands": ["inbox", "explain", "rejected", "replay", "journal", "purge"]},
        {"name": "Around it", "commands": ["completion", "version"]},
    ]
}
click.rich_click.MAX_WIDTH = 110
click.rich_click.TEXT_PARAGRAPH_LINEBREAKS = "\n\n"


class LazyGroup(click.RichGroup):
    """Imports a command when it is asked for, so that ``citygate run`` carries nothing of the others."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of the table: the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now; None where there is none."""
        reference = COMMANDS.get(cmd_name)
        if reference is None:
            return None
        module, _, name = reference.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a suggestion for a misspelt command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else " citygate --help lists them."
            ctx.fail(f"There is no command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, epilog=EPILOGUE, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Citygate, the open gateway for smart-city pilots: LoRaWAN and MQTT in, trusted observations out.

    A first gateway in four commands:

    \b
        citygate init .                                       write citygate.toml to start from
        citygate devices import list.xlsx --pilot my-pilot    take in the installer's list of devices
        citygate check                                        find every mistake, and how to mend it
        citygate run                                          receive, keep, refine, deliver
    """


if __name__ == "__main__":
    main(prog_name="citygate")
