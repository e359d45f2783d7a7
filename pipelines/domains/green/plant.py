"""What is remembered of one soil sensor to tell whether it can be believed: a day of it, and its answer to rain."""

import msgspec

from pipelines.domains import HOUR_NS

STUCK_NS = 7 * 24 * HOUR_NS
"""The same value for so long: soil stands still for days, but not for a week to the last digit."""
ANSWER_NS = 24 * HOUR_NS
ENOUGH_MM = 5.0
"""In a day: what soil is expected to answer to, as in the quality flags of the International Soil Moisture Network."""
ANSWER_PERCENT = 0.4
"""Rise of the water content, in percentage points, that is an answer and not the sensor's own noise."""
REACH = 0.3
"""Share of rain that is sure to arrive at a sensor's depth: crowns, pavement and the dry layer above keep the rest.
Over a root zone of 0.6 m, 8 mm of rain must then be seen; 5 mm only where the zone is flatter."""
SATURATED_SHARE = 0.9
"""Of field capacity: soil as wet as this lets rain through, and need not answer."""

LEAST_READINGS = 12
LEAST_SWING_PERCENT = 2.0
LEAST_CORRELATION = 0.9
"""A day's swing of the moisture that goes with the soil's temperature so closely is the sensor's, not the water's."""

SMOOTHING = 0.4
"""Weight of a new value against those before: noise is halved, and a rise is seen within three readings."""
HELD_NS = 6 * HOUR_NS
"""After a longer silence there is nothing to smooth with."""

HEARD_NS = 24 * HOUR_NS
FORGOTTEN_NS = 14 * 24 * HOUR_NS


class Swing(msgspec.Struct, array_like=True):
    """Sums over a day of moisture (x) and soil temperature (y), and the moisture's first, last, lowest and highest."""

    count: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0
    first: float = 0.0
    last: float = 0.0

    def take(self, percent: float, temperature_c: float) -> None:
        """One pair."""
        if not self.count:
            self.first = percent
        self.count += 1
        self.last = percent
        self.x, self.y = self.x + percent, self.y + temperature_c
        self.xx, self.yy = self.xx + percent * percent, self.yy + temperature_c * temperature_c
        self.xy += percent * temperature_c

    @property
    def correlation(self) -> float:
        """Pearson's; 0 where one of them does not move."""
        x_moves = self.count * self.xx - self.x * self.x
        y_moves = self.count * self.yy - self.y * self.y
        if x_moves <= 1e-9 or y_moves <= 1e-9:  # noqa: PLR2004 (rounding of sums of squares)
            return 0.0
        together: float = (self.count * self.xy - self.x * self.y) / (x_moves * y_moves) ** 0.5
        return together


class Plant(msgspec.Struct, array_like=True):
    """One tree or parcel. Times in ns, -1: never. Water contents in percent, also those that come from a tension.

    ``percent``: as last measured; ``smooth``: without the sensor's noise. ``low``, ``high``: the smooth one's, of this
    local day; ``low_before``: the lowest of the day before. ``in_rain``: it was asked in this rain.
    ``asked_ns``: until when it must answer to rain, from ``asked_low``; ``asked_heard``: it was heard late in that
    time, so it could have; ``deaf``: it did not.
    """

    moisture_ns: int = -1
    tension: float = 0.0
    tension_ns: int = -1
    temperature: float = 0.0
    temperature_ns: int = -1
    percent: float = -1.0
    smooth: float = 0.0
    same_since_ns: int = -1
    heard_ns: int = -1
    low: float = 100.0
    high: float = 0.0
    low_before: float = 100.0
    swing: Swing = msgspec.field(default_factory=Swing)
    in_rain: bool = False
    asked_ns: int = -1
    asked_low: float = 0.0
    asked_heard: bool = False
    deaf: bool = False

    def wet(self, time_ns: int, percent: float) -> None:
        """A water content was measured."""
        fresh = self.heard_ns < time_ns - HELD_NS
        self.heard_ns = time_ns
        if percent != self.percent or self.same_since_ns < 0:
            self.percent, self.same_since_ns = percent, time_ns
        self.smooth = percent if fresh else self.smooth + SMOOTHING * (percent - self.smooth)
        self.low, self.high = min(self.low, self.smooth), max(self.high, self.smooth)
        if 0 <= self.temperature_ns >= time_ns - HOUR_NS:
            self.swing.take(percent, self.temperature)
        if self.asked_ns - ANSWER_NS // 2 <= time_ns <= self.asked_ns:
            self.asked_heard = True
        if self.asked_ns >= 0 and self.smooth >= self.asked_low + ANSWER_PERCENT:
            self.asked_ns, self.deaf = -1, False

    def ask(self, time_ns: int, rain_mm: float, full: float, depth_m: float) -> None:
        """So much rain fell in a day: if it must be seen, the sensor has a day to answer, unless its soil is full.

        ``full``: field capacity, m³/m³; ``depth_m``: of the root zone. It is asked once in a rain, if it has not
        answered already.
        """
        if self.in_rain or rain_mm * REACH < ANSWER_PERCENT * 10 * depth_m:
            return
        self.in_rain = True
        low = min(self.low, self.low_before)
        if low >= SATURATED_SHARE * 100 * full:
            return
        if self.high >= low + ANSWER_PERCENT:
            self.deaf = False
        else:
            self.asked_ns, self.asked_low, self.asked_heard = time_ns + ANSWER_NS, low, False

    def check(self, time_ns: int, *, dry_day: bool) -> str:
        """Whether it can be believed, in the vocabulary's word; asked at the end of a day."""
        if 0 <= self.asked_ns <= time_ns:
            self.deaf, self.asked_ns = self.asked_heard, -1
        if self.deaf:
            return "no_rain_response"
        if time_ns - self.same_since_ns >= STUCK_NS:
            return "stuck"
        if dry_day and self._follows_temperature():
            return "follows_temperature"
        return "ok"

    def _follows_temperature(self) -> bool:
        swing, range_ = self.swing, self.high - self.low
        if swing.count < LEAST_READINGS or range_ < LEAST_SWING_PERCENT:
            return False
        returns = abs(swing.last - swing.first) <= range_ / 2
        return returns and abs(swing.correlation) >= LEAST_CORRELATION

    def next_day(self) -> None:
        """The day is over."""
        self.low_before, self.low, self.high = self.low, 100.0, 0.0
        self.swing = Swing()
