"""``citygate influx …``."""

import asyncio
from pathlib import Path

import rich_click as click
from pydantic import ValidationError

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, open_config
from gateway.cli.screen import fail, progress
from gateway.sinks.influxdb.settings import InfluxdbSettings
from gateway.sinks.influxdb.setup import Admin, SetupError, set_up

TOKEN_FILE = Path("secrets/influxdb-token")


@click.group(epilog=EPILOGUE)
def influx() -> None:
    """Prepare an InfluxDB for the gateway."""


@influx.command(epilog=EPILOGUE)
@config_option
@click.option(
    "--retention-days", required=True, type=click.IntRange(min=0), metavar="N", help="Keep data so long; 0: ever."
)
@click.option("--sink", metavar="NAME", help="Which [sinks.NAME] of citygate.toml, if it has several InfluxDBs.")
@click.option("--url", metavar="URL", help="An InfluxDB that is not in citygate.toml yet.")
@click.option("--org", metavar="NAME", help="Its organisation (InfluxDB 2), with --url.")
@click.option("--bucket", default="citygate", show_default=True, metavar="NAME", help="Bucket or database, with --url.")
@click.option(
    "--admin-token-file", type=click.Path(path_type=Path), metavar="FILE", help="Administrator's token (2, 3)."
)
@click.option("--admin-name", default="", metavar="NAME", help="Administrator's name (InfluxDB 1).")
@click.option(
    "--admin-password-file", type=click.Path(path_type=Path), metavar="FILE", help="His password (InfluxDB 1)."
)
def setup(  # noqa: PLR0917 - click passes parameters by name
    config_path: Path | None,
    retention_days: int,
    sink: str | None,
    url: str | None,
    org: str | None,
    bucket: str,
    admin_token_file: Path | None,
    admin_name: str,
    admin_password_file: Path | None,
) -> None:
    """Make the place to write, its retention, and a token for it.

    Takes address and names from the InfluxDB sink of citygate.toml; with --url it prints such a table for you. On a
    fresh InfluxDB 2 it also makes the first administrator, on any 2 the mapping that InfluxQL and Grafana need. The
    gateway's token can only read and write its bucket. Doing it twice with the same N does no harm; a smaller N lets
    InfluxDB drop what is older.

    \b
    Examples:
        citygate influx setup --retention-days 1096
        citygate influx setup --retention-days 365 --url http://db:8086 --org mechelen
        citygate influx setup --retention-days 0 --admin-name admin --admin-password-file /etc/citygate/admin-password
    """
    settings = _by_options(url, org, bucket) if url else _of_config(config_path, sink)
    admin = Admin(_secret(admin_password_file if admin_name else admin_token_file), admin_name)
    try:
        with progress("asking InfluxDB"):
            report = asyncio.run(set_up(settings, admin=admin, retention_days=retention_days))
    except SetupError as error:
        fail(Exit.FAILED, str(error), "See citygate influx setup --help for an administrator's token or password.")
    except OSError as error:
        fail(Exit.FAILED, f"a secret's file cannot be written: {error}", "Check owner and mode of its folder.")
    click.echo(f"InfluxDB {report.version} at {settings.url}", err=True)
    for step in report.steps:
        click.echo(f"{step.done:<8} {step.what}", err=True)
    if url:
        click.echo("\nPut this into citygate.toml:\n", err=True)
        click.echo(_table(settings, report.api), nl=False)


def _of_config(config_path: Path | None, name: str | None) -> InfluxdbSettings:
    """The settings of the InfluxDB sink in citygate.toml. Ends the command where it is not clear which."""
    sinks = open_config(config_path).sinks
    found = {key: sink.settings for key, sink in sinks.items() if isinstance(sink.settings, InfluxdbSettings)}
    if name is not None:
        found = {key: settings for key, settings in found.items() if key == name}
    if not found:
        fail(Exit.USAGE, "citygate.toml has no such InfluxDB sink", "Add one, or name the server with --url.")
    if len(found) > 1:
        fail(Exit.USAGE, "citygate.toml has several InfluxDB sinks", f"--sink {' or '.join(found)}")
    (settings,) = found.values()
    return settings


def _by_options(url: str, org: str | None, bucket: str) -> InfluxdbSettings:
    """Settings that suit every version: it is asked first, then it takes what it knows."""
    try:
        return InfluxdbSettings(
            url=url, org=org or "citygate", bucket=bucket, database=bucket, token_file=TOKEN_FILE.absolute()
        )
    except ValidationError as error:
        fail(Exit.USAGE, f"{url}: {error.errors()[0]['msg']}", "Write it as http://host:8086")


def _table(settings: InfluxdbSettings, api: str) -> str:
    place = {"database": settings.database}
    if api == "v2":
        place = {"org": settings.org, "bucket": settings.bucket}
    keys = {"kind": "influxdb", "url": settings.url, "api": api, **place}
    if settings.token_file is not None and settings.token_file.exists():
        keys["token_file"] = str(settings.token_file)
    return "[sinks.influxdb]\n" + "".join(f'{key} = "{value}"\n' for key, value in keys.items())


def _secret(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(Exit.FAILED, f"{file} cannot be read: {error}", "Name the file with the secret, one line.")
