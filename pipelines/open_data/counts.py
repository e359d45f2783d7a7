"""Small counts, and the totals that would give them away.

A count of 1 to 4 people is suppressed. A total of it (the hour of a quarter, the day of an hour) is suppressed too
unless, after subtraction of everything that was published, the suppressed counts below it may still each be anything
from 1 to 4: with n of them and a remainder r, that is n + 3 ≤ r ≤ 4 n - 3. A section across a road is the total of its
counters, and is told only where all of them are.

Laws
- What was not heard in order cannot be judged: an interval that the memory does not cover is suppressed.
- What was said last of an interval counts; the same words judged again give the same verdict.
- The memory is bounded: the last two days of each series, and it survives restarts (``packed``).
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from pipelines.model import NS_PER_S, Observation
from pipelines.open_data.privacy import COUNTS, FOLLOWERS, Subject

FEWEST = 5
"""The smallest count but zero that is published."""
REMEMBERED_NS = 50 * 3_600 * NS_PER_S


class Word(msgspec.Struct, array_like=True, gc=False):
    """What was said of one interval; ``told`` where it was published with its value."""

    time_ns: int
    interval_ns: int
    value: float
    told: bool

    @property
    def end_ns(self) -> int:
        """End of the interval."""
        return self.time_ns + self.interval_ns


class Series(msgspec.Struct, array_like=True):
    """The words of one property of one feature, by (time, interval); heard without a hole from ``since_ns``."""

    since_ns: int
    words: list[Word]

    def note(self, word: Word) -> None:
        """Put a word in its place, and forget what is too old."""
        place = self._place(word.time_ns, word.interval_ns)
        if place < len(self.words) and _span(self.words[place]) == _span(word):
            self.words[place] = word
        else:
            self.words.insert(place, word)
        oldest_ns = self.words[-1].time_ns - REMEMBERED_NS
        self.since_ns = max(self.since_ns, oldest_ns)
        first = self._place(self.since_ns, 0)
        if first:
            del self.words[:first]

    def of(self, time_ns: int, interval_ns: int) -> Word | None:
        """What was said of exactly this interval."""
        place = self._place(time_ns, interval_ns)
        found = self.words[place] if place < len(self.words) else None
        return found if found and _span(found) == (time_ns, interval_ns) else None

    def within(self, time_ns: int, interval_ns: int) -> Sequence[Word]:
        """The words of shorter intervals inside one, the longer ones first where two begin together."""
        inside = self.words[self._place(time_ns, 0) : self._place(time_ns + interval_ns, 0)]
        shorter = [one for one in inside if one.interval_ns < interval_ns and one.end_ns <= time_ns + interval_ns]
        return sorted(shorter, key=lambda one: (one.time_ns, -one.interval_ns))

    def _place(self, time_ns: int, interval_ns: int) -> int:
        return bisect_left(self.words, (time_ns, interval_ns), key=_span)


Name = tuple[str, str]
"""Feature and property."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Series).decode


class Counts:
    """All series of one pilot. ``changed``: those to be remembered, emptied by who remembers them."""

    def __init__(self) -> None:
        self.series: dict[Name, Series] = {}
        self.changed: set[Name] = set()

    def packed(self, name: Name) -> bytes:
        """A series as it is kept across restarts."""
        return _encode(self.series[name])

    def restore(self, name: Name, packed: bytes) -> None:
        """Take back what was kept. Raises msgspec.DecodeError."""
        self.series[name] = _decode(packed)

    def screen(self, subject: Subject, observations: Sequence[Observation]) -> list[Observation]:
        """Observations of one feature and one interval, those that must not be said suppressed."""
        if not any(one.property in COUNTS or one.property in FOLLOWERS for one in observations):
            return list(observations)
        hushed = {one.property for one in observations if one.property in COUNTS and not self._judge(subject, one)}
        return [suppressed(one) if self._is_hushed(one, hushed) else one for one in observations]

    def _is_hushed(self, one: Observation, hushed: set[str]) -> bool:
        if one.quality in ("missing", "suppressed", "retracted"):
            return False
        base = FOLLOWERS.get(one.property)
        if base is None:
            return one.property in hushed
        series = self.series.get((one.feature, base))
        word = series.of(one.time_ns, one.interval_ns) if series else None
        return base in hushed or word is None or not word.told

    def _judge(self, subject: Subject, one: Observation) -> bool:
        name = one.feature, one.property
        series = self.series.get(name)
        if series is None:
            series = self.series[name] = Series(one.time_ns, [])
        if one.quality in ("missing", "suppressed", "retracted"):
            return True
        assert isinstance(one.value, float | int)
        value = float(one.value)
        covered = one.time_ns >= series.since_ns
        told = covered and self._may_be_told(series, subject.parts, one, value)
        series.note(Word(one.time_ns, one.interval_ns, value, told))
        self.changed.add(name)
        return told

    def _may_be_told(self, series: Series, parts: Iterable[str], one: Observation, value: float) -> bool:
        if 0 < value < FEWEST:
            return False
        for part in parts:
            words = self.series.get((part, one.property))
            word = words.of(one.time_ns, one.interval_ns) if words else None
            if word is None or not word.told:
                return False
        hidden, known = _resolve(series.within(one.time_ns, one.interval_ns))
        remainder = value - known
        return not hidden or hidden + 3 <= remainder <= 4 * hidden - 3


def _resolve(words: Sequence[Word]) -> tuple[int, float]:
    """Of nested words in order: how many counts are hidden among them, and the sum of what was told.

    A word that was told stands for all within it. A hidden one is as many as are hidden within it, but at least one.
    """
    hidden, known = 0, 0.0
    place = 0
    while place < len(words):
        word = words[place]
        after = place + 1
        while after < len(words) and words[after].time_ns < word.end_ns:
            after += 1
        if word.told:
            known += word.value
        else:
            within, sum_within = _resolve(words[place + 1 : after])
            hidden += max(1, within)
            known += sum_within
        place = after
    return hidden, known


def _span(word: Word) -> tuple[int, int]:
    return word.time_ns, word.interval_ns


def suppressed(one: Observation) -> Observation:
    """The same observation without its value."""
    return msgspec.structs.replace(one, value=0.0, quality="suppressed", reason="privacy")
