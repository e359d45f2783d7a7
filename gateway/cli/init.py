"""``citygate init``."""

import re
import shutil
from pathlib import Path

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail
from gateway.config import FILE_NAME, SLUG
from gateway.deploy_files import deploy_dir
from gateway.files.mistakes import did_you_mean


def sample_pilots() -> list[str]:
    """The pilots that come with the release."""
    return sorted(path.stem for path in (deploy_dir() / "samples" / "pilots").glob("*.toml"))


@click.command(epilog=EPILOGUE)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--id", "gateway_id", default="gateway-1", show_default=True, metavar="ID", help="Name of this gateway.")
@click.option("--city", default="my-city", show_default=True, metavar="CITY", help="The city, in lower case.")
@click.option(
    "--broker", default="localhost", show_default=True, metavar="HOST", help="The MQTT broker to receive from."
)
@click.option("--sample", "samples", multiple=True, metavar="PILOT", help="Also copy a sample pilot. Repeat.")
def init(folder: Path, gateway_id: str, city: str, broker: str, samples: tuple[str, ...]) -> None:
    """Write a commented citygate.toml and folders for pilots and devices into DIR.

    Nothing that exists is overwritten.

    \b
    Examples:
        citygate init . --id gw-1 --city mechelen --broker mqtt.mechelen.example
        citygate init /etc/citygate --sample parking-mechelen
    """
    for word in (gateway_id, city):
        if not re.match(SLUG, word):
            fail(Exit.USAGE, f"'{word}' is not a name", "Use lower-case letters, digits and hyphens.")
    for sample in samples:
        if sample not in sample_pilots():
            fail(Exit.USAGE, f"there is no sample pilot '{sample}'", did_you_mean(sample, sample_pilots()))
    if (folder / FILE_NAME).exists():
        fail(Exit.FAILED, f"{folder / FILE_NAME} exists already", "Edit it, or name another folder.")
    source = deploy_dir() / "samples"
    text = (source / FILE_NAME).read_text("utf-8")
    for key, value in (("id", gateway_id), ("city", city), ("url", f"mqtt://{broker}:1883")):
        text = re.sub(rf'(?m)^{key} = ".*"$', f'{key} = "{value}"', text, count=1)
    try:
        for part in ("pilots", "devices"):
            (folder / part).mkdir(parents=True, exist_ok=True)
            for sample in samples:
                _copy(source / part / f"{sample}.toml", folder / part)
        (folder / FILE_NAME).write_text(text, encoding="utf-8")
    except OSError as error:
        fail(Exit.FAILED, f"{folder} cannot be written: {error.strerror}", "Name a folder of your own, or use sudo.")
    click.echo(f"Wrote {folder / FILE_NAME}, and folders for pilots and devices.")
    click.echo(f"Next: read it, then\n    citygate check --config {folder}\n    citygate run --config {folder}")


def _copy(file: Path, folder: Path) -> None:
    if not (folder / file.name).exists():
        shutil.copyfile(file, folder / file.name)
