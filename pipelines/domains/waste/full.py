"""Time to full, P10, P50 and P90, and how well earlier ones held.

The quantiles are those of a gamma process (``formulas.gain_until_reached``) walked along the week's rates. They are
then set right by what happened, after Gibbs and Candès (Adaptive Conformal Inference, 2021): each forecast that
missed on one side widens that side by nine times what each one that held narrows it, so that in the long run one in
ten misses on each side, whatever the world does. A collection before the level is reached ends a
forecast without a verdict, unless its P90 had passed; so where containers are emptied by a dense schedule, the few that
are judged are the fast ones. Because few are left until they are full, the way to a level ``STEP_PERCENT`` higher is
judged as well, and counts less.
"""

from datetime import tzinfo

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.waste.filling import Filling
from pipelines.domains.waste.formulas import gain_until_reached

Z_80 = 1.2816
"""10 % of a normal distribution lie beyond."""

STEP_PERCENT = 25.0
LEARN, LEARN_FROM_STEP = 0.06, 0.015
"""Verdicts on the way to full count most: which fillings are left until then is part of the world."""

Z_RANGE = (0.3, 4.0)
SHARE_OUTSIDE = 0.1
MOST_OPEN = 48
KEPT_EACH_VERDICT = 0.98
LONGEST_H = 8 * 168.0

Quantiles = tuple[float, float, float]
Open = tuple[float, int, int, bool]
"""A level to be reached, the instants of its P10 and P90, and whether it is the way to full."""


class Full(msgspec.Struct, array_like=True):
    """Forecasts that wait for their level; how far the quantiles lie out; verdicts on the way to full, fading."""

    open: list[Open] = []
    z_early: float = Z_80
    z_late: float = Z_80
    held: float = 0.0
    judged: float = 0.0

    @property
    def coverage(self) -> float | None:
        """Share of judged forecasts that held, 0 to 1; None before ten were judged."""
        return self.held / self.judged if self.judged >= 10 else None  # noqa: PLR2004  see the docstring


def foretell(full: Full, filling: Filling, at_ns: int, level: float, *, full_percent: float, zone: tzinfo) -> Quantiles:
    """Hours until the container is full, and remember it for its verdict."""
    hours = quantiles(full, filling, at_ns, full_percent - level, zone)
    if level < full_percent:
        _remember(full, at_ns, full_percent, hours, to_full=True)
        if level + STEP_PERCENT < full_percent:
            step = quantiles(full, filling, at_ns, STEP_PERCENT, zone)
            _remember(full, at_ns, level + STEP_PERCENT, step, to_full=False)
    return hours


def quantiles(full: Full, filling: Filling, at_ns: int, missing: float, zone: tzinfo) -> Quantiles:
    """Hours until so much is gained: P10, P50, P90."""
    if missing <= 0:
        return 0.0, 0.0, 0.0
    spread = filling.spread
    early, middle, late = (
        min(LONGEST_H, filling.hours_until(at_ns, gain_until_reached(missing, spread, z), zone))
        for z in (full.z_early, 0.0, -full.z_late)
    )
    return early, middle, late


def _remember(full: Full, at_ns: int, level: float, hours: Quantiles, *, to_full: bool) -> None:
    full.open.append((level, at_ns + int(hours[0] * HOUR_NS), at_ns + int(hours[2] * HOUR_NS), to_full))
    del full.open[:-MOST_OPEN]


def reach(full: Full, level: float, before_ns: int, before: float, at_ns: int) -> None:
    """The container has come from ``before`` to ``level``: judge the forecasts of all levels up to there."""
    if not full.open or min(full.open)[0] > level:
        return
    waiting = []
    for one in full.open:
        mark = one[0]
        if mark > level:
            waiting.append(one)
        else:
            share = (mark - before) / (level - before) if level > before else 1.0
            _judge(full, one, before_ns + int(max(0.0, share) * (at_ns - before_ns)))
    full.open = waiting


def empty(full: Full, at_ns: int) -> None:
    """The container was emptied: what was foretold for later is never known."""
    for one in full.open:
        if one[2] < at_ns:
            _judge(full, one, at_ns)
    full.open = []


def _judge(full: Full, one: Open, at_ns: int) -> None:
    _, early_ns, late_ns, to_full = one
    early, late = at_ns < early_ns, at_ns > late_ns
    learn = LEARN if to_full else LEARN_FROM_STEP
    full.z_early = _within(full.z_early + learn * (early - SHARE_OUTSIDE))
    full.z_late = _within(full.z_late + learn * (late - SHARE_OUTSIDE))
    if to_full:
        full.held = KEPT_EACH_VERDICT * full.held + (not early and not late)
        full.judged = KEPT_EACH_VERDICT * full.judged + 1


def _within(z: float) -> float:
    return min(Z_RANGE[1], max(Z_RANGE[0], z))
