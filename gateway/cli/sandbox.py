"""``citygate sandbox``."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Seconds
from gateway.cli.screen import fail

if TYPE_CHECKING:
    from gateway.sandbox.run import Account


@click.command(epilog=EPILOGUE)
@click.option("--for", "for_s", type=Seconds(), metavar="TIME", help="End by itself after this long: 60s, 5m.")
@click.option("--scenario", default="city", show_default=True, metavar="NAME", help="Which simulated city.")
@click.option("--port", default=1884, show_default=True, type=click.IntRange(1, 65_535), help="Port for start-ups.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep all files there.")
@click.option(
    "--pace", type=click.FloatRange(min=1), default=240.0, show_default=True, help="City seconds per second, until now."
)
@click.option(
    "--hours-back", type=click.FloatRange(min=0), default=24.0, show_default=True, help="How long ago the city begins."
)
def sandbox(  # noqa: PLR0917 - click passes parameters by name
    for_s: float | None, scenario: str, port: int, keep: Path | None, pace: float, hours_back: float
) -> None:
    """Run a simulated city behind the topics and accounts of a real one, to build on.

    On this machine only. With Mosquitto installed the accounts are enforced as in a city; else the embedded broker lets
    everybody in, and says so. The city begins yesterday and runs fast until it has caught up with now. With --keep,
    `citygate startup add NAME … --config DIR` makes accounts while it runs. Ctrl-C ends everything.

    \b
    Examples:
        citygate sandbox
        citygate sandbox --for 60s --scenario street --port 11884
        citygate sandbox --keep sandbox
    """
    from gateway.demo.children import DemoError  # noqa: PLC0415 - only this command needs it
    from gateway.sandbox.run import City, run_sandbox  # noqa: PLC0415 - same

    try:
        city = City(scenario, pace, hours_back)
        run_sandbox(city, port=port, folder=keep, for_s=for_s, ready=_tell)
    except DemoError as error:
        fail(Exit.FAILED, str(error))


def _tell(folder: Path, account: "Account") -> None:
    click.echo(f"A simulated city on {account.address}; its files are in {folder}")
    if account.user:
        click.echo(f"user      {account.user}")
        click.echo(f"password  {account.password}")
    else:
        click.echo(
            "warning: Mosquitto is not installed. This broker lets everybody in: accounts are not enforced.", err=True
        )
    click.echo("It may read:" if account.user else "Topics:")
    for topic in account.filters:
        click.echo(f"    {topic}")
    click.echo("Ctrl-C ends it.")
