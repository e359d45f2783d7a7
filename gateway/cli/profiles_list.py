"""``citygate profiles list`` and ``show``: what the catalogue knows."""

from pathlib import Path

import msgspec
import rich_click as click

from device_profiles.catalogue import Catalogue, Profile
from device_profiles.mistakes import did_you_mean
from device_profiles.overview import ProfileRow, overview, row_of
from device_profiles.vectors import Vector
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import JsonOption, fail, print_json, print_table
from gateway.config import find_config
from pipelines.downlinks.values import described
from pipelines.layout.notation import fields_of
from pipelines.vocabulary import PROPERTIES, Domain


def catalogue_of(config_path: Path | None) -> Catalogue:
    """The package's profiles, and the operator's where there is a config."""
    extra = own_profiles(config_path)
    return Catalogue.load([extra] if extra is not None else [])


def own_profiles(config_path: Path | None) -> Path | None:
    """``profiles_dir`` of the config that is named or found; None where there is no config, or it names none."""
    if config_path is None and not find_config(None).exists():
        return None
    return open_config(config_path).gateway.profiles_dir


@click.command("list", epilog=EPILOGUE)
@config_option
@click.option("--domain", type=click.Choice([domain.value for domain in Domain]), help="Only what serves this domain.")
@click.option("--unverified", is_flag=True, help="Only profiles that nobody but us vouches for.")
@JsonOption
def list_(config_path: Path | None, domain: str | None, *, unverified: bool, as_json: bool) -> None:
    """List the models of devices that can be read.

    "Verified by" says who vouches for a profile: the maker's own document, a witness who published a frame, or nobody
    but us. Where there is a citygate.toml, the profiles of its profiles_dir are listed too.

    \b
    Examples:
        citygate profiles list
        citygate profiles list --domain waste
    """
    catalogue = catalogue_of(config_path)
    rows = [
        row
        for row in overview(catalogue)
        if (domain is None or domain in row.domains) and (not unverified or row.verified == "unverified")
    ]
    if as_json:
        print_json(rows)
    else:
        headers = ("profile", "sensors", "domains", "read from", "verified by", "#vectors")
        print_table("", headers, [_cells(row) for row in rows], empty="No profile serves that.")
    _tell(catalogue)


def _cells(row: ProfileRow) -> tuple[str, ...]:
    sensors = ", ".join(row.sensors) or row.title
    return (row.name, sensors, ", ".join(row.domains), row.kind, row.verified, str(row.vectors))


def _tell(catalogue: Catalogue) -> None:
    for mistake in catalogue.mistakes:
        click.echo(f"error: {mistake}", err=True)
    if catalogue.mistakes:
        raise SystemExit(Exit.MISTAKES)


@click.command(epilog=EPILOGUE)
@click.argument("name", metavar="VENDOR/MODEL")
@config_option
@JsonOption
def show(name: str, config_path: Path | None, *, as_json: bool) -> None:
    """Show one profile: what it reads, what becomes of each reading, and who vouches for it.

    \b
    Examples:
        citygate profiles show elsys/ems
        citygate profiles show milesight-iot/em400-mud --json
    """
    catalogue = catalogue_of(config_path)
    profile = catalogue.checked.get(name)
    if profile is None and name in catalogue.disabled:
        file = catalogue.disabled[name].folder / "profile.toml"
        fail(
            Exit.FAILED,
            f"{name} is installed and not in use",
            f"Look at its [map], then write enabled = true in {file}",
        )
    if profile is None:
        hint = did_you_mean(name, list(catalogue.names)) or " citygate profiles list shows them all."
        fail(Exit.FAILED, f"there is no profile '{name}'", hint.strip())
    vectors = catalogue.vectors(name)
    if as_json:
        row = msgspec.to_builtins(row_of(profile, vectors))
        print_json(row | {"file": profile.file.model_dump(mode="json", exclude_defaults=True, exclude={"payload"})})
        return
    _print_head(profile, vectors)
    print_table("", ("reading", "unit", "property", "unit", "range"), _readings(profile), empty="Nothing is mapped.")
    click.echo()
    if profile.downlinks:
        print_table("", ("can be asked for", "takes", "what it does"), _downlinks(profile), empty="")
        click.echo()
    print_table("", ("vector", "port", "frame", "vouched for by"), _frames(vectors), empty="No vectors.")


def _print_head(profile: Profile, vectors: list[Vector]) -> None:
    identity, row = profile.file.identity, row_of(profile, vectors)
    interval = profile.file.reporting_interval_s
    for word, text in (
        ("profile", profile.name),
        ("device", identity.title),
        ("firmware", identity.firmware),
        ("domains", ", ".join(row.domains)),
        ("read from", row.kind),
        ("reports every", f"{interval:g} s" if interval else ""),
        ("privacy class", profile.file.privacy_class),
        ("data sheet", identity.data_sheet),
        ("source", identity.source),
        ("verified by", row.verified),
        ("folder", str(profile.folder)),
    ):
        if text:
            click.echo(f"{word:<14} {text}")
    click.echo()


def _readings(profile: Profile) -> list[tuple[str, str, str, str, str]]:
    units = {
        field.name: field.unit
        for layout in (profile.layouts or {}).values()
        for field in fields_of(layout)
        if field.name
    }
    rows = []
    for reading in profile.file.map:
        mapped = profile.mapping[reading]
        row = PROPERTIES[mapped.property]
        low = mapped.low if mapped.low is not None else row.low
        high = mapped.high if mapped.high is not None else row.high
        limits = "" if low is None and high is None else f"{_limit(low)} … {_limit(high)}"
        if mapped.needs_calibration:
            limits = "needs the device's calibration"
        rows.append((reading, units.get(reading, ""), row.name, row.unit, limits))
    return rows


def _downlinks(profile: Profile) -> list[tuple[str, str, str]]:
    return [
        (field.name, described(field), downlink.title + (" (a valve)" if downlink.valve else ""))
        for downlink in profile.downlinks.values()
        for field in downlink.fields
    ]


def _limit(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _frames(vectors: list[Vector]) -> list[tuple[str, str, str, str]]:
    rows = []
    for vector in vectors:
        frame = vector.hex or (vector.text or "").splitlines()[0:1] or "decoded values"
        outcome = "" if vector.error is None else f"rejected: {vector.error[:60]}"
        port = "" if vector.port is None else str(vector.port)
        rows.append((vector.about, port, str(frame)[:60], vector.source or vector.witness or outcome))
    return rows
