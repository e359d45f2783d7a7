"""``citygate devices …``."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec
import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, now, open_config
from gateway.cli.screen import (
    JsonOption,
    fail,
    mistakes_end_the_command,
    print_json,
    print_mistakes,
    print_table,
)
from gateway.config import Config
from gateway.files.device_import import Change, Defaults, candidates, columns_of, feature_type_for, plan
from gateway.files.device_list import DeviceList, read_list
from gateway.files.devices import DeviceRecord, load_device_records
from gateway.files.mistakes import Mistake, did_you_mean
from gateway.files.pilots import Pilot, load_pilots
from gateway.network_servers.listing import SERVERS, Ask, ServerError, ask_devices, table_of
from pipelines.vocabulary import FEATURE_TYPES

SHOWN_CHANGES = 40


@click.group(epilog=EPILOGUE)
def devices() -> None:
    """Take in and list the devices that the gateway knows."""


@devices.command("import", epilog=EPILOGUE)
@click.argument("file", type=click.Path(path_type=Path))
@config_option
@click.option("--pilot", "pilot_id", required=True, metavar="ID", help="The pilot that the devices belong to.")
@click.option("--profile", default="", metavar="VENDOR/MODEL", help="The model of all devices in the list.")
@click.option("--feature-type", metavar="TYPE", help="What they observe, such as parking-spot. Default: by the pilot.")
@click.option("--column", "given", multiple=True, metavar="MEANING=HEADER", help="Overrule a guess: id=Serial. Repeat.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
def import_(  # noqa: PLR0917 - click passes parameters by name
    file: Path,
    config_path: Path | None,
    pilot_id: str,
    profile: str,
    feature_type: str | None,
    given: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take in a vendor's or installer's list of devices, CSV or XLSX.

    Columns are found by their names in English, Dutch, French or German; delimiters and decimal commas by looking.
    Doing it twice does no harm. A device that hangs elsewhere now keeps its past: the old record ends, a new one
    begins. With a mistake in any row nothing is written.

    \b
    Examples:
        citygate devices import bays.xlsx --pilot parking-mechelen --profile bosch/tps110 --dry-run
        citygate devices import lijst.csv --pilot waste-delft --column id=Serienummer --yes
    """
    config = open_config(config_path)
    with mistakes_end_the_command():
        listed = read_list(file)
    taking = _Taking(pilot_id, profile, feature_type, given, dry_run, yes)
    _take_in(config, listed, taking)


@devices.command("fetch", epilog=EPILOGUE)
@click.argument("kind", type=click.Choice(list(SERVERS)))
@click.argument("url")
@config_option
@click.option("--application", required=True, metavar="ID", help="The application, as it stands in its MQTT topics.")
@click.option(
    "--token-file", required=True, type=click.Path(path_type=Path), metavar="FILE", help="File with an API key."
)
@click.option("--ca-file", type=click.Path(path_type=Path), metavar="FILE", help="The server's authority, if its own.")
@click.option("--pilot", "pilot_id", required=True, metavar="ID", help="The pilot that the devices belong to.")
@click.option("--profile", default="", metavar="VENDOR/MODEL", help="The model of all devices.")
@click.option(
    "--profile-for",
    "models",
    multiple=True,
    metavar="NAME=VENDOR/MODEL",
    help="What a model of the server is here. Repeat.",
)
@click.option("--feature-type", metavar="TYPE", help="What they observe, such as parking-spot. Default: by the pilot.")
@click.option(
    "--column", "given", multiple=True, metavar="MEANING=HEADER", help="Overrule a guess: area=quarter. Repeat."
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", "-y", is_flag=True, help="Write without asking.")
def fetch(  # noqa: PLR0917 - click passes parameters by name
    kind: str,
    url: str,
    config_path: Path | None,
    application: str,
    token_file: Path,
    ca_file: Path | None,
    pilot_id: str,
    profile: str,
    models: tuple[str, ...],
    feature_type: str | None,
    given: tuple[str, ...],
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Take in the devices that a network server (ChirpStack, The Things Stack) knows.

    ChirpStack 4 is asked over gRPC, The Things Stack 3 over HTTP; nothing is changed there. Tags and attributes are
    understood as the columns of a list are: latitude, longitude, feature, area, profile. Doing it twice does no harm.
    With a mistake in any row nothing is written.

    \b
    Examples:
        citygate devices fetch tts https://eu1.cloud.thethings.network --application bins --token-file key --pilot bins
        citygate devices fetch chirpstack http://10.0.0.5:8080 --application 7d1c0f6e --token-file key --pilot bins
    """
    config = open_config(config_path)
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(Exit.USAGE, f"{token_file} cannot be read: {error}", "Put the API key there, one line.")
    ask = Ask(url, application, token, ca_file)
    try:
        listed = asyncio.run(ask_devices(kind, ask))
    except ServerError as error:
        fail(Exit.FAILED, str(error), error.mend[:1].upper() + error.mend[1:] + ".")
    if not listed:
        fail(Exit.FAILED, f"{url} lists no device in application {application}", "Check --application.")
    known = {name: name for name in _profile_names(config)}
    profiles = known | dict(pair.rpartition("=")[::2] for pair in models)
    taking = _Taking(pilot_id, profile, feature_type, given, dry_run, yes)
    _take_in(config, table_of(listed, profiles), taking)


class _Taking(msgspec.Struct, frozen=True):
    """How a list is to be taken in: the options that ``import`` and ``fetch`` share."""

    pilot_id: str
    profile: str
    feature_type: str | None
    given: tuple[str, ...]
    dry_run: bool
    yes: bool


def _take_in(config: Config, listed: DeviceList, taking: _Taking) -> None:
    """Show what a list would change, and write it when that is wanted."""
    with mistakes_end_the_command():
        written, found = load_device_records(config.gateway.devices_dir)
        _end_with(found)
    pilot = _pilot(config, taking.pilot_id)
    columns = _columns(listed, taking.given)
    defaults = _defaults(config, pilot, profile=taking.profile, feature_type=taking.feature_type)
    changes, mistakes = _planned(listed, columns, defaults, written)
    _show(listed, columns, changes)
    _end_with(mistakes)
    counts = {kind: sum(change.kind == kind for change in changes) for kind in ("add", "move", "correct", "same")}
    click.echo(", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing to do")
    target = config.gateway.devices_dir / f"{taking.pilot_id}.toml"
    if taking.dry_run or counts["same"] == len(changes):
        click.echo("Nothing written." if not taking.dry_run else f"Dry run: {target} is as it was.")
        return
    if not taking.yes:
        click.confirm(f"Write {target}?", abort=True)
    _write(changes, target, pilot_id=taking.pilot_id, profile=taking.profile)


def _write(changes: Sequence[Change], target: Path, *, pilot_id: str, profile: str) -> None:
    from gateway.files.device_writer import write_changes  # noqa: PLC0415 - tomlkit only where something is written

    try:
        with mistakes_end_the_command():
            write_changes(changes, target, pilot=pilot_id, profile=profile)
    except OSError as error:
        fail(Exit.FAILED, f"{target} cannot be written: {error.strerror}", "Check owner and mode of the folder.")
    click.echo(f"Wrote {target}. The running gateway takes it in with: systemctl reload citygate (or kill -HUP)")


def _end_with(mistakes: Sequence[Mistake]) -> None:
    """Print mistakes, if any, and end the command."""
    if mistakes:
        print_mistakes(mistakes)
        click.echo(f"{len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}. Nothing was written.", err=True)
        raise SystemExit(Exit.MISTAKES)


def _pilot(config: Config, pilot_id: str) -> Pilot:
    pilots, mistakes = load_pilots(config.gateway.pilots_dir)
    if pilot_id not in pilots:
        print_mistakes(mistakes)
        hint = did_you_mean(pilot_id, pilots) or f"Write {config.gateway.pilots_dir / pilot_id}.toml first."
        fail(Exit.MISTAKES, f"there is no pilot '{pilot_id}'", hint)
    return pilots[pilot_id]


def _columns(listed: DeviceList, given: Sequence[str]) -> dict[str, int]:
    pairs = dict(pair.partition("=")[::2] for pair in given)
    try:
        return columns_of(listed, pairs)
    except KeyError as error:
        headers = ", ".join(filter(None, listed.columns))
        fail(Exit.USAGE, f"there is no column {error}", f"The headers are: {headers}")


def _defaults(config: Config, pilot: Pilot, *, profile: str, feature_type: str | None) -> Defaults:
    kind = feature_type or feature_type_for(pilot.domains)
    if kind is None:
        of_pilot = [name for name, row in FEATURE_TYPES.items() if row.domain in pilot.domains]
        fail(Exit.USAGE, "say what the devices observe", f"--feature-type {' or '.join(of_pilot)}")
    if kind not in FEATURE_TYPES:
        fail(Exit.USAGE, f"'{kind}' is not a feature type", did_you_mean(kind, FEATURE_TYPES))
    middle = pilot.area.middle if pilot.area else None
    return Defaults(pilot.id, kind, profile, frozenset(_profile_names(config)), middle)


def _profile_names(config: Config) -> Collection[str]:
    from device_profiles.catalogue import Catalogue  # noqa: PLC0415 - reading all profiles takes a while

    return Catalogue.load([config.gateway.profiles_dir] if config.gateway.profiles_dir else []).names


def _planned(
    listed: DeviceList, columns: Mapping[str, int], defaults: Defaults, written: Sequence[DeviceRecord]
) -> tuple[list[Change], list[Mistake]]:
    good, mistakes = candidates(listed, columns, defaults)
    changes, found = plan(good, written, now=now())
    return changes, mistakes + found


def _show(listed: DeviceList, columns: Mapping[str, int], changes: Sequence[Change]) -> None:
    meant = ", ".join(f"{meaning} ← '{listed.columns[column]}'" for meaning, column in columns.items())
    click.echo(f"Columns: {meant or 'none understood'}")
    unused = [header for column, header in enumerate(listed.columns) if header and column not in columns.values()]
    if unused:
        click.echo(f"Not used: {', '.join(unused)}")
    effective = [change for change in changes if change.kind != "same"]
    rows = [
        (str(change.row), change.kind, change.table.id, change.table.feature, change.what or change.table.name)
        for change in effective[:SHOWN_CHANGES]
    ]
    print_table("", ("#row", "does", "id", "feature", "what"), rows, empty="No row changes anything.")
    if len(effective) > SHOWN_CHANGES:
        click.echo(f"… and {len(effective) - SHOWN_CHANGES} more")


@devices.command("list", epilog=EPILOGUE)
@config_option
@click.option("--pilot", "pilot_id", metavar="ID", help="Only this pilot.")
@click.option("--all", "everything", is_flag=True, help="Also records that have ended.")
@JsonOption
def list_(config_path: Path | None, pilot_id: str | None, *, everything: bool, as_json: bool) -> None:
    """List the devices that are written down.

    Devices that are heard but not written down: citygate rejected list --by-device --reason unknown_device

    \b
    Examples:
        citygate devices list --pilot parking-mechelen
        citygate devices list --all --json
    """
    config = open_config(config_path)
    records, mistakes = load_device_records(config.gateway.devices_dir)
    moment = now()
    shown = [
        record.table
        for record in records
        if (pilot_id is None or record.table.pilot == pilot_id)
        and (everything or record.table.valid_to is None or record.table.valid_to > moment)
    ]
    if as_json:
        print_json([table.model_dump(mode="json", exclude_none=True) for table in shown])
    else:
        rows = [
            (
                table.id,
                table.pilot,
                table.feature,
                table.profile,
                f"{table.valid_from:%Y-%m-%d}" if table.valid_from else "",
                f"{table.valid_to:%Y-%m-%d}" if table.valid_to else "",
                table.name,
            )
            for table in shown
        ]
        headers = ("id", "pilot", "feature", "profile", "from", "to", "name")
        print_table("", headers, rows, empty="No devices. Take some in: citygate devices import FILE --pilot ID")
    if mistakes:
        print_mistakes(mistakes)
        raise SystemExit(Exit.MISTAKES)
