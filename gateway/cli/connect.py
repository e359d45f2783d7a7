"""``citygate connect``."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import Seconds
from gateway.cli.screen import JsonOption, fail, mistakes_end_the_command, print_json, print_table, progress
from gateway.config import FILE_NAME, SLUG
from gateway.connect.detect import KINDS, Detection, detect, filters_of, uplinks
from gateway.connect.listen import Heard, listen
from gateway.connect.write import source_text, write_source
from gateway.explain.look import look_of
from gateway.explain.mend import said
from gateway.mqtt.errors import ConnectRefusedError, ProtocolError
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.tls import client_context
from gateway.sources.mqtt_settings import address_of
from pipelines.guess import Guess, guess
from pipelines.model import Uplink

CONNECT_WITHIN_S = 5.0
SHOWN_DEVICES = 30


@click.command(epilog=EPILOGUE)
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("url")
@click.option(
    "--for", "for_s", type=Seconds(), default="60s", show_default=True, metavar="TIME", help="Listen so long."
)
@click.option(
    "--write", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Write it there."
)
@click.option("--name", metavar="NAME", help="Name of the source in citygate.toml. Default: the kind.")
@click.option("--topic", "topics", multiple=True, metavar="FILTER", help="Listen to this instead. Repeat.")
@click.option("--username", metavar="NAME", help="User at the broker.")
@click.option("--password-file", type=click.Path(path_type=Path), metavar="FILE", help="File with the password.")
@click.option("--ca-file", type=click.Path(path_type=Path), metavar="FILE", help="The broker's authority, if its own.")
@click.option("--cert-file", type=click.Path(path_type=Path), metavar="FILE", help="Our certificate, if it wants one.")
@click.option("--key-file", type=click.Path(path_type=Path), metavar="FILE", help="The key of --cert-file.")
@JsonOption
def connect(  # noqa: PLR0917 - click passes parameters by name
    kind: str,
    url: str,
    for_s: float,
    folder: Path | None,
    name: str | None,
    topics: tuple[str, ...],
    username: str | None,
    password_file: Path | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Listen to a broker, find out who speaks and how, and write the source for it.

    KIND is chirpstack, tts (The Things Stack) or mqtt (anything). It only listens, and disturbs nobody who receives
    there. Without --write it shows what it would write.

    \b
    Examples:
        citygate connect chirpstack mqtt://localhost:1883 --write /etc/citygate
        citygate connect tts mqtts://eu1.cloud.thethings.network --username app@ttn --password-file key
        citygate connect mqtt mqtts://broker.city.example --topic sensors/# --for 30s
    """
    url = url if "://" in url else f"mqtt://{url}"
    files = {"password_file": password_file, "ca_file": ca_file, "cert_file": cert_file, "key_file": key_file}
    filters = list(topics) or filters_of(kind)
    heard = _heard(_settings(url, username, files), url, filters, for_s)
    if not heard.messages:
        _say_silence(heard, filters, for_s)
    found = detect(kind, heard.messages)
    if found is None:
        other = (
            " Try: citygate connect mqtt" if kind != "mqtt" else " Plain JSON, ChirpStack, The Things Stack, Helium."
        )
        sample = ", ".join(sorted({topic for topic, _ in heard.messages})[:3])
        fail(
            Exit.FAILED, f"{len(heard.messages)} messages came, and no dialect reads them ({sample})", f"Known:{other}"
        )
    secrets = {key: str(path.absolute()) for key, path in files.items() if path is not None}
    table = _table(url, username, secrets=secrets, heard=heard, found=found, topics=topics, name=name or kind)
    devices = _devices(found, heard)
    written = None if folder is None else _written(folder, name or kind, table)
    if as_json:
        print_json(_facts(heard, found, devices, table, written))
        return
    _show(url, heard, found, devices, for_s)
    if written is not None and folder is not None:
        click.echo(
            f"\nWrote {written}. Next:\n    citygate check --config {folder}\n    citygate run --config {folder}"
        )
        return
    click.echo("\nThe source for citygate.toml (--write DIR writes it):\n\n" + source_text(name or kind, table))


def _settings(url: str, username: str | None, files: Mapping[str, Path | None]) -> ConnectionSettings:
    try:
        address = address_of(url)
        context = None
        if address.tls:
            context = client_context(ca_file=files["ca_file"], cert_file=files["cert_file"], key_file=files["key_file"])
        secret = files["password_file"]
        password = secret.read_bytes().rstrip(b"\r\n") if secret is not None else None
    except (ValueError, OSError) as error:
        fail(Exit.USAGE, str(error), "For example: citygate connect mqtt mqtt://localhost:1883")
    return ConnectionSettings(
        host=address.host,
        port=address.port,
        username=username,
        password=password,
        tls=context,
        connect_within_s=CONNECT_WITHIN_S,
    )


def _heard(settings: ConnectionSettings, url: str, filters: Sequence[str], for_s: float) -> Heard:
    try:
        with progress(f"listening to {settings.peer}", int(for_s * 10)) as step:
            before = 0

            def on_step(seconds: float, _messages: int) -> None:
                nonlocal before
                step(int(seconds * 10) - before)
                before = int(seconds * 10)

            return asyncio.run(listen(settings, filters, for_s, on_step))
    except ConnectRefusedError as error:
        fail(Exit.FAILED, f"{url} refuses us: {error.words}", error.mend)
    except (OSError, TimeoutError, ProtocolError) as error:
        mend = "Is the broker running, and are host, port and TLS (mqtt:// or mqtts://) right?"
        fail(Exit.FAILED, f"{url} cannot be reached: {error or type(error).__name__}", mend)


def _say_silence(heard: Heard, filters: Sequence[str], for_s: float) -> None:
    if heard.refused:
        fail(Exit.FAILED, f"the broker does not let us read {', '.join(heard.refused)}", "Name what we may: --topic.")
    mend = "Do devices send at all? Listen longer (--for 15m), or elsewhere (--topic '#')."
    fail(Exit.FAILED, f"nothing came in {for_s:.0f} s on {', '.join(filters)}", mend)


def _table(
    url: str,
    username: str | None,
    *,
    secrets: Mapping[str, str],
    heard: Heard,
    found: Detection,
    topics: Sequence[str],
    name: str,
) -> dict[str, Any]:
    """The keys of the source."""
    host = re.sub(r"[^a-z0-9]+", "-", socket.gethostname().lower()).strip("-")
    table: dict[str, Any] = {"kind": "mqtt", "url": url, "client_id": f"citygate-{host}-{name}"}
    readable = [one for one in topics or found.topics if one not in heard.refused]
    table |= {"topics": readable, "dialect": found.dialect}
    if heard.version != "5":
        table["version"] = heard.version
    if found.dialect == "tts-v3":
        table["qos"] = 0  # The Things Stack sends nothing else
    if username is not None:
        table["username"] = username
    table |= secrets
    if found.settings:
        table["dialect_settings"] = dict(found.settings)
    return table


def _written(folder: Path, name: str, table: Mapping[str, Any]) -> Path:
    if not re.match(SLUG, name):
        fail(Exit.USAGE, f"'{name}' is not a name", "Use lower-case letters, digits and hyphens.")
    with mistakes_end_the_command():
        try:
            return write_source(folder, name, table)
        except KeyError:
            fail(Exit.FAILED, f"{folder / FILE_NAME} has a source '{name}' already", "Give another --name.")
        except OSError as error:
            fail(
                Exit.FAILED, f"{folder} cannot be written: {error.strerror}", "Name a folder of your own, or use sudo."
            )


class _Seen:
    """One device: how many messages, what it probably is."""

    def __init__(self, device: str, messages: int, guesses: Sequence[Guess]) -> None:
        self.device, self.messages, self.guesses = device, messages, guesses


def _devices(found: Detection, heard: Heard) -> list[_Seen]:
    read = uplinks(found.dialect, found.settings, heard.messages)
    counts = Counter(one.device_id for one in read)
    newest: dict[str, list[Uplink]] = {}
    for one in reversed(read):
        newest.setdefault(one.device_id, []).append(one)
    guessable = look_of(None).guessable
    return [_Seen(device, count, guess(guessable, newest[device])) for device, count in counts.most_common()]


def _show(url: str, heard: Heard, found: Detection, devices: Sequence[_Seen], for_s: float) -> None:
    broker = f", {heard.broker}" if heard.broker else ""
    click.echo(f"{url} speaks MQTT {heard.version}{broker}.")
    click.echo(
        f"{len(heard.messages):,} messages of {len(devices):,} devices in {for_s:.0f} s; "
        f"{found.dialect} reads {found.read:,} of {found.looked_at:,}."
    )
    if heard.refused:
        click.echo(f"The broker does not let us read {', '.join(heard.refused)}.", err=True)
    rows = [
        (
            one.device,
            f"{one.messages:,}",
            f"{one.guesses[0].profile} ({one.guesses[0].word})" if one.guesses else "?",
            said(one.guesses[0], 3) if one.guesses else "no profile reads it",
        )
        for one in devices[:SHOWN_DEVICES]
    ]
    click.echo()
    print_table("", ("device", "#messages", "probably", "says"), rows, empty="No device among them.")
    if len(devices) > SHOWN_DEVICES:
        click.echo(f"and {len(devices) - SHOWN_DEVICES:,} more; once it runs: citygate inbox list")


def _facts(
    heard: Heard, found: Detection, devices: Sequence[_Seen], table: Mapping[str, Any], written: Path | None
) -> dict[str, Any]:
    return {
        "version": heard.version,
        "broker": heard.broker,
        "messages": len(heard.messages),
        "dialect": found.dialect,
        "read": found.read,
        "source": dict(table),
        "file": str(written) if written is not None else None,
        "devices": [
            {"device": one.device, "messages": one.messages, "guesses": [claim.profile for claim in one.guesses]}
            for one in devices
        ],
    }
