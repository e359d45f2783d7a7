"""Sums over households: hour by hour, of an area, once and for ever.

    an hour is over ─▶ all connections heard, or three hours later ─▶ enough of them, none too large ─▶ said once

Laws
- At least ten connections, none with more than half of the sum, and not all of them zero; else it is suppressed.
- An hour is said once, in order, and never corrected: two sums over different households differ by those households.
- One kind of interval only. A day beside its hours would tell what was heard for the day and not for an hour.
- A sum covers whole connections: the meters of one house are added up first, and count as one.
"""

from collections.abc import Iterator

import msgspec

from pipelines.domains import HOUR_NS
from pipelines.model import Observation
from pipelines.open_data.counts import suppressed
from pipelines.open_data.privacy import SUMS, Subject

FEWEST_CONNECTIONS = 10
LARGEST_SHARE = 0.5
HOLD_NS = 3 * HOUR_NS
"""How long an hour waits for meters that have not been heard: until half of them have told of a later one."""
MOST_HOURS = 72
"""Hours that wait at most, where half of the meters are never heard together."""
DECIMALS = 3

Group = tuple[str, str, str]
"""Feature type, area, property."""


class Hour(msgspec.Struct, array_like=True):
    """What each connection's meters said of an hour: feature → value, by connection."""

    values: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    rough: bool = False


class Sums(msgspec.Struct, array_like=True):
    """The open hours of a group, by their beginnings; all hours that begin before ``next_ns`` are done."""

    next_ns: int = 0
    hours: dict[int, Hour] = msgspec.field(default_factory=dict)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Sums).decode


class Households:
    """All groups of one pilot. ``changed``: those to be remembered, emptied by who remembers them."""

    def __init__(self) -> None:
        self.groups: dict[Group, Sums] = {}
        self.changed: set[Group] = set()

    def packed(self, group: Group) -> bytes:
        """A group as it is kept across restarts."""
        return _encode(self.groups[group])

    def restore(self, group: Group, packed: bytes) -> None:
        """Take back what was kept. Raises msgspec.DecodeError."""
        self.groups[group] = _decode(packed)

    def take(self, subject: Subject, one: Observation, *, connections: int) -> Iterator[Observation]:
        """Note what a meter says; yields the sums that have become due. ``connections``: how many the area has."""
        if one.property not in SUMS or one.interval_ns != HOUR_NS or subject.voice != "sums":
            return
        kind = subject.feature.partition("/")[0]
        group = kind, subject.area, one.property
        sums = self.groups.setdefault(group, Sums())
        if one.time_ns < sums.next_ns:
            return
        self.changed.add(group)
        hour = sums.hours.setdefault(one.time_ns, Hour())
        if one.quality in ("missing", "suppressed", "retracted"):
            hour.values.get(subject.contributor, {}).pop(subject.feature, None)
        else:
            hour.values.setdefault(subject.contributor, {})[subject.feature] = float(one.value)
            hour.rough = hour.rough or one.quality != "ok"
        heard = {begin_ns: sum(map(bool, hour.values.values())) for begin_ns, hour in sorted(sums.hours.items())}
        newest_ns = max((begin_ns for begin_ns, some in heard.items() if 2 * some >= connections), default=0)
        for begin_ns, some in heard.items():
            if some < connections and begin_ns + HOLD_NS > newest_ns and len(sums.hours) <= MOST_HOURS:
                return
            sums.next_ns = begin_ns + HOUR_NS
            yield _said(sums.hours.pop(begin_ns), group, begin_ns)


def _said(hour: Hour, group: Group, begin_ns: int) -> Observation:
    kind, area, name = group
    shares = [sum(meters.values()) for meters in hour.values.values() if meters]
    total = sum(shares)
    quality = "estimated" if hour.rough else "ok"
    feature = f"{kind}/{area}"
    said = Observation(feature, name, round(total, DECIMALS), begin_ns, "gateway", quality, "", HOUR_NS)  # type: ignore[arg-type]
    enough = len(shares) >= FEWEST_CONNECTIONS and total > 0 and max(shares) <= LARGEST_SHARE * total
    return said if enough else suppressed(said)
