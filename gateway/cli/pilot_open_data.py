"""``citygate pilot asyncapi | docs | catalogue | register | subscriber``: what tells others which data a pilot has."""

from pathlib import Path
from typing import Any, cast

import msgspec
import rich_click as click

from gateway.catalogue.facts import facts_of, sensors_of
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, now, open_config
from gateway.cli.pilot_files import chosen_pilot
from gateway.cli.screen import fail, mistakes_end_the_command
from gateway.files.load import Files
from gateway.open_city import OpenCity
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from pipelines.catalogue.facts import PilotFacts
from pipelines.open_data.channels import CHANNELS

out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a file instead of the screen."
)
pilot_argument = click.argument("pilot_id", metavar="PILOT")
SUBSCRIBABLE = [channel.name for channel in CHANNELS if "{entity}" in channel.address and channel.name != "meta"]


@click.command(epilog=EPILOGUE)
@pilot_argument
@config_option
@out_option
def asyncapi(pilot_id: str, config_path: Path | None, out: Path | None) -> None:
    """Write a pilot's topics and bodies as an AsyncAPI 3.0.0 document.

    The open-topics sink keeps the same document on …/_asyncapi. Where start-ups reach the broker comes from the pilot
    file: `[open_data]` with `broker = "mqtts://…"`.

    \b
    Examples:
        citygate pilot asyncapi parking-mechelen
        citygate pilot asyncapi parking-mechelen --out asyncapi.json
    """
    from pipelines.catalogue.asyncapi import document  # noqa: PLC0415 - only this command needs it

    _, facts = _read(pilot_id, config_path)
    _say_what_lacks(facts)
    _write(_json(document(facts)), out)


@click.command(epilog=EPILOGUE)
@pilot_argument
@config_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: PILOT-open-data.html here."
)
def docs(pilot_id: str, config_path: Path | None, out: Path | None) -> None:
    """Write a pilot's open data as one HTML page for start-ups, with programs to begin with.

    It shows what the AsyncAPI document says, and asks nothing of any network.

    \b
    Examples:
        citygate pilot docs parking-mechelen
        citygate pilot docs parking-mechelen --out public/index.html
    """
    from gateway.catalogue.page import page  # noqa: PLC0415 - only this command needs it

    _, facts = _read(pilot_id, config_path)
    _say_what_lacks(facts)
    _write(page(facts), out or Path(f"{pilot_id}-open-data.html"))


@click.command(epilog=EPILOGUE)
@pilot_argument
@config_option
@out_option
def catalogue(pilot_id: str, config_path: Path | None, out: Path | None) -> None:
    """Write a pilot's entry for data portals: a DCAT-AP-NL 3.0 catalogue as JSON-LD.

    One dataset for each domain, with licence, contact, publisher, and the tags of a high-value dataset where Regulation
    (EU) 2023/138 asks for them. The open-topics sink keeps the same document on …/_catalog.

    \b
    Examples:
        citygate pilot catalogue watering-saint-quentin --out catalogue.jsonld
    """
    from pipelines.catalogue.dcat import catalogue as described  # noqa: PLC0415 - only this command needs it

    _, facts = _read(pilot_id, config_path)
    _say_what_lacks(facts)
    _write(_json(described(facts)), out)


@click.command(epilog=EPILOGUE)
@pilot_argument
@config_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["geojson", "csv"]),
    default="geojson",
    show_default=True,
    help="A map's format, or a table's.",
)
@out_option
def register(pilot_id: str, config_path: Path | None, form: str, out: Path | None) -> None:
    """Write a pilot's sensors for a register of sensors in public space.

    The fields are those of Amsterdam's register, with the categories of DTPR for a sign in the street. Why there are
    sensors stands in the pilot file: `[register]`. What hangs at households is left out.

    \b
    Examples:
        citygate pilot register parking-mechelen --out sensors.geojson
        citygate pilot register parking-mechelen --format csv > sensors.csv
    """
    from pipelines.catalogue.register import as_csv, geojson, missing, records  # noqa: PLC0415 - as above

    city, facts = _read(pilot_id, config_path)
    sensors = sensors_of(city, pilot_id, now().date())
    found = records(facts, sensors.found)
    for key in missing(facts):
        click.echo(f"The register asks for {key}: write it under [register] in {pilot_id}.toml.", err=True)
    if sensors.without_place:
        click.echo(f"Left out: {sensors.without_place} without latitude and longitude.", err=True)
    if sensors.of_households:
        click.echo(f"Left out: {sensors.of_households} at households, not in public space.", err=True)
    _write(as_csv(found) if form == "csv" else _json(geojson(facts, found)), out)


@click.command(epilog=EPILOGUE)
@pilot_argument
@config_option
@click.option(
    "--language",
    type=click.Choice(["python", "javascript"]),
    default="python",
    show_default=True,
    help="What it is written in.",
)
@click.option(
    "--channel",
    type=click.Choice(SUBSCRIBABLE),
    default="state",
    show_default=True,
    help="What it listens to; the tier of the account must allow it.",
)
@out_option
def subscriber(pilot_id: str, config_path: Path | None, language: str, channel: str, out: Path | None) -> None:
    """Write a program that listens to a pilot's topics, typed, for a start-up to begin with.

    \b
    Examples:
        citygate pilot subscriber parking-mechelen --out bays.py
        citygate pilot subscriber parking-mechelen --language javascript --channel event --out bays.mjs
    """
    from pipelines.catalogue import subscribers  # noqa: PLC0415 - as above
    from pipelines.open_data.channels import BY_NAME  # noqa: PLC0415 - as above

    _, facts = _read(pilot_id, config_path)
    _say_what_lacks(facts)
    try:
        text = subscribers.subscriber(facts, BY_NAME[channel], cast("subscribers.Language", language))
    except ValueError as error:
        fail(Exit.FAILED, str(error), "Choose another --channel; of households only hourly sums are told (agg-1h).")
    _write(text, out)


def _read(pilot_id: str, config_path: Path | None) -> tuple[OpenCity, PilotFacts]:
    """The city by its files, and what others may know of the pilot; or the end of the command."""
    from device_profiles.catalogue import Catalogue  # noqa: PLC0415 - reading all profiles takes a while

    config = open_config(config_path)
    with mistakes_end_the_command():
        files = Files.load(config)
    pilot = chosen_pilot(files, pilot_id)
    extra = [config.gateway.profiles_dir] if config.gateway.profiles_dir else []
    city = OpenCity(files, Catalogue.load(extra).profiles)
    sinks = (sink.settings for sink in config.sinks.values() if isinstance(sink.settings, OpenTopicsSettings))
    return city, facts_of(city, pilot.id, sensorthings="published" if any(one.sensorthings for one in sinks) else "off")


def _say_what_lacks(facts: PilotFacts) -> None:
    if not facts.broker:
        hint = '[open_data] with broker = "mqtts://…"'
        click.echo(f"Nobody knows yet where the broker is: write {hint} in {facts.id}.toml.", err=True)


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _write(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        fail(Exit.FAILED, f"{out} cannot be written: {error.strerror}", "Choose another place with --out.")
    click.echo(f"Wrote {out}.", err=True)


COMMANDS: tuple[click.Command, ...] = (asyncapi, docs, catalogue, register, subscriber)
