"""``citygate replay``."""

from datetime import datetime
from pathlib import Path

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Instant, config_option, nanoseconds, open_config
from gateway.cli.running import replies
from gateway.cli.screen import JsonOption, fail, print_json, progress


@click.command(epilog=EPILOGUE)
@config_option
@click.option(
    "--since", type=Instant(), metavar="TIME", help="From what was received at this time: 2h, 3d, 2027-01-31."
)
@click.option("--from", "first", type=click.IntRange(min=1), metavar="N", help="From this intake number.")
@click.option(
    "--to", "last", type=click.IntRange(min=1), metavar="N", help="To this intake number. Default: the newest."
)
@click.option("--device", metavar="ID", help="Only this device.")
@JsonOption
def replay(
    config_path: Path | None,
    since: datetime | None,
    first: int | None,
    last: int | None,
    device: str | None,
    *,
    as_json: bool,
) -> None:
    """Refine what was received once more, with today's devices, profiles and codecs.

    Use it after a device was written down, a profile mended or a calibration corrected: the bytes are still here.
    The outcomes are delivered again, as corrections; asking twice does no harm. The gateway goes on receiving.

    \b
    Examples:
        citygate replay --since 2d
        citygate replay --since 2027-01-31 --device a81758fffe0462b9
        citygate replay --from 120000 --to 121000
    """
    if (since is None) == (first is None):
        fail(Exit.USAGE, "say from where, with --since or with --from", "For example: citygate replay --since 2h")
    config = open_config(config_path)
    question = {
        "since_ns": nanoseconds(since) if since else None,
        "first": first,
        "last": last,
        "device": device,
    }
    final: dict[str, object] = {}
    done = 0
    with progress("replaying", None) as step:
        asked = {name: value for name, value in question.items() if value is not None}
        for reply in replies(config, "replay", within_s=None, **asked):
            final |= reply
            if isinstance(reply.get("done"), int):
                step(reply["done"] - done)
                done = reply["done"]
    if as_json:
        print_json(final)
        return
    for name, value in final.items():
        click.echo(f"{name:<12} {value}")
