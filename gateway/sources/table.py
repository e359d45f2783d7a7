"""Which class serves which kind of source. To add a kind: one line here and one in ``gateway/config.py``."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from gateway.clock import Clock
from gateway.config import Config, SourceConfig
from gateway.events import Events
from gateway.sources import Intake, Source
from gateway.sources.file_settings import FileSourceSettings
from gateway.sources.http_settings import HttpSourceSettings
from gateway.sources.mqtt_settings import MqttSourceSettings


def open_sources(config: Config, intake: Intake, clock: Clock, events: Events) -> Sequence[Source]:
    """Every configured source, not yet running. Raises OSError where a secret's file cannot be read."""
    folder = config.gateway.state_dir
    return [open_source(source, intake, clock, events, folder=folder) for source in config.sources.values()]


def open_source(source: SourceConfig, intake: Intake, clock: Clock, events: Events, *, folder: Path) -> Source:
    """One source. Its module is imported only when it is used: MQTT alone need not pay 14 MB for an HTTP server.

    ``folder``: the state directory. Raises OSError.
    """
    settings = source.settings
    assert isinstance(settings, MqttSourceSettings | HttpSourceSettings | FileSourceSettings)
    match settings:
        case MqttSourceSettings():
            from gateway.sources.mqtt import MqttSource  # noqa: PLC0415 - see the docstring

            return MqttSource(source.name, settings, intake, clock, events, password=secret(settings.password_file))
        case HttpSourceSettings():
            from gateway.sources.http_push import HttpPushSource  # noqa: PLC0415 - see the docstring

            return HttpPushSource(source.name, settings, intake, clock, events, token=secret(settings.token_file))
        case FileSourceSettings():
            from gateway.sources.recording_file import RecordingFileSource  # noqa: PLC0415 - see the docstring

            return RecordingFileSource(source.name, settings, intake, clock, events, folder=folder / "sources")
        case _ as never:
            assert_never(never)


def secret(file: str | os.PathLike[str] | None) -> bytes | None:
    """A secret's bytes without its line's end. Raises OSError, also for an empty file: nothing is no secret."""
    if not file:
        return None
    found = Path(file).read_bytes().rstrip(b"\r\n")
    if not found:
        raise OSError(f"{file}: empty. Write the secret into it, or take the key out of citygate.toml")
    return found
