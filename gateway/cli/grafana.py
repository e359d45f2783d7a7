"""``citygate grafana …``."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import JsonOption, fail, print_json, print_table, progress
from gateway.grafana.export import export as export_files
from gateway.grafana.pages import SHIPPED_SOURCE
from gateway.grafana.push import PushError, Step
from gateway.grafana.push import push as push_pages

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
SOURCE_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
AT_HOME = {"localhost", "127.0.0.1", "::1"}

city_option = click.option("--city", metavar="NAME", help="Whose pages; as in citygate.toml, unless you name it.")


@click.group(epilog=EPILOGUE)
def grafana() -> None:
    """Bring the dashboards into a Grafana."""


@grafana.command(epilog=EPILOGUE)
@config_option
@click.option("--url", required=True, metavar="URL", help="Address of the Grafana, with its sub-path if it has one.")
@click.option(
    "--token-file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Token of a service account with the role Editor, one line.",
)
@click.option("--datasource", metavar="UID", help="Which InfluxDB data source; the only one, unless you name it.")
@city_option
@JsonOption
def push(  # noqa: PLR0917 - click passes parameters by name
    config_path: Path | None, url: str, token_file: Path, datasource: str | None, city: str | None, as_json: bool
) -> None:
    """Put the dashboards into a running Grafana.

    Makes a folder for the city and a page for each dashboard. Doing it again writes only what differs; changes made
    by hand to these pages are put back. Data sources and alerts are left alone: they come by files, see export.

    \b
    Examples:
        citygate grafana push --url https://grafana.example.org --token-file grafana-token
        citygate grafana push --url http://localhost:3000 --token-file grafana-token --datasource citygate --city delft
    """
    from gateway.grafana.client import HttpGrafana  # noqa: PLC0415 - the other command needs no HTTP

    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in AT_HOME:
        click.echo(f"warning: the token travels to {parts.hostname} in clear. Use https:// where you can.", err=True)
    name = _city(city, config_path)
    try:
        with progress("asking Grafana"), HttpGrafana(url, _token(token_file)) as server:
            steps = push_pages(server, name, datasource)
    except PushError as error:
        fail(Exit.FAILED, str(error), error.mend)
    _tell(steps, as_json=as_json)


@grafana.command(epilog=EPILOGUE)
@config_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--datasource", default=SHIPPED_SOURCE, show_default=True, metavar="UID", help="Uid of the data source.")
@city_option
@JsonOption
def export(folder: Path, config_path: Path | None, datasource: str, city: str | None, as_json: bool) -> None:
    """Write dashboards, data source and alert rules as files.

    For a Grafana that reads files: copy what is below DIR to /etc/grafana. Doing it again writes only what differs.

    \b
    Examples:
        citygate grafana export ./grafana
        citygate grafana export /etc/grafana --city delft
    """
    if not SOURCE_UID.fullmatch(datasource):
        fail(Exit.USAGE, f"'{datasource}' is no uid of a data source", "Letters, digits, - and _, at most 40.")
    try:
        steps = export_files(folder, _city(city, config_path), datasource)
    except OSError as error:
        fail(Exit.FAILED, f"cannot write: {error}", "Name a folder that you may write in.")
    _tell(steps, as_json=as_json)


def _city(name: str | None, config_path: Path | None) -> str:
    """As the command line or citygate.toml names it."""
    if name is None:
        return open_config(config_path).gateway.city
    if not SLUG.fullmatch(name):
        fail(Exit.USAGE, f"'{name}' is no city as citygate.toml writes it", "Lower case, digits and -: st-truiden.")
    return name


def _token(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(Exit.FAILED, f"{file} cannot be read: {error}", "Name the file with the token, one line.")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        fail(Exit.FAILED, f"{file} holds no usable token", "Put the token of a service account there, one line.")
    return token


def _tell(steps: Sequence[Step], *, as_json: bool) -> None:
    if as_json:
        print_json([{"done": step.done, "what": step.what} for step in steps])
        return
    print_table("", ["done", "what"], [(step.done, step.what) for step in steps], empty="nothing to do")
