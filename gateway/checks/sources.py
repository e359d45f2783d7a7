"""The sources: what they promise by their settings, and whether their far side answers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from gateway.checks import mosquitto_conf
from gateway.checks.finding import Finding
from gateway.config import Config
from gateway.mqtt.connection import Connection, open_connection
from gateway.mqtt.errors import ConnectRefusedError, ProtocolError
from gateway.mqtt.packets import Publish, Subscription
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.tls import client_context
from gateway.sources.file_settings import FileSourceSettings
from gateway.sources.http_settings import HttpSourceSettings
from gateway.sources.mqtt_settings import MqttSourceSettings

CONNECT_WITHIN_S = 5.0
LISTEN_S = 1.0
"""How long $SYS is listened to; its retained values come at once."""
FAILED_FROM = 0x80
"""A SUBACK code from here on is a refusal."""
DROPPED = "$SYS/broker/publish/messages/dropped"
VERSION = "$SYS/broker/version"
LOCAL = ("localhost", "127.0.0.1", "::1")
MOSQUITTO_FILES = (Path("/etc/mosquitto/mosquitto.conf"),)


def promises(config: Config) -> Iterator[Finding]:
    """What the settings alone say."""
    for name, source in config.sources.items():
        match source.settings:
            case MqttSourceSettings() as settings:
                yield from _mqtt_promises(f"sources.{name}", settings)
            case HttpSourceSettings() as settings:
                yield from _http_promises(f"sources.{name}", settings)
            case FileSourceSettings() as settings if not Path(settings.path).is_file():
                yield Finding("error", f"sources.{name}.path", f"there is no file {settings.path}", "Check the name.")


def _mqtt_promises(what: str, settings: MqttSourceSettings) -> Iterator[Finding]:
    if settings.qos == 0:
        mend = "Write qos = 1."
        if settings.dialect == "tts-v3":
            mend = "The Things Stack sends nothing else: its gaps are seen by the frame counter."
        yield Finding("warning", f"{what}.qos", "QoS 0: what is lost on the way to us stays lost", mend)
    address = settings.address
    if settings.password_file and not address.tls and address.host not in LOCAL:
        mend = "Write url = mqtts://…, and ca_file if the broker's certificate is the city's own."
        yield Finding("warning", f"{what}.url", "the password travels in clear text", mend)


def _http_promises(what: str, settings: HttpSourceSettings) -> Iterator[Finding]:
    host, port = settings.address
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        mend = "Fine if the gateway runs already; else give it another port."
        yield Finding("warning", f"{what}.listen", f"{settings.listen} cannot be bound: {error}", mend)


def broker_files(config: Config, files: tuple[Path, ...] = MOSQUITTO_FILES) -> Iterator[Finding]:
    """Mosquitto's own configuration, where the broker is on this machine or its file was made by us."""
    ours = config.path.parent / "mosquitto" / "mosquitto.conf"
    hosts = {s.settings.address.host for s in config.sources.values() if isinstance(s.settings, MqttSourceSettings)}
    local = hosts & {*LOCAL, socket.gethostname()}
    candidates = [ours] if ours.is_file() else list(files) if local else []
    for file in candidates:
        try:
            yield from mosquitto_conf.findings(mosquitto_conf.read_settings(file), str(file))
        except OSError:
            continue  # not there, or not ours to read: the broker is asked from outside


async def reach(config: Config) -> AsyncIterator[Finding]:
    """Connect to each broker under a client id of our own, and look at what it tells."""
    for name, source in config.sources.items():
        if isinstance(source.settings, MqttSourceSettings):
            async for finding in _reach_broker(f"sources.{name}", source.settings):
                yield finding


async def _reach_broker(what: str, settings: MqttSourceSettings) -> AsyncIterator[Finding]:
    told: dict[str, str] = {}

    def note(_connection: Connection, publishes: list[Publish]) -> None:
        told.update({publish.topic: bytes(publish.payload).decode(errors="replace")[:100] for publish in publishes})

    try:
        connection = await open_connection(await asyncio.to_thread(_greeting, settings), on_publishes=note)
    except ConnectRefusedError as error:
        yield Finding("error", what, f"{settings.url} refuses us: {error.words}", error.mend)
        return
    except (OSError, TimeoutError, ProtocolError, ValueError) as error:
        mend = "Is the broker running, and are host, port and TLS right?"
        yield Finding("error", what, f"{settings.url} cannot be reached: {error or type(error).__name__}", mend)
        return
    try:
        wanted = [Subscription(topic, settings.qos) for topic in settings.topics]
        asked = [*wanted, Subscription(DROPPED, 0), Subscription(VERSION, 0)]
        codes = await connection.subscribe(asked)
        await asyncio.sleep(LISTEN_S)
        for finding in _judged(what, settings, list(zip(wanted, codes, strict=False)), told):
            yield finding
    except (OSError, TimeoutError) as error:
        yield Finding("error", what, f"{settings.url} broke off: {error}", "Look into the broker's log.")
    finally:
        await connection.close()


def _judged(
    what: str, settings: MqttSourceSettings, answers: list[tuple[Subscription, int]], told: dict[str, str]
) -> Iterator[Finding]:
    refused = [subscription.topic_filter for subscription, code in answers if code >= FAILED_FROM]
    weaker = [subscription.topic_filter for subscription, code in answers if code < subscription.qos]
    for topic in refused:
        mend = "Allow it in the broker's access list, or correct topics."
        yield Finding("error", f"{what}.topics", f"the broker does not let us read '{topic}'", mend)
    for topic in weaker:
        yield Finding("warning", f"{what}.topics", f"the broker grants a lower QoS for '{topic}'", "Ask its operator.")
    dropped = told.get(DROPPED, "0")
    if dropped.isdigit() and int(dropped):
        mend = "Raise max_queued_messages and max_queued_bytes of the broker."
        yield Finding("warning", what, f"the broker has dropped {int(dropped):,} messages since it started", mend)
    if not refused:
        yield Finding("ok", what, f"{settings.url} answers" + (f" ({told[VERSION]})" if VERSION in told else ""))


def _greeting(settings: MqttSourceSettings) -> ConnectionSettings:
    """As the source connects, but under another name and without a session: the running gateway is left alone."""
    address = settings.address
    tls = None
    if address.tls:
        tls = client_context(ca_file=settings.ca_file, cert_file=settings.cert_file, key_file=settings.key_file)
    password = settings.password_file.read_bytes().rstrip(b"\r\n") if settings.password_file else None
    greeting = ConnectionSettings(
        host=address.host,
        port=address.port,
        version=settings.version,
        client_id=f"{settings.client_id}-check",
        username=settings.username,
        password=password,
        tls=tls,
        connect_within_s=CONNECT_WITHIN_S,
    )
    return msgspec.structs.replace(greeting, clean_start=True)
