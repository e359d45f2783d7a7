"""What refine must know, read from files: dialects by source, devices, profiles. Replaced whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from device_profiles.catalogue import Catalogue
from gateway.config import Config
from gateway.files.load import Files
from gateway.sites import sites_of
from pipelines.dialects import build_dialect
from pipelines.domains import Site
from pipelines.identify import DeviceIndex
from pipelines.model import Location
from pipelines.process import Dialect, Knowledge


class Known(msgspec.Struct, frozen=True):
    """One reading of everything: the files as written, and what refine makes of them."""

    files: Files
    catalogue: Catalogue
    knowledge: Knowledge
    places: Mapping[str, Location]
    """Where each feature is, by the record that begins latest."""
    sites: Mapping[str, Site] = {}
    """Each pilot as its machines see it."""


def load_known(config: Config) -> Known:
    """Read devices, pilots and profiles. Raises ConfigError with every mistake at once."""
    folders: list[Path] = [config.gateway.profiles_dir] if config.gateway.profiles_dir else []
    catalogue = Catalogue.load(folders)
    files = Files.load(config, catalogue)
    knowledge = Knowledge(dialects=dialects_of(config), devices=DeviceIndex(files.devices), profiles=catalogue.profiles)
    located = sorted((d for d in files.devices if d.location), key=lambda device: device.valid_from_ns or 0)
    places = {device.feature: device.location for device in located if device.location}
    return Known(files, catalogue, knowledge, places, sites_of(files) if config.analytics.enabled else {})


def dialects_of(config: Config) -> Mapping[str, Dialect]:
    """Each source's dialect, built from its settings. Raises ValueError for settings that the dialect refuses."""
    return {
        name: build_dialect(source.settings.dialect, source.settings.dialect_settings)  # type: ignore[attr-defined]
        for name, source in config.sources.items()
    }
