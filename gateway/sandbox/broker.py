"""The sandbox's broker: a Mosquitto with the accounts, limits and topics of a real one; else the embedded one, without.

Law: what differs from ``deploy/mosquitto/open.conf`` is said here: no TLS (everything is on loopback), and uplinks
come in on the inner port, which in a city is another broker's.
"""

import os
import re
import secrets
import shutil
from pathlib import Path

from gateway.broker_accounts import password_line
from gateway.broker_files import ACCESS, access_list, filled_in, make_folders, write_secret
from gateway.demo.children import Child

FOLDER = "broker"
_TLS = re.compile(r"(?m)^(cafile|certfile|keyfile|tls_version) .*\n")


def mosquitto_program() -> str | None:
    """Mosquitto, where it is installed: Debian has it outside the path of people."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def write_broker(folder: Path, *, inner_port: int, port: int) -> None:
    """Configuration and accounts below ``folder``; ``port`` is for start-ups, ``inner_port`` for city and gateway."""
    make_folders(folder)
    for user in ACCESS:
        write_secret(folder / "secrets" / f"{user}-password", secrets.token_urlsafe(24) + "\n")
    lines = [password_line(user, secret(folder, user)) for user in ACCESS]
    write_secret(folder / "passwords", "\n".join(lines) + "\n")
    write_secret(folder / "acl", access_list())
    values = {
        "@DIR@": str(folder),
        "@LISTEN@": "127.0.0.1",
        "@PORT@": str(inner_port),
        "@TLS_PORT@": f"{port} 127.0.0.1",
        "@ACCOUNTS@": f"password_file {folder}/passwords\nacl_file {folder}/acl",
    }
    conf = _TLS.sub("", filled_in("open.conf", values))
    if os.geteuid() == 0:
        conf += "\nuser root\n"  # else it would give up the rights to its own files; it listens on loopback only
    (folder / "mosquitto.conf").write_text(conf, encoding="utf-8")


def secret(folder: Path, user: str) -> str:
    """The password of one of the broker's own accounts."""
    return (folder / "secrets" / f"{user}-password").read_text(encoding="utf-8").strip()


def start_mosquitto(program: str, folder: Path) -> Child:
    """Mosquitto on the written files."""
    return Child("broker", [program, "-c", str(folder / FOLDER / "mosquitto.conf")], folder)
