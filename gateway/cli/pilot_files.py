"""What the commands of a pilot read: the pilot's own file, and the embedded store."""

from pathlib import Path

from gateway.cli.exits import Exit
from gateway.cli.screen import fail
from gateway.config import Config
from gateway.files.load import Files
from gateway.files.mistakes import did_you_mean
from gateway.files.pilots import Pilot
from gateway.sinks.store.settings import StoreSettings


def chosen_pilot(files: Files, pilot_id: str) -> Pilot:
    """The pilot of that name, or the end of the command."""
    if pilot_id not in files.pilots:
        fail(
            Exit.MISTAKES, f"there is no pilot '{pilot_id}'", did_you_mean(pilot_id, files.pilots) or "Write its file."
        )
    return files.pilots[pilot_id]


def store_file(config: Config) -> Path:
    """Where the embedded store is, or the end of the command."""
    settings = next((sink.settings for sink in config.sinks.values() if isinstance(sink.settings, StoreSettings)), None)
    if settings is None:
        fail(Exit.FAILED, "there is no embedded store in citygate.toml", 'Add [sinks.store] with kind = "store".')
    return settings.path or config.gateway.state_dir / "store.sqlite"
