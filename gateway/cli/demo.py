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
    "--days", type=click.FloatRange(min=0.1, max=92), default=31.0, show_default=True, help="How long the past is."
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser, too.")
def demo(for_s: float | None, keep: Path | None, days: float, open_page: bool) -> None:
    """Show a simulated town with a month of history, on a machine that has nothing else.

    Starts a broker, the gateway and a simulated town on loopback, and says where the page is: open it in a browser. The
    town's past is taken in first, as fast as the gateway can, then its present as it happens. Nothing stays behind
    unless --keep names a folder.

    \b
    Examples:
        citygate demo
        citygate demo --for 60s
        citygate demo --days 2 --keep /tmp/town
    """
    from gateway.demo.children import DemoError  # noqa: PLC0415 - only this command needs it
    from gateway.demo.run import run_demo  # noqa: PLC0415 - same

    try:
        run_demo(for_s=for_s, folder=keep, days=days, open_page=open_page, console=Console())
    except DemoError as error:
        fail(Exit.FAILED, str(error), "The demo needs nothing but loopback; citygate check does not apply here.")
