"""Formulas of environmental noise: energy means, day-evening-night level, exceedance levels."""

from collections.abc import Iterable, Mapping
from math import log10

PERIODS = ("day", "evening", "night")


def energy(level_db: float) -> float:
    """Relative energy of a level: 10^(L/10)."""
    return float(10.0 ** (level_db / 10.0))


def level(energy_mean: float) -> float:
    """Level in dB of a relative energy. Raises ValueError unless it is positive."""
    return 10.0 * log10(energy_mean)


def laeq(levels_db: Iterable[float]) -> float:
    """Equivalent continuous level of levels over equal times: their energy mean, never the arithmetic one."""
    energies = [energy(each) for each in levels_db]
    return level(sum(energies) / len(energies))


def lden(day_db: float, evening_db: float, night_db: float) -> float:
    """Day-evening-night level of 12, 4 and 8 h. Source: Directive 2002/49/EC, annex I."""
    weighted = 12.0 * energy(day_db) + 4.0 * energy(evening_db + 5.0) + 8.0 * energy(night_db + 10.0)
    return level(weighted / 24.0)


def period_of(hour: int) -> int:
    """Index in ``PERIODS`` of a local hour: day 7 to 19 h, evening to 23 h, else night. Source: as ``lden``."""
    return 0 if 7 <= hour < 19 else 1 if 19 <= hour < 23 else 2  # noqa: PLR2004 - the directive's hours


def exceeded(bins: Mapping[int, int], share: float) -> float:
    """The level in dB exceeded in a share of the time; ``bins``: tenths of a dB → time. Raises ValueError of nothing.

    L10 is ``exceeded(bins, 0.1)``, the loud tenth; L90 the background.
    """
    left = share * sum(bins.values())
    for tenths in sorted(bins, reverse=True):
        left -= bins[tenths]
        if left <= 0.0:
            return tenths / 10.0
    raise ValueError("no level is exceeded in no time at all")
