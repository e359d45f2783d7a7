"""What refine must know, read from files: dialects by source, devices, profiles. Replaced whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from device_profiles.catalogue import Catalogue
from gateway.config import Config
from gateway.files import Files
from pipelines.dialects import Dialect, build_dialect
from pipelines.identify import DeviceIndex
from pipelines.process import Knowledge


class Known(msgspec.Struct, frozen=True):
    """One reading of everything: the files as written, and what refine makes of them."""

    files: Files
    knowledge: Knowledge


def load_known(config: Config) -> Known:
    """Read devices, pilots and profiles. Raises ConfigError with every mistake at once."""
    files = Files.load(config)
    folders: list[Path] = [config.gateway.profiles_dir] if config.gateway.profiles_dir else []
    catalogue = Catalogue.load(folders)
    knowledge = Knowledge(dialects=dialects_of(config), devices=DeviceIndex(files.devices), profiles=catalogue.profiles)
    return Known(files, knowledge)


def dialects_of(config: Config) -> Mapping[str, Dialect]:
    """Each source's dialect, built from its settings. Raises ValueError for settings that the dialect refuses."""
    return {
        name: build_dialect(source.settings.dialect, source.settings.dialect_settings)  # type: ignore[attr-defined]
        for name, source in config.sources.items()
    }
