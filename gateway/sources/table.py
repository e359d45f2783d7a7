"""Which class serves which kind of source. To add a kind: one line in each table (here and in ``gateway/config.py``)."""

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
    return [open_source(source, intake, clock, events) for source in config.sources.values()]


def open_source(source: SourceConfig, intake: Intake, clock: Clock, events: Events) -> Source:
    """One source. Its module is imported only when it is used: an HTTP server costs 14 MB that MQTT alone need not pay."""
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

            return RecordingFileSource(source.name, settings, intake, clock, events)
        case _ as never:
            assert_never(never)


def secret(file: str | os.PathLike[str] | None) -> bytes | None:
    """A secret's bytes without its line's end. Raises OSError."""
    return Path(file).read_bytes().rstrip(b"\r\n") if file else None
