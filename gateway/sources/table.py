"""Which class serves which kind of source. To add a kind: one line here and one in ``gateway/config.py``."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import assert_never

from gateway.clock import Clock
from gateway.config import Config, SourceConfig
from gateway.events import Events
from gateway.files.mistakes import ConfigError, Mistake
from gateway.sources import Intake, Source
from gateway.sources.file_settings import FileSourceSettings
from gateway.sources.http_settings import HttpSourceSettings
from gateway.sources.mqtt_settings import MqttSourceSettings

SECRETS = {"password_file", "token_file"}
"""The keys of a source that name the secret it is opened with."""


def open_sources(config: Config, intake: Intake, clock: Clock, events: Events) -> Sequence[Source]:
    """Every configured source, not yet running. Raises ConfigError where a secret cannot be read."""
    folder = config.gateway.state_dir
    return [open_source(source, intake, clock, events, folder=folder) for source in config.sources.values()]


def open_source(source: SourceConfig, intake: Intake, clock: Clock, events: Events, *, folder: Path) -> Source:
    """One source. Its module is imported only when it is used: MQTT alone need not pay 14 MB for an HTTP server.

    ``folder``: the state directory. Raises ConfigError.
    """
    settings, name = source.settings, source.name
    assert isinstance(settings, MqttSourceSettings | HttpSourceSettings | FileSourceSettings)
    match settings:
        case MqttSourceSettings():
            from gateway.sources.mqtt import MqttSource  # noqa: PLC0415 - see the docstring

            password = secret(settings.password_file, f"sources.{name}.password_file")
            return MqttSource(name, settings, intake, clock, events, password=password)
        case HttpSourceSettings():
            from gateway.sources.http_push import HttpPushSource  # noqa: PLC0415 - see the docstring

            token = secret(settings.token_file, f"sources.{name}.token_file")
            return HttpPushSource(name, settings, intake, clock, events, token=token)
        case FileSourceSettings():
            from gateway.sources.recording_file import RecordingFileSource  # noqa: PLC0415 - see the docstring

            return RecordingFileSource(name, settings, intake, clock, events, folder=folder / "sources")
        case _ as never:
            assert_never(never)


def read_secrets(config: Config) -> Mapping[str, bytes | None]:
    """The secret of every source, None where it has none. Raises ConfigError with every one that cannot be read.

    That of the operators' listener is looked at, too.

    ``citygate run`` asks before it opens anything, so that a missing file leaves no trace in the state directory.
    """
    secrets: dict[str, bytes | None] = {}
    mistakes: list[Mistake] = []
    for name, source in config.sources.items():
        for key in SECRETS & type(source.settings).model_fields.keys():
            try:
                secrets[name] = secret(getattr(source.settings, key), f"sources.{name}.{key}")
            except ConfigError as error:
                mistakes += error.mistakes
    try:
        secret(config.http.token_file if config.http.enabled else None, "http.token_file")
    except ConfigError as error:
        mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)
    return secrets


def secret(file: str | os.PathLike[str] | None, key: str) -> bytes | None:
    """A secret's bytes without its line's end. ``key`` names it in the file of the operator, ``sources.x.token_file``.

    Raises ConfigError, also for an empty file: nothing is no secret.
    """
    if not file:
        return None
    try:
        found = Path(file).read_bytes().rstrip(b"\r\n")
    except FileNotFoundError as error:
        raise ConfigError([Mistake(key, f"there is no file {file}", how_to_write(Path(file)))]) from error
    except OSError as error:
        mend = "Make it a file that the user of the gateway may read."
        raise ConfigError([Mistake(key, f"{file} cannot be read ({error.strerror})", mend)]) from error
    if not found:
        mend = "Write the secret into it, or take the key out of citygate.toml."
        raise ConfigError([Mistake(key, f"{file} is empty", mend)])
    return found


def how_to_write(file: Path) -> str:
    """How a missing secret comes to be; what systemd hands over is not ours to write."""
    if str(file).startswith("${CREDENTIALS_DIRECTORY}"):
        return "systemd sets CREDENTIALS_DIRECTORY for a unit with LoadCredential=; elsewhere name the file itself."
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if given and file.is_relative_to(given):
        return f"Add LoadCredential={file.name}:… to the unit, with the path of the secret's file."
    return f"Write it: (umask 077; cat > {file})"
