"""``citygate purge``."""

from pathlib import Path

import rich_click as click

from gateway.cli.exits import EPILOGUE
from gateway.cli.options import config_option, open_config
from gateway.cli.running import replies
from gateway.cli.screen import JsonOption, print_json


@click.command(epilog=EPILOGUE)
@config_option
@click.option("--device", required=True, metavar="ID", help="The device whose words are to go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@JsonOption
def purge(config_path: Path | None, device: str, *, yes: bool, as_json: bool) -> None:
    """Take out everything that a device has said, for good.

    It goes from both logs, the local history, the quarantine, open topics and InfluxDB 1 and 2, and with it what
    analytics derived of its feature alone; sums over streets and areas stay. Take the device out of devices/*.toml
    first and reload, or what it says next is taken in again. What could not be deleted is named, with the reason.

    \b
    Example:
        citygate purge --device a81758fffe0462b9
    """
    config = open_config(config_path)
    if not yes:
        click.confirm(f"Delete everything that {device} has said, for good?", abort=True)
    for reply in replies(config, "purge", within_s=None, device=device):
        if as_json:
            print_json(reply)
            continue
        click.echo(f"{reply['device']}: {reply['intake']:,} messages and {reply['ledger']:,} outcomes are gone.")
        for sink, rows in reply["sinks"].items():
            click.echo(f"  {sink}: {rows:,} rows, topics or series")
        for where, why in reply["left"].items():
            click.echo(f"  left, {where}: {why}")
