"""Options that several commands share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.cli.screen import mistakes_end_the_command
from gateway.clock import Clock
from gateway.config import Config, find_config, load_config

config_option: Callable[[Any], Any] = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="citygate.toml or its folder. Default: $CITYGATE_CONFIG, ./citygate.toml, /etc/citygate/citygate.toml.",
)

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def open_config(config_path: Path | None) -> Config:
    """The config, or all its mistakes on the screen and exit code 1."""
    with mistakes_end_the_command():
        return load_config(find_config(config_path))


def now() -> datetime:
    """The wall clock as an aware instant, to the second: what a person would write down."""
    return datetime.fromtimestamp(Clock().wall_ns() // 1_000_000_000, tz=UTC)


class Instant(click.ParamType):  # type: ignore[type-arg] # generic only in the newest click
    """``2h`` (ago), ``2027-01-31``, ``2027-01-31T12:00`` or the same with a zone; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The instant. Calls ``fail`` on anything else."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        if text[:-1].isdigit() and text[-1:] in _UNITS:
            return now() - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"'{text}' is not a time. Write 2h, 3d, 2027-01-31 or 2027-01-31T12:00:00Z.", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class Seconds(click.ParamType):  # type: ignore[type-arg] # generic only in the newest click
    """A length of time in seconds: ``60s``, ``5m``, ``2h``, or a plain number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds. Calls ``fail`` on anything else."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        if text.isdigit():
            return float(text)
        if not text[:-1].isdigit() or text[-1:] not in _UNITS:
            self.fail(f"'{text}' is not a length of time. Write 60s, 5m or 2h.", param, ctx)
        return float(int(text[:-1]) * _UNITS[text[-1]])


def nanoseconds(instant: datetime) -> int:
    """Since 1970, exact to the microsecond."""
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
