"""Files for a Mosquitto that does not lose: configuration, passwords, access list, TLS certificates.

Password file: ``user:$7$<iterations>$<salt>$<hash>``, PBKDF2 with SHA-512 over the password (mosquitto_passwd(1), the
format of Mosquitto 2). The clear password goes to a file of mode 0600 that the gateway's ``password_file`` can name.
"""

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import msgspec

from gateway.deploy_files import deploy_dir

ITERATIONS = 20_000
SALT_BYTES = 12
CERTIFICATE_DAYS = 825

ACCESS = {
    "network-server": (
        "topic write application/#",
        "topic write v3/#",
        "topic write helium/#",
        "topic write sensors/#",
    ),
    "gateway": (
        "topic read application/#",
        "topic read v3/#",
        "topic read helium/#",
        "topic read sensors/#",
        "topic readwrite open/v1/#",
        "topic read $SYS/#",
    ),
}


class BrokerFiles(msgspec.Struct, frozen=True):
    """What was written, and what was there already and left alone."""

    folder: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


class OpensslMissingError(Exception):
    """The certificates are made by the program ``openssl``, which is not on this machine."""


def write_broker_files(folder: Path, *, host: str, port: int = 1883, tls_port: int = 8883) -> BrokerFiles:
    """Fill a folder. Nothing that exists is overwritten: delete a file to have it made anew.

    Raises OSError where the folder cannot be written, OpensslMissingError before anything is written.
    """
    if shutil.which("openssl") is None:
        raise OpensslMissingError("openssl is not installed. On Debian: apt install openssl")
    folder = folder.absolute()
    for name in ("data", "secrets", "tls"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "secrets").chmod(0o700)
    conf = (deploy_dir() / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8")
    for word, value in (("@DIR@", str(folder)), ("@PORT@", str(port)), ("@TLS_PORT@", str(tls_port))):
        conf = conf.replace(word, value)
    clear = {user: folder / "secrets" / f"{user}-password" for user in ACCESS}
    texts = {folder / "mosquitto.conf": conf, folder / "acl": access_list()}
    written: list[Path] = []
    kept: list[Path] = []
    for path, text in texts.items():
        (kept if path.exists() else written).append(path)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    if (folder / "passwords").exists():
        kept.append(folder / "passwords")
    else:
        written += [folder / "passwords", *clear.values()]
        _write_passwords(folder / "passwords", clear)
    (kept if (folder / "tls" / "server.crt").exists() else written).append(folder / "tls" / "server.crt")
    if not (folder / "tls" / "server.crt").exists():
        _make_certificates(folder / "tls", host)
    return BrokerFiles(folder, tuple(written), tuple(kept))


def access_list() -> str:
    """Each account's topics, nothing else: Mosquitto forbids what its list does not name."""
    return "\n".join(f"user {user}\n" + "\n".join(rules) + "\n" for user, rules in ACCESS.items())


def password_line(user: str, password: str, *, salt: bytes | None = None) -> str:
    """One line of Mosquitto's password file."""
    salt = salt if salt is not None else secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, 64)
    return f"{user}:$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def write_secret(path: Path, text: str) -> None:
    """A file that only its owner can read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)


def _write_passwords(path: Path, clear: dict[str, Path]) -> None:
    lines = []
    for user, file in clear.items():
        password = secrets.token_urlsafe(24)
        write_secret(file, password + "\n")
        lines.append(password_line(user, password))
    write_secret(path, "\n".join(lines) + "\n")


def _make_certificates(folder: Path, host: str) -> None:
    """An authority of the city's own and a certificate for the broker's name, by openssl."""
    kind = "IP" if host.replace(".", "").isdigit() or ":" in host else "DNS"
    extensions = folder / "server.ext"
    extensions.write_text(f"subjectAltName={kind}:{host},DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    days = ["-days", str(CERTIFICATE_DAYS)]
    commands = (
        ["req", "-x509", *new_key, *days, "-subj", "/CN=Citygate broker CA", "-keyout", "ca.key", "-out", "ca.crt"],
        ["req", *new_key, "-subj", f"/CN={host}", "-keyout", "server.key", "-out", "server.csr"],
        [
            *("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            *(*days, "-extfile", "server.ext", "-out", "server.crt"),
        ],
    )
    for command in commands:
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607 - fixed words
    for leftover in ("server.csr", "server.ext"):
        (folder / leftover).unlink()
    for key in ("ca.key", "server.key"):
        (folder / key).chmod(0o600)
