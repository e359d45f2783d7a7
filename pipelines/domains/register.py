"""Cumulative registers: what a meter counted between readings, and its share of quarters, hours and days, exactly.

A register is kept as a whole number of steps, so that nothing is lost or made up by rounding: the parts of a stretch
add up to what the register moved, whatever the borders. A step is a billionth of the register's unit: finer than a
meter counts, and coarser than the last bit of a double (a register of 999,999.999 still comes out even).

    reading ─▶ follow ─▶ Stretch (from, to, steps | unknown) ─▶ add ─▶ Tally of a quarter, an hour, a local day

When a register falls it has rolled over (it stood in the last tenth of its span and stands in the first), or it is
another meter. A reading that could only be reached by more than the connection can carry is kept aside: if the next one
fits what was before, it was a slip; if the next one fits it, the meter was exchanged in between, and what it counted
between its last reading and the first of the new one is unknown.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec

from pipelines.domains import HOUR_NS

STEPS = 1_000_000_000
"""Steps in one unit of a register (kWh, m³)."""

LONGEST_SPLIT_NS = HOUR_NS
"""A longer stretch without a reading may not be split over intervals unless the parts are marked as estimated."""

LONGEST_GAP_NS = 35 * 24 * HOUR_NS
"""After a longer silence nothing is said of the time between: which days it was used on is anybody's guess."""

MIN_CAPTURE = 0.75
"""Share of an interval that must be known before its sum is said; the capture that air quality law asks for as well."""


class Limits(msgspec.Struct, frozen=True):
    """What a register can do. ``span``: steps at which it starts at 0 again. ``per_hour``: most steps in an hour.

    ``slack``: steps that it may move at once, however short the time: the coarsest register counts whole units.
    """

    span: int
    per_hour: int
    slack: int = STEPS


class Stretch(msgspec.Struct, frozen=True):
    """Between two readings, ``[begin_ns, end_ns)``: the steps counted, or None where nobody knows."""

    begin_ns: int
    end_ns: int
    steps: int | None

    def share(self, begin_ns: int, end_ns: int) -> int:
        """Steps of a part, at an even pace; the shares of any partition add up to ``steps``."""
        if self.steps is None:
            return 0
        length = self.end_ns - self.begin_ns
        upto_end = self.steps * (end_ns - self.begin_ns) // length
        return upto_end - self.steps * (begin_ns - self.begin_ns) // length


class Register(msgspec.Struct, array_like=True):
    """A register's last good reading, and the one kept aside because it did not fit. -1: none."""

    time_ns: int = -1
    steps: int = 0
    aside_ns: int = -1
    aside_steps: int = 0


@lru_cache(maxsize=256)
def limits_of(digits: int, per_hour: float) -> Limits:
    """Limits of a register with ``digits`` before the point that cannot move more than ``per_hour`` units an hour."""
    return Limits(10**digits * STEPS, round(per_hour * STEPS))


def follow(register: Register, time_ns: int, value: float, limits: Limits) -> list[Stretch]:
    """What a reading says of the time since the last good one.

    Nothing for the first one, for a second of the same instant, and for one that is kept aside.
    """
    steps = round(value * STEPS)
    if register.time_ns < 0:
        register.time_ns, register.steps = time_ns, steps
        return []
    if time_ns <= max(register.time_ns, register.aside_ns):
        return []
    begin_ns = register.time_ns
    moved = _moved(register.steps, steps, time_ns - begin_ns, limits)
    if moved is not None:
        register.time_ns, register.steps, register.aside_ns = time_ns, steps, -1
        return [Stretch(begin_ns, time_ns, moved if time_ns - begin_ns <= LONGEST_GAP_NS else None)]
    aside_ns = register.aside_ns
    since = _moved(register.aside_steps, steps, time_ns - aside_ns, limits) if aside_ns >= 0 else None
    if since is None:
        register.aside_ns, register.aside_steps = time_ns, steps
        return []
    register.time_ns, register.steps, register.aside_ns = time_ns, steps, -1
    return [Stretch(begin_ns, aside_ns, None), Stretch(aside_ns, time_ns, since)]


def _moved(before: int, now: int, length_ns: int, limits: Limits) -> int | None:
    """Steps from one reading to another; None where the register cannot have moved so."""
    span = limits.span
    while span <= before:  # the file says fewer digits than the register shows
        span *= 10
    moved = now - before
    if moved < 0 and before * 10 > span * 9 and now * 10 < span:
        moved += span
    most = limits.per_hour * length_ns // HOUR_NS + limits.slack
    return moved if 0 <= moved <= most else None


class Tally(msgspec.Struct, array_like=True):
    """The sum of one interval so far. ``guessed``: an end of it lies within a stretch too long to be split."""

    begin_ns: int = 0
    end_ns: int = 0
    steps: int = 0
    known_ns: int = 0
    guessed: bool = False

    @property
    def coverage(self) -> float:
        """Share of the interval that is known, 0 to 1."""
        return self.known_ns / (self.end_ns - self.begin_ns)

    @property
    def units(self) -> float:
        """The sum in the register's unit."""
        return self.steps / STEPS


def add(tally: Tally, stretches: Iterable[Stretch], bounds: Callable[[int], tuple[int, int]]) -> list[Tally]:
    """Adds stretches, in order, to the running interval; returns those that are over and of which something is known.

    ``bounds`` gives begin and end of the interval that holds an instant.
    """
    over: list[Tally] = []
    for stretch in stretches:
        if tally.begin_ns <= stretch.begin_ns and stretch.end_ns < tally.end_ns:  # most stretches: nothing is split
            if stretch.steps is not None:
                tally.steps += stretch.steps
                tally.known_ns += stretch.end_ns - stretch.begin_ns
            continue
        at_ns = stretch.begin_ns
        while at_ns < stretch.end_ns:
            if at_ns >= tally.end_ns:
                _restart(tally, *bounds(at_ns), over)
            upto_ns = min(tally.end_ns, stretch.end_ns)
            if stretch.steps is not None:
                tally.steps += stretch.share(at_ns, upto_ns)
                tally.known_ns += upto_ns - at_ns
                tally.guessed |= _cut(stretch, tally)
            at_ns = upto_ns
        if stretch.end_ns == tally.end_ns:
            _restart(tally, tally.end_ns, tally.end_ns, over)
    return over


def _cut(stretch: Stretch, tally: Tally) -> bool:
    """Whether a border of the interval lies within a stretch that is too long to be split."""
    if stretch.end_ns - stretch.begin_ns <= LONGEST_SPLIT_NS:
        return False
    return stretch.begin_ns < tally.begin_ns or stretch.end_ns > tally.end_ns


def _restart(tally: Tally, begin_ns: int, end_ns: int, over: list[Tally]) -> None:
    if tally.known_ns:
        over.append(Tally(tally.begin_ns, tally.end_ns, tally.steps, tally.known_ns, tally.guessed))
    tally.begin_ns, tally.end_ns = begin_ns, end_ns
    tally.steps = tally.known_ns = 0
    tally.guessed = False
