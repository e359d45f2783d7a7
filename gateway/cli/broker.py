"""``citygate broker …``."""

from pathlib import Path
from subprocess import CalledProcessError

import rich_click as click

from gateway.broker_files import OpensslMissingError, write_broker_files
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail


@click.group(epilog=EPILOGUE)
def broker() -> None:
    """Set up a Mosquitto that does not lose what it has accepted."""


@broker.command(epilog=EPILOGUE)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--host", default="localhost", show_default=True, metavar="NAME", help="The broker's name, for its certificate."
)
@click.option(
    "--port", default=1883, show_default=True, type=click.IntRange(1, 65_535), help="Plain, this machine only."
)
@click.option("--tls-port", default=8883, show_default=True, type=click.IntRange(1, 65_535), help="TLS, from outside.")
def setup(folder: Path, host: str, port: int, tls_port: int) -> None:
    """Write a whole Mosquitto set-up into DIR.

    Configuration, accounts, access list and TLS certificates. Nothing that exists is overwritten: delete a file to
    have it made anew. Passwords are in DIR/secrets.

    \b
    Example:
        citygate broker setup /etc/citygate/mosquitto --host mqtt.mechelen.example
    """
    try:
        files = write_broker_files(folder, host=host, port=port, tls_port=tls_port)
    except OpensslMissingError as error:
        fail(Exit.FAILED, str(error))
    except (OSError, CalledProcessError) as error:
        fail(Exit.FAILED, f"{folder} cannot be filled: {error}", "Name a folder of your own, or use sudo.")
    for path in files.written:
        click.echo(f"wrote  {path}")
    for path in files.kept:
        click.echo(f"kept   {path}")
    click.echo(f"Start it with: mosquitto -c {files.folder / 'mosquitto.conf'}")
    click.echo(f"The gateway's password is in {files.folder / 'secrets' / 'gateway-password'} (user: gateway)")
