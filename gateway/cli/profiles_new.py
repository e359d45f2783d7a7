"""``citygate profiles new``: a folder to start from, out of payloads that a device has sent."""

import re
from pathlib import Path

import rich_click as click

from device_profiles.catalogue import Catalogue
from device_profiles.scaffold import scaffold
from device_profiles.scaffold_layouts import Sample
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option
from gateway.cli.profiles_list import own_profiles
from gateway.cli.screen import fail
from pipelines.guess import guess
from pipelines.model import Uplink

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}/[a-z0-9][a-z0-9-]{0,63}")
MAX_PAYLOAD_BYTES = 4_096
LAST_PORT = 255


@click.command(epilog=EPILOGUE)
@click.argument("name", metavar="VENDOR/MODEL")
@click.option(
    "--payload", "payloads", multiple=True, required=True, metavar="[PORT:]HEX", help="What was sent. Repeat."
)
@click.option("--port", type=click.IntRange(1, LAST_PORT), metavar="N", help="LoRaWAN port of payloads without one.")
@click.option("--title", default="", metavar="TEXT", help="The device in words. Default: its name.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where. Default: profiles_dir, or ./profiles.",
)
@config_option
def new(  # noqa: PLR0917 - click passes parameters by name
    name: str,
    payloads: tuple[str, ...],
    port: int | None,
    title: str,
    folder: Path | None,
    config_path: Path | None,
) -> None:
    """Write a profile to start from, out of payloads that a device has sent.

    Finds the family of the payload (Milesight, Elsys, Decentlab, Cayenne LPP, SenML, keys with lengths, or bytes at
    fixed places), proposes fields and properties, and writes profile.toml and vectors.json with what to check. Two or
    three payloads that differ say much more than one. It is written to profiles_dir where there is a citygate.toml.

    \b
    Examples:
        citygate profiles new acme/one --port 85 --payload 01755c0367340104823409
        citygate profiles new acme/two --payload 2:0d3b0aef --payload 2:0d390b02 --payload 5:0a01
    """
    if not _NAME.fullmatch(name):
        fail(Exit.USAGE, f"'{name}' is no name of a profile", "Write vendor/model in lower case: acme/one")
    samples = [_sample(text, port) for text in payloads]
    _tell_who_reads_it(samples)
    target = _target(folder, config_path) / name
    if (target / "profile.toml").exists():
        fail(Exit.FAILED, f"{target} exists already", "Choose another name, or edit what is there.")
    made = scaffold(name, title or name.replace("/", " "), samples)
    try:
        target.mkdir(parents=True, exist_ok=True)
        (target / "profile.toml").write_text(made.profile_toml, encoding="utf-8")
        (target / "vectors.json").write_text(made.vectors_json, encoding="utf-8")
    except OSError as error:
        fail(Exit.FAILED, f"{target} cannot be written: {error.strerror}", "Check owner and mode of the folder.")
    click.echo(f"Wrote {target}: read as {made.family}.")
    click.echo(f"Next: go through profile.toml with the payload description, then: citygate profiles test {target}")


def _target(folder: Path | None, config_path: Path | None) -> Path:
    if folder is not None:
        return folder
    return own_profiles(config_path) or Path("profiles")


def _sample(text: str, port: int | None) -> Sample:
    """``85:0175…`` or ``0175…``."""
    head, colon, digits = text.rpartition(":")
    own = port if not colon else int(head) if head.isdecimal() and int(head) <= LAST_PORT else None
    try:
        payload = bytes.fromhex(digits)
    except ValueError:
        payload = b""
    if not payload or len(payload) > MAX_PAYLOAD_BYTES or (colon and own is None):
        fail(Exit.USAGE, f"'{text[:40]}' is no payload", "Write hex, with the port before it: 85:01755c")
    return Sample(payload, own)


def _tell_who_reads_it(samples: list[Sample]) -> None:
    """Maybe the device is known already under another name."""
    uplinks = [Uplink("sample", payload=sample.payload, f_port=sample.f_port) for sample in samples]
    likely = [claim for claim in guess(Catalogue.load().profiles, uplinks, at_most=3) if claim.word == "likely"]
    if likely:
        names = ", ".join(f"{claim.profile} ({claim.score:.2f})" for claim in likely)
        click.echo(f"These profiles read all of it already: {names}", err=True)
