"""Stuck bays: the turns that a bay's pace made expected since its last one, against the gap that chance allows.

A bay with rate r(t) stays as it is for a time T with chance exp(-integral of r over T). An integral of ln 1000 is the
99.9th percentile of its gaps, at night and by day, on each weekday alike. Real stays have a longer tail than the
exponential, and a thousand bay-days hold many gaps, hence the factor; and no bay is called stuck before its own longest
gap has been passed twofold.
"""

import math

from pipelines.domains import HOUR_NS
from pipelines.domains.parking.bays import Bay
from pipelines.domains.parking.rates import Pace, factor

LONGEST_CHANCE = math.log(1_000)
TAIL_FACTOR = 3.0
PAST_OWN_RECORD = 2.0
RECORD_KEPT = 0.9995
"""Of a bay's record at each of its turns: a week of twenty turns a day takes 7 % of it."""

LEARNING_NS = 14 * 24 * HOUR_NS
"""Two of each weekday: before, nobody knows that loading bays are free all Sunday."""

_MINUTES = 60.0


def watch(bay: Bay, pace: Pace, at_ns: int) -> None:
    """The bay has stood still since it was last watched: add the turns that its pace made expected."""
    minutes = (at_ns - bay.watched_ns) / HOUR_NS * _MINUTES
    bay.watched_ns = at_ns
    if bay.occupied:
        expected = pace.departures * minutes
        bay.departures_expected += expected
        bay.hazard += expected * factor(bay.departures, bay.departures_expected)
    else:
        expected = pace.arrivals * minutes
        bay.arrivals_expected += expected
        bay.hazard += expected * factor(bay.arrivals, bay.arrivals_expected)


def stands_too_long(bay: Bay, at_ns: int, least_h: float) -> bool:
    """No turn for longer than chance allows."""
    if not bay.since_ns or at_ns - bay.since_ns < least_h * HOUR_NS:
        return False
    return bay.hazard > max(TAIL_FACTOR * LONGEST_CHANCE, PAST_OWN_RECORD * bay.longest_hazard)
