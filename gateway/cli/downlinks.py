"""``citygate downlinks``: what was asked of devices, and what became of it."""

from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import JsonOption, fail, local_time, mistakes_end_the_command, print_json, print_table
from gateway.config import Config
from gateway.downlinks.book import FILE, BookError, read_page
from gateway.downlinks.facts import MEANING, rows
from gateway.explain.look import look_of


@click.command(epilog=EPILOGUE)
@click.argument("what", required=False)
@config_option
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 500), help="So many, the newest first.")
@JsonOption
def downlinks(what: str | None, config_path: Path | None, last: int, *, as_json: bool) -> None:
    """List what was asked of devices, and what became of it.

    WHAT is a device (its id, name or feature), or the number of one downlink, which is shown step by step. Works beside
    the running gateway and without it. `uncertain` was interrupted: it may have left, or not, and is not sent again by
    itself.

    \b
    Examples:
        citygate downlinks
        citygate downlinks 24e124136b502217
        citygate downlinks 7
        citygate downlinks --json
    """
    config = open_config(config_path)
    try:
        page = read_page(config.gateway.state_dir / FILE)
    except BookError as error:
        fail(Exit.FAILED, str(error))
    found = rows(page.records)
    if what is not None:
        found = _of(config, found, what)
    if as_json:
        print_json(found[:last])
    elif what is not None and what.isdigit() and len(found) == 1 and what == str(found[0]["number"]):
        _show_one(found[0])
    else:
        table = [_row(row) for row in found[:last]]
        headers = ("#number", "device", "command", "values", "state", "since", "by")
        nothing = "Nothing was asked of devices yet: citygate downlink DEVICE"
        if what is not None and page.records:
            nothing = f"Nothing of '{what}' is in the book: citygate downlinks lists all."
        print_table("", headers, table, empty=nothing)


def _of(config: Config, found: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    """The one of this number, or those of a device; a name is looked up where it is neither in the book."""
    if exact := [row for row in found if what in {row["device"], str(row["number"])}]:
        return exact
    with mistakes_end_the_command():
        ids = look_of(config).spellings(what)
    return [row for row in found if row["device"] in ids]


def _values(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row["values"].items())


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    why = f" ({row['said']})" if row["said"] else ""
    since = local_time(row["steps"][-1]["at"])
    by = f"{row['by']}, closes {row['closes']}" if row["closes"] else row["by"]
    return str(row["number"]), row["device"], row["downlink"], _values(row), row["state"] + why, since, by


def _show_one(row: dict[str, Any]) -> None:
    for name in ("number", "device", "pilot", "source", "downlink"):
        click.echo(f"{name:<9} {row[name]}")
    click.echo(f"{'values':<9} {_values(row)}")
    click.echo(f"{'asked by':<9} {row['by']}" + (f", closes {row['closes']}" if row["closes"] else ""))
    click.echo(f"{'expires':<9} {local_time(row['expires'])}")
    if row["opens_s"]:
        click.echo(f"{'closes':<9} after {row['opens_s'] / 60:g} min, by the {row['closed_by']}")
    for step in row["steps"]:
        said = f": {step['said']}" if step["said"] else ""
        click.echo(f"{step['state']:<12} {local_time(step['at'])}  {MEANING[step['state']]}{said}")
