"""Measures of an estimate against the truth: pure functions of numbers.

Units are those of the arguments. A measure of nothing is None, never 0: nothing judged is not nothing wrong.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

Pair = tuple[float, float]
"""Estimate, truth."""


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return math.fsum(values) / len(values) if values else None


def bias(pairs: Sequence[Pair]) -> float | None:
    """Mean of estimate less truth: what does not cancel out."""
    return mean([estimate - truth for estimate, truth in pairs])


def mean_absolute_error(pairs: Sequence[Pair]) -> float | None:
    """Mean of the distances."""
    return mean([abs(estimate - truth) for estimate, truth in pairs])


def largest_error(pairs: Sequence[Pair]) -> float | None:
    """The largest distance."""
    return max((abs(estimate - truth) for estimate, truth in pairs), default=None)


def percent_of_total(pairs: Sequence[Pair]) -> float | None:
    """Sum of the distances in per cent of the sum of the truths: 0 is perfect, and errors do not cancel."""
    total = math.fsum(abs(truth) for _, truth in pairs)
    return 100 * math.fsum(abs(estimate - truth) for estimate, truth in pairs) / total if total else None


def total_error_percent(pairs: Sequence[Pair]) -> float | None:
    """The sum of the estimates against the sum of the truths, in per cent of it, signed."""
    total = math.fsum(truth for _, truth in pairs)
    return 100 * (math.fsum(estimate for estimate, _ in pairs) - total) / total if total else None


def brier(forecasts: Sequence[tuple[float, bool]]) -> float | None:
    """Mean squared error of chances from 0 to 1 against what happened (Brier, Mon. Weather Rev. 78 (1950) 1)."""
    return mean([(chance - happened) ** 2 for chance, happened in forecasts])


def reliability_gap(forecasts: Sequence[tuple[float, bool]], *, bins: int = 10) -> float | None:
    """How far chances are from the frequencies that followed them, 0 to 1.

    The mean over bins of the chance of |mean chance - share that happened|, weighted by forecasts (the expected
    calibration error, after the reliability term of Murphy's partition, J. Appl. Meteorol. 12 (1973) 595).
    """
    if not forecasts:
        return None
    sums = [[0.0, 0.0] for _ in range(bins)]
    for chance, happened in forecasts:
        place = min(bins - 1, int(chance * bins))
        sums[place][0] += chance
        sums[place][1] += happened
    return math.fsum(abs(chance - happened) for chance, happened in sums) / len(forecasts)


def pinball(forecasts: Iterable[tuple[float, float]], share: float) -> float | None:
    """Mean pinball loss of a quantile (Koenker and Bassett, Econometrica 46 (1978) 33), in the values' unit.

    ``forecasts``: (quantile, what came); ``share``: 0.9 of the 90 % quantile.
    """
    return mean([max(share * (came - said), (share - 1) * (came - said)) for said, came in forecasts])


class Matched(msgspec.Struct, frozen=True):
    """Events found again. ``delays_ns``: found less true, of each pair."""

    true: int
    said: int
    delays_ns: tuple[int, ...]

    @property
    def precision(self) -> float | None:
        """Share of what was said that is true; None where nothing was said."""
        return len(self.delays_ns) / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Share of what is true that was said; None where nothing was true."""
        return len(self.delays_ns) / self.true if self.true else None


def match(true_ns: Sequence[int], said_ns: Sequence[int], *, early_ns: int, late_ns: int) -> Matched:
    """Pair each true event with the first unpaired one said from ``early_ns`` before it to ``late_ns`` after it.

    Both are taken in order of time; each is paired at most once.
    """
    said = sorted(said_ns)
    delays: list[int] = []
    free = 0
    for moment in sorted(true_ns):
        place = max(free, bisect_left(said, moment - early_ns))
        if place < len(said) and said[place] <= moment + late_ns:
            delays.append(said[place] - moment)
            free = place + 1
    return Matched(len(true_ns), len(said), tuple(delays))


def together(matches: Iterable[Matched]) -> Matched:
    """The events of several features as one account."""
    every = list(matches)
    delays = tuple(delay for one in every for delay in one.delays_ns)
    return Matched(sum(one.true for one in every), sum(one.said for one in every), delays)


def energy_mean_db(levels: Sequence[tuple[float, float]]) -> float | None:
    """Energy mean of (level in dB, weight): 10 lg of the weighted mean of 10^(L/10)."""
    weight = math.fsum(each for _, each in levels)
    if not weight:
        return None
    return 10 * math.log10(math.fsum(each * 10 ** (level / 10) for level, each in levels) / weight)


def day_evening_night_db(day_db: float, evening_db: float, night_db: float) -> float:
    """Lden of Directive 2002/49/EC, annex I: 12 h day, 4 h evening + 5 dB, 8 h night + 10 dB."""
    parts = ((day_db, 12.0), (evening_db + 5, 4.0), (night_db + 10, 8.0))
    return 10 * math.log10(math.fsum(hours * 10 ** (level / 10) for level, hours in parts) / 24)
