"""``citygate broker …``."""

import os
import pwd
import re
import shutil
from pathlib import Path
from subprocess import CalledProcessError

import rich_click as click

from gateway.broker_files import BrokerFiles, Keeping, OpensslMissingError, Owner, Purpose, write_broker_files
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.screen import fail

DEBIANS_ACCOUNT = "mosquitto"
NAME_OR_ADDRESS = r"[0-9A-Za-z]([0-9A-Za-z.:-]{0,251}[0-9A-Za-z])?"
DUTIES = {
    "gateway": "reads uplinks, publishes open/v1/#",
    "network-server": "publishes uplinks",
    "admin": "changes accounts, nothing else",
}
LOCAL = ("127.0.0.1", "::1", "localhost")


@click.group(epilog=EPILOGUE)
def broker() -> None:
    """Set up a Mosquitto that does not lose what it has accepted."""


@broker.command(epilog=EPILOGUE)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    default=("localhost",),
    show_default=True,
    metavar="NAME",
    help="Name or address that clients connect to, for the certificate. Repeat.",
)
@click.option("--port", default=1883, show_default=True, type=click.IntRange(1, 65_535), help="Port without TLS.")
@click.option("--tls-port", default=8883, show_default=True, type=click.IntRange(1, 65_535), help="Port with TLS.")
@click.option(
    "--listen",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where the port without TLS is open. Another address only in a network that nobody else is in.",
)
@click.option(
    "--owner",
    metavar="USER",
    help="Account that Mosquitto runs as, by name or number. Default: mosquitto, if root runs this and it exists.",
)
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["uplinks", "startups"]),
    default="uplinks",
    show_default=True,
    help="What it is for: to receive uplinks, or to publish open topics to start-ups.",
)
@click.option(
    "--accounts",
    "keeping",
    type=click.Choice(["files", "dynamic-security"]),
    default="files",
    show_default=True,
    help="Where Mosquitto keeps its accounts: in files, or in its plugin, changed while it runs.",
)
def setup(  # noqa: PLR0917 - click passes parameters by name
    folder: Path,
    hosts: tuple[str, ...],
    port: int,
    tls_port: int,
    listen: str,
    owner: str | None,
    purpose: Purpose,
    keeping: Keeping,
) -> None:
    """Write configuration, accounts, access list and TLS certificates into DIR.

    Nothing that exists is overwritten: delete a file and run this again to have it made anew.

    \b
    Examples:
        citygate broker setup /etc/citygate/mosquitto --host mqtt.mechelen.example
        citygate broker setup /etc/citygate/broker --for startups --host open.mechelen.example --port 1884
        citygate broker setup ./broker --host localhost --host 192.168.1.20 --port 11883 --tls-port 18883
    """
    for word in (*hosts, listen):
        if not re.fullmatch(NAME_OR_ADDRESS, word):
            fail(Exit.USAGE, f"'{word}' is not a name or address", "Write it as mqtt.city.example or 192.168.1.20")
    account = _account(owner)
    try:
        files = write_broker_files(
            folder,
            host=hosts[0],
            also=hosts[1:],
            port=port,
            tls_port=tls_port,
            listen=listen,
            owner=account,
            purpose=purpose,
            keeping=keeping,
        )
    except OpensslMissingError as error:
        fail(Exit.FAILED, str(error))
    except CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        fail(Exit.FAILED, f"openssl made no certificate: {said[0] if said else error}", "Is secrets/ca.key there?")
    except OSError as error:
        fail(Exit.FAILED, f"{folder} cannot be filled: {error}", "Name a folder of your own, or use sudo.")
    _tell(files, owner=owner, account=account, address=f"mqtts://{hosts[0]}:{tls_port}")
    if listen not in LOCAL:
        click.echo(f"warning: port {port} is open on {listen} without TLS: passwords pass there in clear", err=True)


def _account(owner: str | None) -> Owner | None:
    """Whose files they become; None leaves them with who runs this."""
    if owner is None and os.geteuid() != 0:
        return None
    if owner is not None and owner.isdecimal():
        return Owner(int(owner), int(owner))
    try:
        found = pwd.getpwnam(owner or DEBIANS_ACCOUNT)
    except KeyError:
        if owner is None:
            return None
        fail(Exit.USAGE, f"there is no account '{owner}' on this machine", "Install Mosquitto first, or give a number.")
    return Owner(found.pw_uid, found.pw_gid)


def _tell(files: BrokerFiles, *, owner: str | None, account: Owner | None, address: str) -> None:
    for path in files.written:
        click.echo(f"wrote  {path}")
    for path in files.kept:
        click.echo(f"kept   {path}")
    secrets = files.folder / "secrets"
    own = " ".join(str(path) for path in files.brokers_own)
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "mosquitto"
    click.echo("\nPasswords of its accounts, in clear, for their owners only:")
    for account_name, what in DUTIES.items():
        if (secrets / f"{account_name}-password").exists():
            click.echo(f"    {secrets / account_name}-password  user {account_name}: {what}")
    click.echo(f"Other machines need {files.folder / 'tls' / 'ca.crt'} and connect to {address}")
    if account is None:
        click.echo("\nMosquitto runs as an account of its own and must own what it reads and writes:")
        click.echo(f"    sudo chown -R {owner or DEBIANS_ACCOUNT}: {own}")
    else:
        click.echo(f"\nOwned by {owner or DEBIANS_ACCOUNT} now, as Mosquitto needs it: {own}")
    click.echo(f"Start it:\n    {program} -c {files.folder / 'mosquitto.conf'}")
    click.echo("As Debian's service: see mosquitto/README.md of Citygate's deploy folder.")
