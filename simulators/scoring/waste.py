"""Waste: collections and fires found, time to full."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from simulators.scoring import Rehearsal, Score
from simulators.scoring.estimates import Estimate
from simulators.scoring.instants import DAY_NS, HOUR_NS, MINUTE_NS
from simulators.scoring.measures import Pair, match, mean, mean_absolute_error, pinball, together
from simulators.scoring.truths import nearest
from simulators.signals import Truth

DOMAIN = "waste"
LATE_NS, EARLY_NS = 150 * MINUTE_NS, 5 * MINUTE_NS
"""A collection is found at the first low reading: up to an hour later, two and a half where a frame was lost."""
FIRE_LATE_NS = 10 * MINUTE_NS
FULL_PERCENT = 90.0
"""As the pilot's settings have it by default."""
LEFT_UNTIL_FULL = 0.9
"""Share of a container's fillings that reach full for its forecasts to be judged: else only the fast ones would be."""


def score(rehearsal: Rehearsal) -> list[Score]:
    """Every figure of the domain."""
    return [*_levels(rehearsal), *_collections(rehearsal), *_fires(rehearsal), *_time_to_full(rehearsal)]


def _levels(rehearsal: Rehearsal) -> list[Score]:
    said = rehearsal.estimates.of("fill_level_clean_percent")
    truth = rehearsal.truths.of("fill_level_percent")
    pairs: list[Pair] = []
    for feature, told in truth.items():
        for one in said.get(feature, ()):
            true = nearest(told, one.at_ns, within_ns=MINUTE_NS)
            if true is not None:
                pairs.append((one.value, float(true.value)))
    return [Score(DOMAIN, "fill level, mean error", mean_absolute_error(pairs), "pp", len(pairs), asked=bool(truth))]


def _collections(rehearsal: Rehearsal) -> list[Score]:
    """Left out are those of a sensor's last three hours: their second low reading never came."""
    true = rehearsal.truths.of("collected")
    said = rehearsal.estimates.of("collected")
    found = together(
        match(
            [one.at_ns for one in true.get(feature, ()) if one.at_ns < _heard(rehearsal, feature)],
            [one.at_ns for one in said.get(feature, ()) if one.value],
            early_ns=EARLY_NS,
            late_ns=LATE_NS,
        )
        for feature in {*true, *said}
    )
    return [
        Score(DOMAIN, "collections, precision", found.precision, "", found.said, "≥ 0.98", bool(true or said)),
        Score(
            DOMAIN,
            "collections, recall (5 min before to 2½ h after)",
            found.recall,
            "",
            found.true,
            "≥ 0.98",
            bool(true),
        ),
    ]


def _heard(rehearsal: Rehearsal, feature: str) -> int:
    return rehearsal.truths.heard_until_ns(feature) - 3 * HOUR_NS


def _fires(rehearsal: Rehearsal) -> list[Score]:
    true = rehearsal.truths.of("fire")
    said = rehearsal.estimates.of("fire_alarm")
    found = together(
        match(
            [one.at_ns for one in true.get(feature, ()) if one.value and one.at_ns < _heard(rehearsal, feature)],
            [one.at_ns for one in said.get(feature, ()) if one.value],
            early_ns=0,
            late_ns=FIRE_LATE_NS,
        )
        for feature in {*true, *said}
    )
    delay = mean([delay / MINUTE_NS for delay in found.delays_ns])
    return [
        Score(DOMAIN, "fires found within 10 min", found.recall, "", found.true, asked=found.true > 0),
        Score(DOMAIN, "false alarms of fire", float(found.said - len(found.delays_ns)), "", found.said),
        Score(
            DOMAIN, "fire, from its beginning to the alarm", delay, "min", len(found.delays_ns), asked=found.true > 0
        ),
    ]


class Filling(NamedTuple):
    """From one collection to the next; ``full_ns``: when it became full, 0 if it did not."""

    begin_ns: int
    end_ns: int
    full_ns: int


def fillings(levels: Sequence[Truth], collected: Sequence[Truth]) -> list[Filling]:
    """The whole fillings of a container, from its first collection to its last."""
    found = []
    for begin, end in pairwise(collected):
        full_ns = next(
            (one.at_ns for one in levels if begin.at_ns < one.at_ns <= end.at_ns and float(one.value) >= FULL_PERCENT),
            0,
        )
        found.append(Filling(begin.at_ns, end.at_ns, full_ns))
    return found


class Judged(NamedTuple):
    """One forecast and what came, hours from when it was said."""

    p10: float
    p50: float
    p90: float
    came: float


def judged(whole: Sequence[Filling], said: tuple[Sequence[Estimate], ...]) -> list[Judged]:
    """Forecasts of P10, P50 and P90 said in fillings that became full, before they were."""
    by_time = [{one.at_ns: one.value for one in estimates} for estimates in said]
    found = []
    for filling in whole:
        for at_ns, p10 in by_time[0].items():
            if filling.begin_ns < at_ns < filling.full_ns and at_ns in by_time[1] and at_ns in by_time[2]:
                came = (filling.full_ns - at_ns) / HOUR_NS
                found.append(Judged(p10, by_time[1][at_ns], by_time[2][at_ns], came))
    return found


def _time_to_full(rehearsal: Rehearsal) -> list[Score]:
    """The first ten days are for learning; before them nothing is judged."""
    since_ns = rehearsal.truths.begin_ns + 10 * DAY_NS
    said = [rehearsal.estimates.of(f"time_to_full_{name}_h") for name in ("p10", "p50", "p90")]
    every: list[Judged] = []
    asked = False
    collected = rehearsal.truths.of("collected")
    for feature, levels in rehearsal.truths.of("fill_level_percent").items():
        whole = fillings(levels, collected.get(feature, ()))
        if not whole or sum(one.full_ns > 0 for one in whole) < LEFT_UNTIL_FULL * len(whole):
            continue
        later = [one for one in whole if one.begin_ns >= since_ns]
        asked = asked or any(one.full_ns for one in later)
        every += judged(later, tuple(each.get(feature, ()) for each in said))
    held = mean([float(one.p10 <= one.came <= one.p90) for one in every])
    loss = pinball([(one.p50, one.came) for one in every], 0.5)
    outer = [pinball([(one.p10, one.came) for one in every], 0.1), pinball([(one.p90, one.came) for one in every], 0.9)]
    known = [one for one in (loss, *outer) if one is not None]
    return [
        Score(DOMAIN, "time to full, P10 to P90 holds", held, "", len(every), "0.75 to 0.85", asked),
        Score(DOMAIN, "time to full, pinball loss of P10, P50, P90", mean(known), "h", len(every), asked=asked),
    ]
