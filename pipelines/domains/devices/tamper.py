"""Tamper: somebody meddles with a device, or moves one that stands still. Raised at once, cleared after ten minutes.

Many sensors say ``tamper`` once and take it back with the next report; an alarm that clears itself within seconds
would be seen by nobody, so it holds for ten minutes after the last sign.
"""

from collections.abc import Iterable

import msgspec

from pipelines.domains import NEVER_NS, Reading, Site
from pipelines.domains.devices import EVERY_FEATURE
from pipelines.model import NS_PER_S, Observation

HOLD_NS = 10 * 60 * NS_PER_S


class Alarm(msgspec.Struct):
    """``until_ns``: when it clears unless another sign comes; -1 while all is quiet. ``on``: the sign still stands."""

    feature: str = ""
    until_ns: int = -1
    on: bool = False


class Tamper:
    """Producer ``tamper``; a key is a device."""

    producer = "tamper"
    version = 1
    features = EVERY_FEATURE
    properties = frozenset(("tamper",))
    state = Alarm

    def key(self, reading: Reading, site: Site) -> str | None:
        """The device."""
        del site
        return reading.device

    def begin(self, key: str, site: Site) -> Alarm:
        """All is quiet."""
        del key, site
        return Alarm()

    def due_ns(self, state: Alarm, site: Site) -> int:
        """When it clears."""
        del site
        return NEVER_NS if state.on or state.until_ns < 0 else state.until_ns

    def pass_time(self, state: Alarm, to_ns: int, site: Site) -> Iterable[Observation]:
        """Clear it when nothing came for ten minutes."""
        del site
        if state.on or state.until_ns < 0 or to_ns < state.until_ns:
            return ()
        cleared_ns, state.until_ns = state.until_ns, -1
        return (Observation(state.feature, "tamper_alarm", False, cleared_ns),)

    def take(self, state: Alarm, reading: Reading, site: Site) -> Iterable[Observation]:
        """A sign, or the end of one."""
        del site
        state.feature = reading.feature
        quiet = state.until_ns < 0
        if not reading.value and quiet:
            return ()
        state.until_ns = reading.time_ns + HOLD_NS if reading.value or state.on else state.until_ns
        state.on = bool(reading.value)
        return (Observation(reading.feature, "tamper_alarm", True, reading.time_ns),) if quiet else ()
