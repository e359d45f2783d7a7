"""TLS and mutual TLS against Mosquitto, with authorities and certificates made by openssl for the day."""

import subprocess
from pathlib import Path

import pytest

from gateway.mqtt.connection import open_connection
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.tls import client_context
from tests import servers


def openssl(*arguments: object) -> None:
    subprocess.run([servers.program("openssl"), *map(str, arguments)], check=True, capture_output=True)


def make_authority(folder: Path, name: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl(
        "req", "-x509", *curve, *extensions, "-days", 2, "-subj", f"/CN={name}",
        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
    )  # fmt: skip


def make_certificate(folder: Path, name: str, authority: str) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    request = folder / f"{name}.csr"
    openssl("req", *curve, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", request)
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl(
        "x509", "-req", "-in", request, "-CA", folder / f"{authority}.pem", "-CAkey", folder / f"{authority}.key",
        "-days", 2, "-set_serial", abs(hash(name)) % 10_000 + 1,
        "-extfile", folder / "names", "-out", folder / f"{name}.pem",
    )  # fmt: skip


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_authority(folder, "authority")
    make_authority(folder, "stranger")
    make_certificate(folder, "broker", "authority")
    make_certificate(folder, "gateway", "authority")
    return folder


def tls_broker(folder: Path, certificates: Path, *, demands_certificate: bool) -> tuple[servers.Server, int]:
    port = servers.free_port()
    config = (
        f"listener {port} 127.0.0.1\ncafile {certificates}/authority.pem\ncertfile {certificates}/broker.pem\n"
        f"keyfile {certificates}/broker.key\nrequire_certificate {'true' if demands_certificate else 'false'}\n"
    )
    return servers.mosquitto(folder, config=config), port


async def test_speaks_tls_to_a_broker_it_can_verify(tmp_path: Path, certificates: Path) -> None:
    broker, port = tls_broker(tmp_path, certificates, demands_certificate=False)
    tls = client_context(ca_file=certificates / "authority.pem")
    with servers.running(broker):
        connection = await open_connection(ConnectionSettings(host="localhost", port=port, tls=tls))
        assert await connection.publish_many([Outgoing("t", b"x" * 100_000)]) == [0x10]
        await connection.close()


async def test_refuses_a_broker_it_cannot_verify(tmp_path: Path, certificates: Path) -> None:
    broker, port = tls_broker(tmp_path, certificates, demands_certificate=False)
    tls = client_context(ca_file=certificates / "stranger.pem")
    with servers.running(broker), pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        await open_connection(ConnectionSettings(host="localhost", port=port, tls=tls))


async def test_shows_its_certificate_where_the_broker_demands_one(tmp_path: Path, certificates: Path) -> None:
    broker, port = tls_broker(tmp_path, certificates, demands_certificate=True)
    tls = client_context(
        ca_file=certificates / "authority.pem",
        cert_file=certificates / "gateway.pem",
        key_file=certificates / "gateway.key",
    )
    with servers.running(broker):
        connection = await open_connection(ConnectionSettings(host="localhost", port=port, tls=tls))
        await connection.close()


async def test_says_what_may_be_missing_when_a_certificate_was_demanded(tmp_path: Path, certificates: Path) -> None:
    broker, port = tls_broker(tmp_path, certificates, demands_certificate=True)
    tls = client_context(ca_file=certificates / "authority.pem")
    with servers.running(broker), pytest.raises(OSError, match="client certificate"):
        await open_connection(ConnectionSettings(host="localhost", port=port, tls=tls))


def test_unusable_files_are_named_with_the_cure(tmp_path: Path, certificates: Path) -> None:
    with pytest.raises(ValueError, match=r"ca_file: .*nowhere.pem is not a readable file"):
        client_context(ca_file=tmp_path / "nowhere.pem")
    with pytest.raises(ValueError, match="key_file without cert_file"):
        client_context(key_file=certificates / "gateway.key")
    with pytest.raises(ValueError, match="do not go together"):
        client_context(cert_file=certificates / "gateway.pem", key_file=certificates / "broker.key")
    with pytest.raises(ValueError, match="holds no certificate"):
        client_context(ca_file=certificates / "gateway.key")


def test_a_locked_key_is_refused_instead_of_asked_about(tmp_path: Path, certificates: Path) -> None:
    locked = tmp_path / "locked.key"
    openssl("ec", "-in", certificates / "gateway.key", "-aes256", "-passout", "pass:secret", "-out", locked)
    with pytest.raises(ValueError, match="locked by a passphrase"):
        client_context(cert_file=certificates / "gateway.pem", key_file=locked)
