"""A route's password or key, read from its file at each message: a new one is taken up by itself."""

from pathlib import Path

from gateway.files.mistakes import ConfigError
from gateway.sinks import SinkUnavailableError
from gateway.sources.table import secret


def read_secret(file: Path, key: str) -> bytes:
    """The secret. ``key`` names it in the table of the route. Blocks; raises SinkUnavailableError with the mend."""
    try:
        return secret(file, key) or b""
    except ConfigError as error:
        [mistake] = error.mistakes
        raise SinkUnavailableError(f"{mistake.where}: {mistake.what}", mend=mistake.mend) from error
