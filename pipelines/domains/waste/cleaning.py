"""Levels that can be believed, and when the container was emptied.

- Outside of the possible range, with the lid open or the container tilted: no level.
- A jump up is held until a third reading stands by it: paper lies across the container for one or two.
- A fall of ``drop_percent``, or to below ``empty_below_percent``, is a collection once a second reading stands by it;
  its time is that of the first. A container that has just burned was not collected.
- The level is the median of three readings; five would lag by two hours where a container reports hourly, and what
  a longer median is for (bridging) has been taken out before.
"""

from typing import Literal

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.waste.formulas import middle
from pipelines.domains.waste.settings import WasteSettings

RANGE_PERCENT = (-5.0, 105.0)
JUMP_PERCENT, JUMP_PERCENT_H = 15.0, 5.0
"""A rise within so much, and so much more for every hour since the last reading, is believed at once."""

LEAST_FALL_PERCENT = 10.0
"""A fall to below ``empty_below_percent`` by less than this is noise around that level."""

GAP_NS, FALL_OVER_GAP_PERCENT = 3 * HOUR_NS, 15.0
"""After so long without a reading a container may have been emptied and begun to fill: a smaller fall is enough."""

STANDS_BY = 3
KEPT = 3

What = Literal["level", "emptied", "held"]


class Levels(msgspec.Struct, array_like=True):
    """The last believed readings of this filling, and those that wait for another to stand by them."""

    recent: list[tuple[int, float]] = []
    rising: list[tuple[int, float]] = []
    fallen: list[tuple[int, float]] = []
    burned_ns: int = -(1 << 62)

    @property
    def level(self) -> float:
        """The level at the last believed reading; NaN before there is one."""
        return middle([level for _, level in self.recent]) if self.recent else float("nan")

    @property
    def at_ns(self) -> int:
        """When that was."""
        return self.recent[-1][0]


class Believed(msgspec.Struct, frozen=True):
    """What a reading led to. ``emptied``: at ``at_ns``, from ``before``, the level now being ``level``.

    ``gap``: a long silence lay before it.
    """

    what: What
    at_ns: int = 0
    level: float = 0.0
    before: float = 0.0
    gap: bool = False


HELD = Believed("held")


def believe(levels: Levels, at_ns: int, percent: float, settings: WasteSettings) -> Believed:
    """Take one reading, in order of time."""
    if not RANGE_PERCENT[0] <= percent <= RANGE_PERCENT[1]:
        return HELD
    percent = min(100.0, max(0.0, percent))
    if not levels.recent:
        return _accept(levels, at_ns, percent)
    if levels.fallen and _stands_by_fall(levels, at_ns, percent):
        return _fall(levels, at_ns, percent)
    levels.fallen.clear()
    if _has_fallen(levels, at_ns, percent, settings):
        return _fall(levels, at_ns, percent)
    return _rise(levels, at_ns, percent)


def _rise(levels: Levels, at_ns: int, percent: float) -> Believed:
    hours = (at_ns - levels.at_ns) / HOUR_NS
    if percent - levels.level <= JUMP_PERCENT + JUMP_PERCENT_H * hours:
        levels.rising.clear()
        return _accept(levels, at_ns, percent)
    levels.rising.append((at_ns, percent))
    if len(levels.rising) < STANDS_BY:
        return HELD
    levels.recent, levels.rising = levels.rising, []
    return Believed("level", at_ns, levels.level)


def _accept(levels: Levels, at_ns: int, percent: float) -> Believed:
    levels.recent.append((at_ns, percent))
    del levels.recent[:-KEPT]
    return Believed("level", at_ns, levels.level)


def _stands_by_fall(levels: Levels, at_ns: int, percent: float) -> bool:
    """A second low reading: not farther above the first than a container can fill, and still below what was before."""
    first_ns, low = levels.fallen[0]
    most = low + JUMP_PERCENT + JUMP_PERCENT_H * (at_ns - first_ns) / HOUR_NS
    return percent <= most and levels.level - percent >= LEAST_FALL_PERCENT


def _has_fallen(levels: Levels, at_ns: int, percent: float, settings: WasteSettings) -> bool:
    fall = levels.level - percent
    if fall >= settings.drop_percent or (percent < settings.empty_below_percent and fall >= LEAST_FALL_PERCENT):
        return True
    return at_ns - levels.at_ns >= GAP_NS and fall >= FALL_OVER_GAP_PERCENT


def _fall(levels: Levels, at_ns: int, percent: float) -> Believed:
    levels.rising.clear()
    levels.fallen.append((at_ns, percent))
    if len(levels.fallen) == 1:
        return HELD
    before, last_ns = levels.level, levels.at_ns
    first_ns = levels.fallen[0][0]
    burned = levels.burned_ns > last_ns - GAP_NS
    levels.recent, levels.fallen = levels.fallen, []
    if burned:
        return Believed("level", at_ns, levels.level)
    return Believed("emptied", first_ns, levels.level, before, gap=first_ns - last_ns >= GAP_NS)
