"""How a lamp stood through a local day: on or off, in daylight or in the dark, and the energy of it.

A lamp stays as it last said for a while; what comes after that is not known. Sums grow only at readings and at the end
of a day, so that it does not matter in how many steps time passes.

That a lamp is unlit in the dark is held against it only where it is sure: after dusk and before dawn, when every lamp
should burn, and not between its last word of being off and its first of being on: nobody knows when it was switched.
"""

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.register import MIN_CAPTURE
from pipelines.domains.said import coverage, estimated, missing, of_interval
from pipelines.model import Observation

ON_SHARE = 0.1
"""Of the rating: a lamp that only tells its power is on from there."""
KWH_PER_W_NS = 1 / (1_000 * HOUR_NS)


class Sunlight(msgspec.Struct, frozen=True):
    """One day: from when to when the sun was up, and from dawn to dusk, when lamps may still be off."""

    up: tuple[int, int] = (0, 0)
    twilight: tuple[int, int] = (0, 0)


class Burning(msgspec.Struct, array_like=True):
    """The running day (``end_ns`` 0: none) and what the lamp said last. Sums in ns, and in watts times ns."""

    begin_ns: int = 0
    end_ns: int = 0
    upto_ns: int = 0
    heard_ns: int = -1
    switched: bool | None = None
    level: float | None = None
    power_w: float | None = None
    known_ns: int = 0
    on_ns: int = 0
    on_by_day_ns: int = 0
    unlit_ns: int = 0
    expected: float = 0.0
    drawn: float = 0.0
    unsure_ns: int = 0
    """Dark time since it last said that it is off: unlit, unless its next word is that it is on."""

    def is_on(self, rated_w: float) -> bool:
        """By its switch and its dimming; by its power where it tells neither."""
        if self.switched is None and self.level is None:
            return self.power_w is not None and self.power_w > max(ON_SHARE * rated_w, 1.0)
        return self.switched is not False and (self.level is None or self.level > 0)

    @property
    def share(self) -> float:
        """Of its rating that it should draw while it is on."""
        return 1.0 if self.level is None else self.level / 100

    def next_day(self, begin_ns: int, end_ns: int) -> None:
        """Nothing is known of the day that begins; ``end_ns`` 0: the lamp has fallen silent, no day runs."""
        self.begin_ns, self.end_ns, self.upto_ns = begin_ns, end_ns, begin_ns
        self.known_ns = self.on_ns = self.on_by_day_ns = self.unlit_ns = self.unsure_ns = 0
        self.expected = self.drawn = 0.0


def advance(burning: Burning, to_ns: int, sun: Sunlight, rated_w: float, hold_ns: int) -> None:
    """The lamp was as it last said until ``to_ns``, or as long as that holds."""
    since_ns, burning.upto_ns = burning.upto_ns, to_ns
    until_ns = min(to_ns, burning.heard_ns + hold_ns)
    if until_ns <= since_ns or burning.heard_ns < 0:
        return
    length_ns = until_ns - since_ns
    by_day_ns = _overlap_ns(since_ns, until_ns, sun.up)
    burning.known_ns += length_ns
    if burning.is_on(rated_w):
        burning.on_ns += length_ns
        burning.on_by_day_ns += by_day_ns
        burning.expected += rated_w * burning.share * length_ns
        burning.unsure_ns = 0
    else:
        burning.unlit_ns += burning.unsure_ns
        burning.unsure_ns = length_ns - _overlap_ns(since_ns, until_ns, sun.twilight)
    burning.drawn += (burning.power_w or 0.0) * length_ns


def _overlap_ns(since_ns: int, until_ns: int, span: tuple[int, int]) -> int:
    return max(min(until_ns, span[1]) - max(since_ns, span[0]), 0)


def day_of(burning: Burning, feature: str, sun: Sunlight | None, *, rated: bool, metered: bool) -> list[Observation]:
    """What is said of the day. ``sun``: if known; ``metered``: the lamp's register tells the energy.

    One that is off at midnight was so until then: that is no hour at which lamps are switched on.
    """
    begin_ns, end_ns = burning.begin_ns, burning.end_ns
    if not burning.known_ns:
        return []
    share = burning.known_ns / (end_ns - begin_ns)
    values = {"burn_time_h": burning.on_ns / HOUR_NS}
    if sun is not None:
        values["burn_in_daylight_h"] = burning.on_by_day_ns / HOUR_NS
        values["dark_unlit_h"] = (burning.unlit_ns + burning.unsure_ns) / HOUR_NS
    if rated:
        values["energy_expected_interval_kwh"] = burning.expected * KWH_PER_W_NS
    if not metered and burning.power_w is not None:
        values["energy_import_interval_kwh"] = burning.drawn * KWH_PER_W_NS
    said = [coverage(feature, share, begin_ns, end_ns)]
    if sun is not None:
        dark_ns = end_ns - begin_ns - _overlap_ns(begin_ns, end_ns, sun.up)
        said.append(of_interval(feature, "dark_time_h", round(dark_ns / HOUR_NS, 4), begin_ns, end_ns))
    say = of_interval if share >= 1 else estimated
    for name, value in values.items():
        if share < MIN_CAPTURE:
            said.append(missing(feature, name, begin_ns, end_ns))
        else:
            said.append(say(feature, name, round(value, 4), begin_ns, end_ns))
    return said
