"""Travel time of a link per hour, speed at a counter per local day: medians of at least five passes, or nothing.

A pass over a link is matched on the spot, by the detectors; nothing that could be matched here is ever taken in.
Fewer than five passes are suppressed: a travel time of one is somebody's journey. Source of k = 5: house policy.
State: an hour's passes (at most 1,000) and two weeks' hourly medians of a link; a day's speeds in bins of 0.5 km/h.
"""

from collections.abc import Iterable

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.cycling.formulas import middle, quantile
from pipelines.domains.cycling.kinds import Kind
from pipelines.domains.cycling.settings import LinkDetails
from pipelines.domains.local_time import day_bounds, hour_of
from pipelines.model import Observation

LEAST_PASSES = 5
_MOST_PASSES = 1_000
_MOST_TIME_S = 3_600.0
_HOURS_KEPT = 14 * 24
_FREE_SHARE = 0.1
"""Free flow is the tenth percentile of the hourly medians of two weeks: the quiet hours, without the odd sprinter."""

SLOWEST_KMH, FASTEST_BICYCLE_KMH = 3.0, 45.0
"""Slower is pushed, faster is no bicycle: rejected."""

_FASTEST_KMH = 250.0
_BINS_PER_KMH = 2


class Link(msgspec.Struct):
    """One link: its open hour (-1: none), the passes in it, hourly medians so far."""

    feature: str
    hour_ns: int = -1
    passes_s: list[float] = []
    medians_s: list[float] = []


class LinkMachine:
    """``travel_time_s`` of a ``bike-link`` → median, 90th percentile, free flow and delay of each hour."""

    producer = "cycling-link"
    version = 1
    features = frozenset(("bike-link",))
    properties = frozenset(("travel_time_s",))
    state = Link

    def key(self, reading: Reading, site: Site) -> str | None:
        """The link."""
        return reading.feature

    def begin(self, key: str, site: Site) -> Link:
        """A link without passes."""
        return Link(key)

    def due_ns(self, state: Link, site: Site) -> int:
        """The hour's end."""
        return state.hour_ns + HOUR_NS if state.hour_ns >= 0 else NEVER_NS

    def pass_time(self, state: Link, to_ns: int, site: Site) -> Iterable[Observation]:
        """Close the hour that is over."""
        if state.hour_ns < 0 or to_ns < state.hour_ns + HOUR_NS:
            return ()
        begin_ns, passes, state.hour_ns, state.passes_s = state.hour_ns, sorted(state.passes_s), -1, []
        if len(passes) < LEAST_PASSES:
            return (_suppressed(state.feature, "travel_time_median_s", begin_ns, HOUR_NS),)
        median = middle(passes)
        state.medians_s.append(median)
        del state.medians_s[:-_HOURS_KEPT]
        return self._say(state, begin_ns, median, quantile(passes, 0.9))

    def take(self, state: Link, reading: Reading, site: Site) -> Iterable[Observation]:
        """Note a pass, if it can be a bicycle's."""
        time_s = reading.value
        if reading.quality != "ok" or not isinstance(time_s, float) or not 0.0 < time_s <= _MOST_TIME_S:
            return ()
        length_m = site.place(reading.feature).details_as(LinkDetails).length_m
        if length_m > 0.0 and not SLOWEST_KMH <= length_m / time_s * 3.6 <= FASTEST_BICYCLE_KMH:
            return ()
        state.hour_ns = hour_of(reading.time_ns)
        if len(state.passes_s) < _MOST_PASSES:
            state.passes_s.append(time_s)
        return ()

    def _say(self, state: Link, begin_ns: int, median: float, slow: float) -> list[Observation]:
        free = quantile(sorted(state.medians_s), _FREE_SHARE)
        delay = max(0.0, 100.0 * (median / free - 1.0))
        return [
            Observation(state.feature, name, round(value, 1), begin_ns, interval_ns=HOUR_NS)
            for name, value in (
                ("travel_time_median_s", median),
                ("travel_time_p90_s", slow),
                ("free_flow_time_s", free),
                ("delay_percent", delay),
            )
        ]


class Speeds(msgspec.Struct):
    """One counter's local day (-1: none), and how many passed in each bin of half a km/h."""

    feature: str
    begin_ns: int = -1
    end_ns: int = -1
    bins: dict[int, int] = {}


class SpeedMachine:
    """``speed_kmh`` at a counter → median and 85th percentile of each local day."""

    version = 1
    properties = frozenset(("speed_kmh",))
    state = Speeds

    def __init__(self, kind: Kind, fastest_kmh: float = _FASTEST_KMH) -> None:
        self.producer = f"{kind.domain}-{kind.count}-speed"
        self.features = frozenset((kind.feature,))
        self._fastest_kmh = fastest_kmh

    def key(self, reading: Reading, site: Site) -> str | None:
        """The counter."""
        return reading.feature

    def begin(self, key: str, site: Site) -> Speeds:
        """A counter without speeds."""
        return Speeds(key)

    def due_ns(self, state: Speeds, site: Site) -> int:
        """The day's end."""
        return state.end_ns if state.begin_ns >= 0 else NEVER_NS

    def pass_time(self, state: Speeds, to_ns: int, site: Site) -> Iterable[Observation]:
        """Close the day that is over."""
        if state.begin_ns < 0 or to_ns < state.end_ns:
            return ()
        begin_ns, length_ns, bins = state.begin_ns, state.end_ns - state.begin_ns, state.bins
        state.begin_ns, state.end_ns, state.bins = -1, -1, {}
        if sum(bins.values()) < LEAST_PASSES:
            return (_suppressed(state.feature, "speed_median_kmh", begin_ns, length_ns),)
        return [
            Observation(state.feature, name, _of_bins(bins, share), begin_ns, interval_ns=length_ns)
            for name, share in (("speed_median_kmh", 0.5), ("speed_v85_kmh", 0.85))
        ]

    def take(self, state: Speeds, reading: Reading, site: Site) -> Iterable[Observation]:
        """Note a speed that can be."""
        value = reading.value
        if reading.quality != "ok" or not isinstance(value, float) or not SLOWEST_KMH <= value <= self._fastest_kmh:
            return ()
        state.begin_ns, state.end_ns = day_bounds(reading.time_ns, site.zone)
        place = int(value * _BINS_PER_KMH)
        state.bins[place] = state.bins.get(place, 0) + 1
        return ()


def _of_bins(bins: dict[int, int], share: float) -> float:
    """The middle of the bin that a share of all passes does not exceed."""
    needed, so_far = share * sum(bins.values()), 0
    for place in sorted(bins):
        so_far += bins[place]
        if so_far >= needed:
            return (place + 0.5) / _BINS_PER_KMH
    raise AssertionError("the shares of all bins make the whole")


def _suppressed(feature: str, name: str, begin_ns: int, interval_ns: int) -> Observation:
    return Observation(feature, name, 0.0, begin_ns, "gateway", "suppressed", "privacy", interval_ns)
