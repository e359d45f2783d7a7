"""Which readings of a device are measurements that a fault may bend, and which tell its battery."""

from collections.abc import Mapping

from pipelines.decode import CompiledProfile
from pipelines.vocabulary import PROPERTIES

BATTERY = frozenset({"battery_percent", "battery_v"})


class Meanings:
    """What a profile's readings mean, looked up once a profile."""

    def __init__(self, profiles: Mapping[str, CompiledProfile]) -> None:
        self._profiles = profiles
        self._measured: dict[str, frozenset[str]] = {}
        self._battery: dict[str, Mapping[str, str]] = {}

    def measured(self, profile: str) -> frozenset[str]:
        """Names of readings that are gauges of the world, not of the device."""
        found = self._measured.get(profile)
        if found is None:
            found = self._measured[profile] = frozenset(
                name
                for name, meant in self._properties(profile).items()
                if PROPERTIES[meant].kind == "gauge" and meant not in BATTERY
            )
        return found

    def battery(self, profile: str) -> Mapping[str, str]:
        """Reading → ``battery_percent`` or ``battery_v``."""
        found = self._battery.get(profile)
        if found is None:
            found = self._battery[profile] = {
                name: meant for name, meant in self._properties(profile).items() if meant in BATTERY
            }
        return found

    def _properties(self, profile: str) -> Mapping[str, str]:
        """Reading → property; a profile that maps nothing speaks the vocabulary itself."""
        mapping = self._profiles[profile].mapping
        return {name: entry.property for name, entry in mapping.items()} or {name: name for name in PROPERTIES}
