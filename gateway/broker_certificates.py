"""An authority of the city's own and a certificate for its broker, made by the program ``openssl``.

Both satisfy RFC 5280 to the letter (key usage, subject and authority key identifiers): Python from 3.13 on refuses
certificates that do not, and older clients do not mind.
"""

import ipaddress
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

AUTHORITY_DAYS = 3_650
"""Clients keep ``ca.crt`` for years; only the server's certificate is renewed under it."""
SERVER_DAYS = 825
"""What Apple's platforms accept at most from an authority that its owner installed."""

_AUTHORITY = """\
[req]
distinguished_name = name
prompt = no
x509_extensions = authority
[name]
CN = Citygate broker CA
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""
_SERVER = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {common_name}
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_LONGEST_COMMON_NAME = 64  # RFC 5280, ub-common-name; clients read subjectAltName anyway


def make_authority(certificate: Path, key: Path) -> None:
    """A self-signed authority. Raises CalledProcessError with openssl's words."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "authority.cnf"
        settings.write_text(_AUTHORITY, encoding="utf-8")
        days = ("-days", str(AUTHORITY_DAYS))
        _openssl("req", "-x509", *_NEW_KEY, *days, "-config", settings, "-keyout", key, "-out", certificate)
    key.chmod(0o600)
    certificate.chmod(0o644)


def make_server_certificate(tls: Path, authority_key: Path, hosts: Sequence[str]) -> None:
    """``tls/server.crt`` and ``server.key`` for names and addresses, signed by ``tls/ca.crt``.

    Valid for localhost too. Raises CalledProcessError with openssl's words.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings, request = Path(folder) / "server.cnf", Path(folder) / "server.csr"
        names = ",".join(f"{_kind(host)}:{host}" for host in dict.fromkeys((*hosts, "localhost", "127.0.0.1")))
        settings.write_text(_SERVER.format(common_name=hosts[0][:_LONGEST_COMMON_NAME], names=names), encoding="utf-8")
        key = tls / "server.key"
        _openssl("req", *_NEW_KEY, "-config", settings, "-keyout", key, "-out", request)
        key.chmod(0o600)
        signed_by = ("-CA", tls / "ca.crt", "-CAkey", authority_key, "-CAcreateserial")
        serial = ("-CAserial", Path(folder) / "serial")
        extensions = ("-extfile", settings, "-extensions", "server")
        days = ("-days", str(SERVER_DAYS))
        made = tls / "server.crt"
        _openssl("x509", "-req", "-in", request, *signed_by, *serial, *days, *extensions, "-out", made)
    made.chmod(0o644)


def _kind(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "DNS"
    return "IP"


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)  # noqa: S603, S607 - our words, no shell
