"""Time to full, P10, P50 and P90, and how well earlier ones held.

The quantiles are those of a gamma process (``formulas.gain_until_reached``) walked along the week's rates, as far apart
as days differ and as the rates are uncertain. They are then set right by what happened, after Gibbs and Candès
(Adaptive Conformal Inference, 2021): each forecast that missed on one side widens that side by nine times what each one
that held narrows it, so that in the long run one in ten misses on each side, whatever the world does. Because few are
left until they are full, the way to a level ``STEP_PERCENT`` higher is judged as well, and counts less.

A collection before the level is reached says only that it would have taken at least as long. Such a forecast counts for
as far as it had come, as censored lives do in a life table (Cutler and Ederer, J. Chronic Diseases 8 (1958) 699): else,
under a dense schedule, only the fast fillings would be judged. Where hardly any comes to its P90, nothing is claimed.
"""

from datetime import tzinfo

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.waste.filling import Filling
from pipelines.domains.waste.formulas import gain_until_reached

Z_80 = 1.2816
"""10 % of a normal distribution lie beyond."""

STEP_PERCENT = 25.0
LEARN, LEARN_FROM_STEP = 0.08, 0.04
"""Verdicts on the way to full count most: which fillings are left until then is part of the world."""

RATES_SHARE = 0.5
"""Of all gain that was seen, what the rates of the next days rest on: weekdays are learnt each for itself."""

Z_RANGE = (0.3, 4.0)
SHARE_OUTSIDE = 0.1
REMEMBERED_EACH_NS, MOST_OPEN = 12 * HOUR_NS, 48
"""The forecasts of one filling are right or wrong together: two a day are enough to judge by, for twelve days."""
KEPT_EACH_VERDICT = 0.98
STEPS = 4
"""Of the life table from a forecast to its P10, and as many from there to its P90."""
ENOUGH, ENOUGH_LEFT, HARDLY_ANY = 10.0, 5.0, 0.05
"""Forecasts that must have begun the table, and come to each step of it while more than so large a share is left."""
LONGEST_H = 8 * 168.0

Quantiles = tuple[float, float, float]
Open = tuple[float, int, int, int, bool]
"""A level to be reached; when that was said, the instants of its P10 and P90; whether it is the way to full."""


class Full(msgspec.Struct, array_like=True):
    """Forecasts that wait for their level; how far the quantiles lie out; verdicts on the way to full, fading.

    ``came`` and ``became_full``: by step of the life table, how many came to it, and of these became full in it.
    """

    open: list[Open] = []
    z_early: float = Z_80
    z_late: float = Z_80
    came: list[float] = msgspec.field(default_factory=lambda: [0.0] * (2 * STEPS))
    became_full: list[float] = msgspec.field(default_factory=lambda: [0.0] * (2 * STEPS))

    @property
    def coverage(self) -> float | None:
        """Chance that a filling left alone is full between P10 and P90, 0 to 1.

        None where too few came so far, unless nearly all were full before.
        """
        if self.came[0] < ENOUGH:
            return None
        left = [1.0]
        for became_full, came in zip(self.became_full, self.came, strict=True):
            if came >= ENOUGH_LEFT:
                left.append(left[-1] * (1 - became_full / came))
            elif left[-1] <= HARDLY_ANY:
                left.append(left[-1])
            else:
                return None
        return left[STEPS] - left[-1]


def foretell(full: Full, filling: Filling, at_ns: int, level: float, *, full_percent: float, zone: tzinfo) -> Quantiles:
    """Hours until the container is full; some are remembered for their verdict."""
    hours = quantiles(full, filling, at_ns, full_percent - level, zone)
    if level < full_percent and (not full.open or at_ns - full.open[-1][1] >= REMEMBERED_EACH_NS):
        if level + STEP_PERCENT < full_percent:
            step = quantiles(full, filling, at_ns, STEP_PERCENT, zone)
            _remember(full, at_ns, level + STEP_PERCENT, step, to_full=False)
        _remember(full, at_ns, full_percent, hours, to_full=True)
    return hours


def quantiles(full: Full, filling: Filling, at_ns: int, missing: float, zone: tzinfo) -> Quantiles:
    """Hours until so much is gained: P10, P50, P90."""
    if missing <= 0:
        return 0.0, 0.0, 0.0
    spread = filling.spread
    # A rate learnt from a gain G has the relative variance spread / G: that of m more is spread * m * (1 + m / G).
    wider = (1 + missing / (RATES_SHARE * filling.seen)) ** 0.5
    early, middle, late = (
        min(LONGEST_H, filling.hours_until(at_ns, gain_until_reached(missing, spread, z), zone))
        for z in (wider * full.z_early, 0.0, -wider * full.z_late)
    )
    return early, middle, late


def _remember(full: Full, at_ns: int, level: float, hours: Quantiles, *, to_full: bool) -> None:
    until = at_ns + int(hours[0] * HOUR_NS), at_ns + int(hours[2] * HOUR_NS)
    full.open.append((level, at_ns, *until, to_full))
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
            _judge(full, one, before_ns + int(max(0.0, share) * (at_ns - before_ns)), is_full=True)
    full.open = waiting


def empty(full: Full, at_ns: int) -> None:
    """The container was emptied: what was foretold for later is never known, but that it was later is."""
    for one in full.open:
        _judge(full, one, at_ns, is_full=False)
    full.open = []


def place(said_ns: int, early_ns: int, late_ns: int, at_ns: int) -> float:
    """How far a forecast has come: 0 when it is said, 1 at its P10, 2 from its P90 on."""
    if at_ns < early_ns:
        return _part(said_ns, at_ns, early_ns)
    return 1 + _part(early_ns, at_ns, late_ns)


def _part(from_ns: int, at_ns: int, to_ns: int) -> float:
    return min(1.0, max(0.0, (at_ns - from_ns) / (to_ns - from_ns))) if to_ns > from_ns else 1.0


def _judge(full: Full, one: Open, at_ns: int, *, is_full: bool) -> None:
    _, said_ns, early_ns, late_ns, to_full = one
    came = place(said_ns, early_ns, late_ns, at_ns)
    ended = is_full and at_ns <= late_ns
    _learn(full, came, ended=ended, learn=LEARN if to_full else LEARN_FROM_STEP)
    if to_full:
        _enter(full, came, ended=ended)


def _learn(full: Full, came: float, *, ended: bool, learn: float) -> None:
    """Of a hundred that are followed to the end ten are early and eighty hold: what differs moves the quantiles."""
    early, held = SHARE_OUTSIDE, 1 - 2 * SHARE_OUTSIDE
    if came < 1:
        full.z_early = _within(full.z_early + learn * ((1 - early) if ended else -early * _seen(came, early)))
        return
    full.z_early = _within(full.z_early - learn * early)
    share = held / (1 - early)
    judged = 1.0 if ended else _seen(came - 1, share)
    full.z_late = _within(full.z_late + learn * (1 - early) * (share * judged - ended))


def _seen(part: float, share: float) -> float:
    """For how much a forecast counts of which only so large a part of a stretch was seen, without becoming full.

    Where ``share`` become full in the whole stretch, evenly, 1 - share * part are left here, and of these
    share * (1 - part) will; counted for this much, those that are left and those that became full balance.
    """
    return part * (1 - share) / (1 - share * part)


def _enter(full: Full, came: float, *, ended: bool) -> None:
    """Into the life table: one that ended in a step was at risk in all of it, one that was taken away in half of it."""
    last = min(int(came * STEPS), 2 * STEPS - 1) if ended else int(came * STEPS)
    for step in range(2 * STEPS):
        here = step == last
        at_risk = (1.0 if ended else 0.5) if here else float(step < last)
        full.came[step] = KEPT_EACH_VERDICT * full.came[step] + at_risk
        full.became_full[step] = KEPT_EACH_VERDICT * full.became_full[step] + (here and ended)


def _within(z: float) -> float:
    return min(Z_RANGE[1], max(Z_RANGE[0], z))
