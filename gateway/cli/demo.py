"""``citygate demo``."""

from pathlib import Path

import rich_click as click
from rich.console import Console

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Seconds
from gateway.cli.screen import fail


@click.command(epilog=EPILOGUE)
@click.option("--for", "for_s", type=Seconds(), metavar="TIME", help="End by itself after this long: 60s, 5m.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Keep all files there.")
@click.option(
    "--pace", type=click.FloatRange(min=1), default=240.0, show_default=True, help="City seconds per second, until now."
)
@click.option(
    "--hours-back", type=click.FloatRange(min=0), default=24.0, show_default=True, help="How long ago the city begins."
)
def demo(for_s: float | None, keep: Path | None, pace: float, hours_back: float) -> None:
    """Show a simulated street of parking bays and bins, on a machine that has nothing else.

    Starts a broker, the gateway and a simulated city on loopback and draws what comes out. The city begins yesterday
    and runs fast until it has caught up with now. Nothing stays behind unless --keep names a folder.

    \b
    Examples:
        citygate demo
        citygate demo --for 60s
        citygate demo --keep /tmp/street
    """
    from gateway.demo.children import DemoError  # noqa: PLC0415 - only this command needs it
    from gateway.demo.run import run_demo  # noqa: PLC0415 - same

    try:
        run_demo(for_s=for_s, folder=keep, pace=pace, hours_back=hours_back, console=Console())
    except DemoError as error:
        fail(Exit.FAILED, str(error), "The demo needs nothing but loopback; citygate check does not apply here.")
