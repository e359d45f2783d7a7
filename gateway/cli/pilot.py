"""``citygate pilot …``: what came of a pilot."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, now, open_config
from gateway.cli.pilot_collection import collection
from gateway.cli.pilot_files import chosen_pilot, store_file
from gateway.cli.pilot_open_data import COMMANDS as OPEN_DATA_COMMANDS
from gateway.cli.screen import fail, mistakes_end_the_command
from gateway.files.load import Files

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(epilog=EPILOGUE)
def pilot() -> None:
    """What a pilot says: its evaluation report, the next tour, and its open data for others."""


@pilot.command(epilog=EPILOGUE)
@click.argument("pilot_id", metavar="PILOT")
@config_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: PILOT.html here."
)
@click.option(
    "--from", "first", type=DAY, metavar="DAY", help="First day. Default: the pilot's, or the first recorded."
)
@click.option("--to", "last", type=DAY, metavar="DAY", help="Last day. Default: the pilot's, or yesterday.")
def report(
    pilot_id: str, config_path: Path | None, out: Path | None, first: datetime | None, last: datetime | None
) -> None:
    """Write the evaluation report of a pilot: one HTML page, no request to anywhere.

    Data quality comes first, then every indicator of the pilot's domains with its interval against baseline and
    target; below the needed coverage there is no verdict. It reads the embedded store, also beside a running gateway.

    \b
    Examples:
        citygate pilot report parking-mechelen
        citygate pilot report parking-mechelen --from 2027-03-01 --to 2027-08-31 --out council.html
    """
    from gateway.reports.build import NothingRecordedError, build  # noqa: PLC0415 - only this command needs it
    from gateway.reports.page import number, page, unit  # noqa: PLC0415 - same

    config = open_config(config_path)
    with mistakes_end_the_command():
        files = Files.load(config)
    chosen = chosen_pilot(files, pilot_id)
    store = store_file(config)
    today = now().astimezone(ZoneInfo(chosen.timezone)).date()
    try:
        made = build(files, chosen, store, today=today, first=_day(first), last=_day(last))
    except FileNotFoundError:
        fail(Exit.FAILED, f"there is no store at {store}", "Run the gateway first; the store sink keeps the history.")
    except NothingRecordedError as error:
        fail(Exit.FAILED, str(error), "Check the pilot's dates, --from and --to, and citygate status.")
    target = out or Path(f"{pilot_id}.html")
    try:
        target.write_text(page(made), encoding="utf-8")
    except OSError as error:
        fail(Exit.FAILED, f"{target} cannot be written: {error.strerror}", "Choose another place with --out.")
    for one in made.evaluations:
        figure = f"{number(one.pilot.value, one.kpi.digits)} {unit(one.kpi.unit)}".rstrip()
        click.echo(f"{one.verdict:18} {one.kpi.title}: {figure}")
    for title in made.unmeasured:
        click.echo(f"{'not measured':18} {title}")
    click.echo(f"Wrote {target}: {made.span.first} to {made.span.last}, {len(made.devices)} devices.")


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


for command in (collection, *OPEN_DATA_COMMANDS):
    pilot.add_command(command)
