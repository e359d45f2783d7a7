"""Files for a Mosquitto that does not lose: configuration, accounts, access list, and TLS by ``broker_certificates``.

    DIR/mosquitto.conf               acl, passwords, tls/, data/: what Mosquitto reads and writes
    DIR/secrets/<account>-password   in clear, mode 0600: for the network server, and for the gateway's password_file
    DIR/data/dynamic-security.json   instead of acl and passwords, where the plugin keeps the accounts
    DIR/secrets/ca.key               the key of the city's own authority: Mosquitto never needs it

Laws
- Nothing that exists is overwritten: delete a file and run again to have it made anew. Accounts keep the passwords of
  their files in ``secrets``, and a new server certificate is signed by the authority that clients know already.
- Mosquitto from 2.0.16 on complains about password and access files that others can read, or that are not its own:
  they get mode 0600, and the owner that is named. Folders stay with who runs this, but for ``data``: the broker's
  account can put nothing in the way of a later run as root.
"""

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from gateway.broker_accounts import DYNAMIC_SECURITY, first_document, password_line, plugin_path
from gateway.broker_certificates import make_authority, make_server_certificate
from gateway.deploy_files import deploy_dir

ACCESS = {
    "network-server": (
        "topic write application/#",
        "topic read application/+/device/+/command/+",  # ChirpStack asks again without end where this is refused
        "topic write +/gateway/#",
        "topic write gateway/#",
        "topic write v3/#",
        "topic write helium/#",
        "topic write sensors/#",
    ),
    "gateway": (
        "topic read application/#",
        "topic write application/+/device/+/command/down",
        *(f"topic read {region}gateway/+/{end}" for region in ("+/", "") for end in ("event/stats", "state/conn")),
        "topic read v3/#",
        "topic write v3/+/devices/+/down/push",
        "topic write v3/+/devices/+/down/replace",
        "topic read helium/#",
        "topic read sensors/#",
        "topic readwrite open/v1/#",
        "topic readwrite sta/v1.1/#",
        "topic read $SYS/#",
    ),
}
"""Account → rules of mosquitto.conf(5), acl_file."""
OPEN_ACCESS = {"gateway": ("topic readwrite open/v1/#", "topic readwrite sta/v1.1/#", "topic read $SYS/#")}
"""The same of a broker for start-ups; their own accounts are written by ``gateway.startups``."""

Purpose = Literal["uplinks", "startups"]
Keeping = Literal["files", "dynamic-security"]
"""Where a broker keeps its accounts: in files that it reads at SIGHUP, or in its plugin, changed while it runs."""

_TEMPLATES: dict[Purpose, str] = {"uplinks": "mosquitto.conf", "startups": "open.conf"}
_ACCESS: dict[Purpose, Mapping[str, Sequence[str]]] = {"uplinks": ACCESS, "startups": OPEN_ACCESS}


class BrokerFiles(msgspec.Struct, frozen=True):
    """What was written, what was there already and left alone, and what the broker's account must own."""

    folder: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    brokers_own: tuple[Path, ...]


class OpensslMissingError(Exception):
    """The certificates are made by the program ``openssl``, which is not on this machine."""


class Owner(msgspec.Struct, frozen=True):
    """The account that the broker runs as, by number."""

    user: int
    group: int


def write_broker_files(
    folder: Path,
    *,
    host: str,
    port: int = 1883,
    tls_port: int = 8883,
    listen: str = "127.0.0.1",
    owner: Owner | None = None,
    also: Sequence[str] = (),
    purpose: Purpose = "uplinks",
    keeping: Keeping = "files",
) -> BrokerFiles:
    """Fill a folder. ``host`` and ``also`` are the names and addresses that clients connect to.

    ``listen`` is where the plain port is open; ``owner`` gets what the broker reads and writes.

    Raises OSError where the folder cannot be written or given away, CalledProcessError when openssl refuses a name,
    and OpensslMissingError before anything is written; FileNotFoundError where the plugin is not on this machine.
    """
    if shutil.which("openssl") is None:
        raise OpensslMissingError("openssl is not installed. On Debian: apt install openssl")
    folder = folder.absolute()
    accounts = f"password_file {folder}/passwords\nacl_file {folder}/acl"
    if keeping == "dynamic-security":
        accounts = f"plugin {plugin_path()}\nplugin_opt_config_file {folder / DYNAMIC_SECURITY}"
    make_folders(folder)
    files = _Files()
    values = {"@DIR@": str(folder), "@LISTEN@": listen, "@PORT@": str(port), "@TLS_PORT@": str(tls_port)}
    conf = filled_in(_TEMPLATES[purpose], values | {"@ACCOUNTS@": accounts})
    files.text(folder / "mosquitto.conf", conf, mode=0o644)
    if keeping == "files":
        files.text(folder / "acl", access_list(_ACCESS[purpose]), mode=0o600)
        _write_accounts(files, folder, _ACCESS[purpose])
        brokers_own = tuple(folder / name for name in ("acl", "passwords", "tls/server.key", "data"))
    else:
        _write_plugin_accounts(files, folder, _ACCESS[purpose])
        brokers_own = (folder / "tls/server.key", folder / "data")
    _write_certificates(files, folder / "tls", folder / "secrets" / "ca.key", (host, *also))
    if owner is not None:
        _give_away(brokers_own, owner)
    return BrokerFiles(folder, tuple(files.written), tuple(files.kept), brokers_own)


def access_list(access: Mapping[str, Sequence[str]] = ACCESS) -> str:
    """Each account's topics, nothing else: Mosquitto forbids what its list does not name."""
    return "\n".join(f"user {user}\n" + "\n".join(rules) + "\n" for user, rules in access.items())


def write_secret(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first byte on."""
    _write(path, text, 0o600)


class _Files:
    """Writes what is missing, and keeps the tally."""

    def __init__(self) -> None:
        self.written: list[Path] = []
        self.kept: list[Path] = []

    def has(self, path: Path) -> bool:
        """Whether it is there; noted as kept or, to be written by the caller, as written."""
        found = path.exists()
        (self.kept if found else self.written).append(path)
        return found

    def text(self, path: Path, text: str, *, mode: int) -> None:
        if not self.has(path):
            _write(path, text, mode)


def make_folders(folder: Path) -> None:
    """Mosquitto must be able to pass through DIR to its own files; secrets are for the one who runs this."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    for name, mode in (("data", 0o700), ("secrets", 0o700), ("tls", 0o755)):
        if not (folder / name).exists():
            (folder / name).mkdir()
            (folder / name).chmod(mode)


def filled_in(template: str, values: Mapping[str, str]) -> str:
    """A template of ``deploy/mosquitto`` with its ``@WORDS@`` replaced."""
    text = (deploy_dir() / "mosquitto" / template).read_text(encoding="utf-8")
    for word, value in values.items():
        text = text.replace(word, value)
    return text


def _write_accounts(files: _Files, folder: Path, access: Mapping[str, Sequence[str]]) -> None:
    if files.has(folder / "passwords"):
        return
    lines = [password_line(user, _password(files, folder, user)) for user in access]
    write_secret(folder / "passwords", "\n".join(lines) + "\n")


def _write_plugin_accounts(files: _Files, folder: Path, access: Mapping[str, Sequence[str]]) -> None:
    if files.has(folder / DYNAMIC_SECURITY):
        return
    passwords = {user: _password(files, folder, user) for user in ("admin", *access)}
    write_secret(folder / DYNAMIC_SECURITY, first_document(passwords, access))


def _password(files: _Files, folder: Path, user: str) -> str:
    clear = folder / "secrets" / f"{user}-password"
    files.text(clear, secrets.token_urlsafe(24) + "\n", mode=0o600)
    return clear.read_text(encoding="utf-8").strip()


def _write_certificates(files: _Files, tls: Path, authority_key: Path, hosts: Sequence[str]) -> None:
    if files.has(tls / "server.crt"):
        return
    if not files.has(tls / "ca.crt"):
        make_authority(tls / "ca.crt", authority_key)
        files.written.append(authority_key)
    make_server_certificate(tls, authority_key, hosts)
    files.written.append(tls / "server.key")


def _write(path: Path, text: str, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as out:
        out.write(text)
        os.fchmod(out.fileno(), mode)  # whatever the umask took away


def _give_away(paths: tuple[Path, ...], owner: Owner) -> None:
    for path in paths:
        for one in (path, *sorted(path.rglob("*"))):
            os.chown(one, owner.user, owner.group, follow_symlinks=False)
