"""``citygate influx …``."""

from pathlib import Path
from typing import get_args

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail, progress
from gateway.influx_setup import SetupError, Wanted, prepare
from gateway.influx_setup.prepare import Api


@click.group(epilog=EPILOGUE)
def influx() -> None:
    """Prepare an InfluxDB for the gateway."""


@influx.command(epilog=EPILOGUE)
@click.option("--url", default="http://localhost:8086", show_default=True, metavar="URL", help="Where InfluxDB is.")
@click.option("--api", type=click.Choice(get_args(Api)), help="Its version. Default: as it says itself.")
@click.option("--org", default="citygate", show_default=True, metavar="NAME", help="Organisation (2).")
@click.option("--bucket", default="citygate", show_default=True, metavar="NAME", help="Bucket (2) or database (1, 3).")
@click.option("--retention-days", type=click.IntRange(min=0), metavar="N", help="Keep data so long; 0 is for ever.")
@click.option(
    "--admin-token-file", type=click.Path(path_type=Path), metavar="FILE", help="Administrator's token (2, 3)."
)
@click.option("--username", default="", metavar="NAME", help="Administrator's name (1).")
@click.option("--password-file", type=click.Path(path_type=Path), metavar="FILE", help="Administrator's password (1).")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    default=Path("secrets/influxdb-token"),
    show_default=True,
    metavar="FILE",
    help="Where the gateway's token goes; Grafana's lies beside it.",
)
def setup(  # noqa: PLR0917 - click passes parameters by name
    url: str,
    api: Api | None,
    org: str,
    bucket: str,
    retention_days: int | None,
    admin_token_file: Path | None,
    username: str,
    password_file: Path | None,
    token_file: Path,
) -> None:
    """Make the place to write, its retention, and a token for it.

    On a fresh InfluxDB 2 also its first administrator, on any 2 the mapping that InfluxQL and Grafana need. The
    gateway's token can only read and write its bucket. Doing it twice does no harm, and nothing is deleted.

    \b
    Examples:
        citygate influx setup --org mechelen --retention-days 1096
        citygate influx setup --url http://db:8086 --admin-token-file /root/influx-admin-token
        citygate influx setup --api v1 --username admin --password-file /root/influx-password
    """
    secret = _secret(password_file if username else admin_token_file)
    wanted = Wanted(url, org, bucket, token_file, retention_days, username, secret)
    try:
        with progress("asking InfluxDB"):
            done = prepare(wanted, api)
    except SetupError as error:
        fail(Exit.FAILED, str(error), error.mend)
    for step in done.steps:
        click.echo(f"ok  {step}", err=True)
    click.echo("Put this into citygate.toml:\n", err=True)
    click.echo(done.table, nl=False)


def _secret(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(Exit.FAILED, f"{file} cannot be read: {error}", "Name the file with the secret, one line.")
