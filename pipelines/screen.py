"""The stage ``screen``: how far can each observation be trusted, and why?

| reason | quality | when |
| --- | --- | --- |
| range | suspect | outside what the quantity can be outdoors, or outside the data sheet's narrower limits |
| spike | suspect | over ``max_step`` from the last good value within 2 h; a second value on the new level is good |
| stuck | suspect | a quantity that always wavers gave ``stuck_after`` equal values over at least 12 h |
| future | suspect | more than 5 min after we received it |
| backfilled | ok | stored by the device: more than 1 h older than the message that brought it |
| late | ok | came slowly: more than 1 h older than the newest message of its device |
| clock | ok | stamped by the network while our own clock was not set: lateness could not be judged |

Laws
- A value is marked, never changed and never dropped.
- The first of these that applies is the reason, in the order future, range, spike, stuck, backfilled, late, clock.
- The memory follows from the accepted outcomes alone; only good values that are not older than it enter it.
"""

from collections.abc import Iterable, Mapping

import msgspec

from pipelines.model import NS_PER_S, Observation, Quality, QualityReason, Received
from pipelines.vocabulary import PROPERTIES, ObservedProperty
from pipelines.when import EventTime

FUTURE_NS = 5 * 60 * NS_PER_S
LATE_NS = 3600 * NS_PER_S
SPIKE_WITHIN_NS = 2 * 3600 * NS_PER_S
STUCK_FOR_NS = 12 * 3600 * NS_PER_S


class Watch(msgspec.Struct, frozen=True):
    """How a property may move: judging it takes memory of earlier values."""

    max_step: float | None
    stuck_after: int


def watch_for(row: ObservedProperty) -> Watch | None:
    """What the vocabulary says of this property's movement; None where anything goes."""
    return Watch(row.max_step, row.stuck_after) if row.max_step is not None or row.stuck_after > 0 else None


WATCHED = frozenset(row.name for row in PROPERTIES.values() if watch_for(row))


class Past(msgspec.Struct):
    """One property of one device: the last good value, since when and how often it has been the same, a lone spike."""

    value: float
    time_ns: int
    since_ns: int
    count: int = 1
    spike: float | None = None


class Recent(msgspec.Struct):
    """One device: its newest event time and the past of the properties that are watched."""

    newest_ns: int = -1
    past: dict[str, Past] = {}

    def remember(self, time_ns: int, received_ns: int, observations: Iterable[Observation]) -> None:
        """Note an accepted message."""
        if self.newest_ns < time_ns <= received_ns + FUTURE_NS:
            self.newest_ns = time_ns
        for observation in observations:
            if observation.property in WATCHED and type(observation.value) is float:
                self._follow(observation, observation.value)

    def _follow(self, observation: Observation, value: float) -> None:
        past = self.past.get(observation.property)
        time_ns = observation.time_ns
        if past is not None and time_ns < past.time_ns:
            return
        if observation.reason == "spike" and past is not None:
            past.spike = value
        elif observation.quality == "ok" or observation.reason == "stuck":
            if past is None:
                self.past[observation.property] = Past(value, time_ns, time_ns)
                return
            if past.value == value:
                past.count += 1
            else:
                past.value, past.since_ns, past.count = value, time_ns, 1
            past.time_ns, past.spike = time_ns, None


def screen(
    observations: list[Observation], watched: Mapping[str, Watch], recent: Recent, received: Received, when: EventTime
) -> tuple[Observation, ...]:
    """Give each observation quality and reason. ``range`` is there already: ``normalise`` has the limits at hand."""
    time_ns, past_of = when.time_ns, recent.past
    timely = _timeliness(time_ns, when, recent, received)
    for place, observation in enumerate(observations):
        reason = timely
        if observation.time_ns != time_ns:
            reason = _timeliness(observation.time_ns, when, recent, received)
        if reason != "future":
            if observation.reason:
                continue
            name = observation.property
            if name in watched and name in past_of:
                reason = _movement(observation, watched[name], past_of[name]) or reason
        if reason:
            observations[place] = _marked(observation, reason)
    return tuple(observations)


def _marked(one: Observation, reason: QualityReason) -> Observation:
    quality: Quality = "ok" if reason in _HARMLESS else "suspect"
    return Observation(
        one.feature, one.property, one.value, one.time_ns, one.time_source, quality, reason, one.interval_ns
    )


_HARMLESS = ("late", "backfilled", "clock")


def _timeliness(own_ns: int, when: EventTime, recent: Recent, received: Received) -> QualityReason:
    trusted = received.clock == "trusted"
    if trusted and own_ns > received.received_ns + FUTURE_NS:
        return "future"
    if when.heard_ns - own_ns > LATE_NS:
        return "backfilled"
    if recent.newest_ns - when.time_ns > LATE_NS:
        return "late"
    return "" if trusted else "clock"


def _movement(observation: Observation, watch: Watch, past: Past) -> QualityReason:
    value, step = observation.value, watch.max_step
    if observation.time_ns < past.time_ns or type(value) is not float:
        return ""
    if step is not None and abs(value - past.value) > step and observation.time_ns - past.time_ns <= SPIKE_WITHIN_NS:
        confirmed = past.spike is not None and abs(value - past.spike) <= step
        return "" if confirmed else "spike"
    if value == past.value and 0 < watch.stuck_after <= past.count + 1:
        return "stuck" if observation.time_ns - past.since_ns >= STUCK_FOR_NS else ""
    return ""
