"""How fast a container fills: a weekday's mean times the hour's share of a day, and how much days differ.

What was gained between believed levels is spread evenly over the hours between them. A weekday leans on the mean of all
days with the weight of ``PRIOR_DAYS``, an hour of the day likewise; each Monday what was learnt loses a share. The
spread is the mean squared surprise of a day over its expectation: variance per unit of gain of a gamma process (4
draws of the usual coefficient of variation of 0.5 make a quarter of the daily gain), learnt from stretches of about a
day. A stretch that a collection ends counts as far as it went: those that fill fast are ended more often.

A container that becomes full takes what its level does not show. The last step to the brim is therefore taken to have
gone half a ``spread`` beyond it, the mean overshoot of a gamma process over a level (Bertoin, Levy Processes, 1996,
chapter III): without it, whoever fills in few large heaps would be learnt as slow.
"""

from bisect import bisect_right
from datetime import tzinfo
from functools import lru_cache
from itertools import accumulate

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.domains.local_time import hour_of, hour_of_week, quarter_of

WEEK_H = 168
PRIOR_DAYS = 2.0
KEPT_EACH_WEEK = 0.92
LEAST_HOURS = 24.0
"""Nothing is foretold before a day of filling was seen."""

STRETCH_H, LEAST_STRETCH_H = 22.0, 6.0
PRIOR_STRETCHES = 4.0
CV_OF_A_DAY = 0.5


class Filling(msgspec.Struct, array_like=True):
    """Per cent gained and hours seen, by weekday and by hour of the day; ``gained_until`` adds up a week's rates.

    The stretch under way, and sums of squared surprise and of expected gain.
    """

    gain_of_weekday: list[float] = msgspec.field(default_factory=lambda: [0.0] * 7)
    hours_of_weekday: list[float] = msgspec.field(default_factory=lambda: [0.0] * 7)
    gain_of_hour: list[float] = msgspec.field(default_factory=lambda: [0.0] * 24)
    hours_of_hour: list[float] = msgspec.field(default_factory=lambda: [0.0] * 24)
    gained_until: list[float] = []
    stretch_h: float = 0.0
    stretch_gain: float = 0.0
    stretch_expected: float = 0.0
    squares: float = 0.0
    expected: float = 0.0

    @property
    def learnt(self) -> bool:
        """Enough was seen for a forecast."""
        return bool(self.gained_until)

    @property
    def seen(self) -> float:
        """Per cent gained that the rates were learnt from."""
        return sum(self.gain_of_weekday)

    @property
    def spread(self) -> float:
        """Variance per unit of gain."""
        mean_day = self.gained_until[-1] / 7
        prior = CV_OF_A_DAY**2 * mean_day
        weight = PRIOR_STRETCHES * mean_day
        return max(0.05, (self.squares + prior * weight) / (self.expected + weight))

    def gain(self, from_ns: int, to_ns: int, percent: float, zone: tzinfo) -> None:
        """Between two believed levels so much was gained."""
        hours = (to_ns - from_ns) / HOUR_NS
        if hours <= 0:
            return
        at_ns = from_ns
        while at_ns < to_ns:
            end_ns = min(to_ns, hour_of(at_ns) + HOUR_NS)
            part_h = (end_ns - at_ns) / HOUR_NS
            day, hour = divmod(_slot(quarter_of(at_ns), zone), 24)
            part = percent * part_h / hours
            self.gain_of_weekday[day] += part
            self.hours_of_weekday[day] += part_h
            self.gain_of_hour[hour] += part
            self.hours_of_hour[hour] += part_h
            at_ns = end_ns
        if self.learnt:
            self.stretch_h += hours
            self.stretch_gain += percent
            self.stretch_expected += self.between(from_ns, to_ns, zone)
            if self.stretch_h >= STRETCH_H:
                self.end_stretch()

    def beyond_the_brim(self) -> float:
        """What a step to the brim gained beyond it, in the mean."""
        return self.spread / 2 if self.learnt else 0.0

    def end_stretch(self) -> None:
        """The stretch ends: a day is over, or the container was emptied."""
        if self.stretch_h >= LEAST_STRETCH_H:
            self.squares += (self.stretch_gain - self.stretch_expected) ** 2
            self.expected += self.stretch_expected
        self.break_off()

    def break_off(self) -> None:
        """Nobody knows what happened since: the stretch says nothing."""
        self.stretch_h = self.stretch_gain = self.stretch_expected = 0.0

    def begin_day(self, weekday: int) -> None:
        """Work the week's rates out anew, once a day."""
        if weekday == 0:
            for sums in (self.gain_of_weekday, self.hours_of_weekday, self.gain_of_hour, self.hours_of_hour):
                sums[:] = [KEPT_EACH_WEEK * one for one in sums]
            self.squares *= KEPT_EACH_WEEK
            self.expected *= KEPT_EACH_WEEK
        hours = sum(self.hours_of_weekday)
        gain = sum(self.gain_of_weekday)
        if hours < LEAST_HOURS or gain <= 0:
            return
        mean = gain / hours
        prior_h = PRIOR_DAYS * 24
        of_day = [
            (one + prior_h * mean) / (seen + prior_h)
            for one, seen in zip(self.gain_of_weekday, self.hours_of_weekday, strict=True)
        ]
        of_hour = [
            (one + PRIOR_DAYS * mean) / (seen + PRIOR_DAYS)
            for one, seen in zip(self.gain_of_hour, self.hours_of_hour, strict=True)
        ]
        scale = 24 / sum(of_hour)
        rates = [day * hour * scale for day in of_day for hour in of_hour]
        self.gained_until = list(accumulate(rates, initial=0.0))

    def between(self, from_ns: int, to_ns: int, zone: tzinfo) -> float:
        """Expected gain between two instants less than a week apart."""
        gain = self._at(_hours(to_ns, zone)) - self._at(_hours(from_ns, zone))
        return gain if gain >= 0 else gain + self.gained_until[-1]

    def hours_until(self, from_ns: int, gain: float, zone: tzinfo) -> float:
        """Hours until so much is expected to be gained."""
        until = self.gained_until
        begin_h = _hours(from_ns, zone)
        weeks, rest = divmod(self._at(begin_h) + gain, until[-1])
        hour = min(WEEK_H - 1, bisect_right(until, rest) - 1)
        rate = until[hour + 1] - until[hour]
        return weeks * WEEK_H + hour + (rest - until[hour]) / rate - begin_h

    def _at(self, hours: float) -> float:
        hour = min(WEEK_H - 1, int(hours))
        until = self.gained_until
        return until[hour] + (hours - hour) * (until[hour + 1] - until[hour])


def _hours(at_ns: int, zone: tzinfo) -> float:
    return _slot(quarter_of(at_ns), zone) + at_ns % HOUR_NS / HOUR_NS


@lru_cache(maxsize=4_096)
def _slot(quarter_ns: int, zone: tzinfo) -> int:
    """The hour of the week of a quarter; all containers ask for the same few."""
    return hour_of_week(quarter_ns, zone)
