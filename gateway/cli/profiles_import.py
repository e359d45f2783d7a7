"""``citygate profiles import``."""

import asyncio
from collections import Counter
from pathlib import Path
from types import ModuleType

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import fail, print_table
from gateway.codecs.codecs import Codecs
from gateway.codecs.engine import MEND, NoEngineError, engine_file
from gateway.codecs.published.conformance import Score, call_of, mutate, prove
from gateway.codecs.published.install import install, profile_name
from gateway.codecs.published.licence import licence_of
from gateway.codecs.published.proposal import Proposed, propose
from gateway.codecs.published.repository import Checkout, Model, PublishedVector, RepositoryError
from gateway.events import Events
from pipelines.codec import CodecAnswer
from pipelines.codec_readings import codec_readings
from pipelines.model import Rejected, Uplink
from pipelines.vocabulary import PROPERTIES


@click.command("import", epilog=EPILOGUE)
@click.argument("path", type=click.Path(path_type=Path))
@config_option
@click.option("--device", metavar="VENDOR/MODEL", help="The model to take in, as the repository names it.")
@click.option("--map", "given", multiple=True, metavar="READING=PROPERTY", help="Say what a reading is. Repeat.")
@click.option(
    "--privacy-class", type=click.Choice(["A", "B", "C", "D"]), default="B", help="Default: B.", show_default=False
)
@click.option("--enable", is_flag=True, help="Let devices have it at once. Without, it is installed and not in use.")
@click.option("--dry-run", is_flag=True, help="Show and prove it, and write nothing.")
@click.option("--all", "everything", is_flag=True, help="Run the vectors of every codec that a device refers to.")
@click.option("--report", is_flag=True, help="With --all: print the table, with the reason of each failure.")
def import_(
    path: Path,
    config_path: Path | None,
    device: str | None,
    given: tuple[str, ...],
    privacy_class: str,
    *,
    enable: bool,
    dry_run: bool,
    everything: bool,
    report: bool,
) -> None:
    """Take in a codec out of a repository that others publish.

    PATH is a checkout of The Things Network's lorawan-devices or of chirpstack-device-profiles, as it is. The codec is
    shown with its licence, proved with its own vectors and with damaged payloads, and its readings are proposed
    properties. It is installed in profiles_dir, not in use until its profile.toml says so. Whether you may use it is
    between you and its licence.

    \b
    Examples:
        citygate profiles import ~/lorawan-devices --device elsys/ers --dry-run
        citygate profiles import ~/lorawan-devices --device vendor/model --map "door=door_open" --enable
        citygate profiles import ~/chirpstack-device-profiles --all --report
    """
    if everything == (device is not None):
        fail(Exit.USAGE, "say which device, or --all", "For example: citygate profiles import PATH --device elsys/ers")
    try:
        engine_file()
    except ImportError as error:
        fail(Exit.FAILED, str(error), MEND)
    except NoEngineError as error:
        fail(Exit.FAILED, str(error))
    try:
        checkout = Checkout(path)
        repository = repository_of(checkout)
        if device is None:
            asyncio.run(_report(checkout, repository, reasons=report))
            return
        folder = None if dry_run else _profiles_dir(config_path)
        model = _model(checkout, repository, device)
        asyncio.run(_take_in(checkout, model, folder, _given(given), privacy_class=privacy_class, enable=enable))
    except RepositoryError as error:
        fail(Exit.FAILED, str(error))


def repository_of(checkout: Checkout) -> ModuleType:
    """What reads this layout. Raises RepositoryError."""
    try:
        from gateway.codecs.published import chirpstack_profiles, lorawan_devices  # noqa: PLC0415 - needs YAML
    except ImportError as error:
        raise RepositoryError(f"reading repositories needs PyYAML: {MEND}") from error
    for reader in (lorawan_devices, chirpstack_profiles):
        if reader.is_this(checkout):
            return reader
    raise RepositoryError(
        f"{checkout.root} has neither vendor/ (lorawan-devices) nor vendors/ (chirpstack-device-profiles)"
    )


def _profiles_dir(config_path: Path | None) -> Path:
    folder = open_config(config_path).gateway.profiles_dir
    if folder is None:
        fail(Exit.MISTAKES, "no folder for profiles of your own", 'Add to [gateway]: profiles_dir = "profiles"')
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _model(checkout: Checkout, repository: ModuleType, device: str) -> Model:
    vendor, slash, name = device.partition("/")
    found: Model | None = repository.model(checkout, vendor, name) if slash else None
    if found is None:
        raise RepositoryError(f"the repository has no device '{device[:80]}' with a codec")
    if found.codec.fault:
        raise RepositoryError(f"{device}: {found.codec.fault}")
    return found


def _given(pairs: tuple[str, ...]) -> dict[str, str]:
    meant: dict[str, str] = {}
    for pair in pairs:
        reading, _, prop = pair.partition("=")
        if prop not in PROPERTIES:
            fail(Exit.USAGE, f"--map {pair}: '{prop}' is not in the vocabulary", "Write READING=PROPERTY")
        meant[reading] = prop
    return meant


async def _take_in(
    checkout: Checkout, model: Model, folder: Path | None, given: dict[str, str], *, privacy_class: str, enable: bool
) -> None:
    licence = licence_of(checkout, model.codec.file)
    click.echo(f"{model.name}  {model.title}\n  codec    {model.codec.file}\n  licence  {licence.repository}")
    for line in licence.codec:
        click.echo(f"           {line}")
    async with Codecs(Events(), quarantine=False) as codecs:
        fresh = await prove(codecs, checkout, [model.codec], fresh=True)
        kept = await prove(codecs, checkout, [model.codec], fresh=False)
        endings = await mutate(codecs, checkout, model.codec)
        answers = await _uplinks(codecs, checkout, model)
    needs_fresh = len(kept.failures) > len(fresh.failures)
    _tell(fresh, kept, endings, needs_fresh=needs_fresh)
    rows = propose(_readings(model, answers), given)
    _show(rows)
    for name in given.keys() - {row.reading for row in rows}:
        click.echo(f"--map {name}: no vector has this reading. If others do, write it into [map] yourself.", err=True)
    if folder is None:
        click.echo("Dry run: nothing written.")
        return
    if not any(row.property for row in rows):
        raise RepositoryError("no reading has a property, so nothing could be observed. Say --map READING=PROPERTY")
    where = install(
        folder,
        checkout,
        model,
        rows,
        answers,
        licence=licence.repository,
        fresh_context=needs_fresh,
        enabled=enable,
        privacy_class=privacy_class,
    )
    click.echo(f"Written to {where}")
    if not enable:
        click.echo(
            f"Not in use yet: look at its [map], then set enabled = true. Devices have it as '{profile_name(model)}'."
        )


async def _uplinks(codecs: Codecs, checkout: Checkout, model: Model) -> list[tuple[PublishedVector, CodecAnswer]]:
    wanted = []
    for vector in model.codec.vectors:
        if vector.function == "decodeUplink":
            try:
                wanted.append((vector, call_of(checkout, model.name, vector, fresh=True)))
            except RepositoryError:
                continue  # told as a failed vector already
    answers = await codecs.decode([call for _vector, call in wanted])
    return [(vector, answer) for (vector, _call), answer in zip(wanted, answers, strict=True)]


def _readings(model: Model, answers: list[tuple[PublishedVector, CodecAnswer]]) -> list:  # type: ignore[type-arg]
    found = []
    for _vector, answer in answers:
        readings = codec_readings(model.name, answer, Uplink("vector"))
        found += [] if isinstance(readings, Rejected) else readings
    return found


def _tell(fresh: Score, kept: Score, endings: Counter[str], *, needs_fresh: bool) -> None:
    functions = sorted(fresh.all)
    click.echo(f"  vectors  {fresh.line(fresh.all)} with a fresh context, {kept.line(kept.all)} with a reused one")
    for failure in fresh.failures:
        click.echo(f"           {failure.function}, {failure.about}: {failure.why}")
    if needs_fresh:
        click.echo("           it keeps something between calls: its profile says fresh_context = true")
    if not functions:
        click.echo("           it comes without vectors: nobody has shown that it is right")
    told = (
        ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
        or "none: no uplink vector to begin from"
    )
    click.echo(f"  damaged  {told}")
    if endings["stopped"] or endings["killed"]:
        click.echo("           it hangs on some of them: such uplinks are stopped after 100 ms and kept")


def _show(rows: list[Proposed]) -> None:
    cells = [(row.reading, repr(row.sample)[:40], row.property, row.unit) for row in rows]
    print_table("", ("reading", "such as", "property", "unit"), cells, empty="Its vectors show no reading.")


async def _report(checkout: Checkout, repository: ModuleType, *, reasons: bool) -> None:
    published = list(repository.codecs(checkout))
    async with Codecs(Events(), quarantine=False) as codecs:
        fresh = await prove(codecs, checkout, published, fresh=True)
        kept = await prove(codecs, checkout, published, fresh=False)
    rows = [
        (what, fresh.line(functions), kept.line(functions))
        for what, functions in (
            ("uplinks", ("decodeUplink",)),
            ("normalised", ("normalizeUplink",)),
            ("downlinks, encoded", ("encodeDownlink",)),
            ("downlinks, decoded", ("decodeDownlink",)),
        )
    ]
    click.echo(f"{len(published)} codecs, {sum(bool(one.vectors) for one in published)} with vectors")
    print_table("", ("vectors", "fresh context", "reused context"), rows, empty="")
    for one in published if reasons else ():
        if one.fault:
            click.echo(f"not run: {one.name}: {one.fault}")
    for word, score in (("fresh", fresh), ("reused", kept)) if reasons else ():
        for failure in score.failures:
            click.echo(f"{word}: {failure.codec}, {failure.function}, {failure.about}: {failure.why}")
