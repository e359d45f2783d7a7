"""What must have happened while a frame was lost, where the sensor's habits tell.

Many sensors speak at each change and, when a whole beat long nothing changed, say so; the beat begins anew with each
frame. From one lost frame of such a sensor, between two heard ones a time T apart, it follows:

- Same state, T two beats: the lost frame was a beat, and nothing changed.
- Same state, other T: the lost frame was a change, and the second one heard is the change back. When? With rates r1 of
  leaving the first state and r2 of leaving the other, the density is that of an exponential of rate r1 - r2 cut at T.
- Other state, T from one beat to two: either the beat was lost and the change is the frame heard, or the change was
  lost and the frame heard is the beat after it. The odds are exp((r1 - r2) beat); the mean of both is said.

Anything else, and whatever a sensor without such a beat does, is not explained: the bay was unknown.
"""

import math
from typing import Literal

import msgspec

from pipelines.domains.parking.bays import Bay, Sign
from pipelines.domains.parking.rates import Pace
from pipelines.model import NS_PER_S

REGULAR = 0.9
"""A beat begins anew with each frame if the shortest time between equal states is nearly the longest silence."""

_EXACT = 0.03
_MINUTE_NS = 60 * NS_PER_S
_FLAT = 1e-6


class Guess(msgspec.Struct, frozen=True):
    """``still``: nothing changed. ``turn``: one change at ``at_ns``. ``visit``: and back at the frame."""

    what: Literal["still", "turn", "visit"]
    at_ns: int = 0


def explain(bay: Bay, sign: Sign, pace: Pace) -> Guess | None:
    """What happened in a gap; None when nobody knows. ``bay`` is as it was before the gap."""
    beat_ns = _beat_ns(bay)
    if sign.lost != 1 or not beat_ns:
        return None
    time_ns = sign.at_ns - sign.gap_from_ns
    leave, back = (pace.departures, pace.arrivals) if bay.occupied else (pace.arrivals, pace.departures)
    if sign.occupied is bay.occupied:
        if abs(time_ns - 2 * beat_ns) <= _EXACT * 2 * beat_ns:
            return Guess("still")
        stayed = _mean_of_cut_exponential(leave - back, time_ns / _MINUTE_NS)
        return Guess("visit", sign.gap_from_ns + int(stayed * _MINUTE_NS))
    if not (1 - _EXACT) * beat_ns <= time_ns <= (1 + _EXACT) * 2 * beat_ns:
        return None
    share = 1 / (1 + math.exp(-(leave - back) * beat_ns / _MINUTE_NS))
    return Guess("turn", sign.at_ns - int(share * min(beat_ns, time_ns)))


def _beat_ns(bay: Bay) -> int:
    """The sensor's beat, if it has one that begins anew with each frame; else 0."""
    beats = [beat for beat in (bay.beat_ns, bay.beat_before_ns) if beat]
    shortest, longest = min(beats, default=0), max(bay.habit_ns, bay.habit_before_ns)
    return shortest if shortest >= REGULAR * longest else 0


def _mean_of_cut_exponential(rate: float, length: float) -> float:
    """Mean of an exponential of a rate (of any sign) that is known to lie between 0 and ``length``."""
    turns = rate * length
    if abs(turns) < _FLAT:
        return length / 2
    if turns > 0:
        return 1 / rate - length * math.exp(-turns) / -math.expm1(-turns)
    return 1 / rate + length / -math.expm1(turns)
