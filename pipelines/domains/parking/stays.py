"""Stays of one street: who parks since when, what a day's sessions add up to, and when somebody overstays.

A session is occupied between two believed turns. One that began or ended unseen is censored: counted apart, and its
length is never said. Bounded: one stay a bay, three days of sums.
"""

from bisect import insort
from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from pipelines.domains import Site
from pipelines.domains.local_time import day_bounds
from pipelines.domains.parking.rule import MINUTE_NS, overstay_begins_ns, overstay_min
from pipelines.domains.parking.settings import BayDetails, ParkingSettings
from pipelines.model import Observation, Quality

DAYS_KEPT = 3


class DayOfStays(msgspec.Struct, array_like=True):
    """Sums of the sessions that ended on a local day, from ``begin_ns`` on, and of its quarters as they were said.

    ``counted``: quarters of which enough was known; ``busy``: those of them with more than 85 % taken.
    """

    begin_ns: int
    sessions: int = 0
    stay_min: float = 0.0
    estimated: int = 0
    censored: int = 0
    overstays: int = 0
    overstay_min: float = 0.0
    occupied_ns: int = 0
    known_ns: int = 0
    counted: int = 0
    busy: int = 0


class Stays(msgspec.Struct, array_like=True):
    """``since``: bay → begin of its stay, 0 unknown. ``due``: (when it would overstay, bay, begin of its stay).

    ``over``: bays whose overstay was said and has not ended.
    """

    since: dict[str, int] = {}
    due: list[tuple[int, str, int]] = []
    days: list[DayOfStays] = []
    over: list[str] = []

    def day(self, at_ns: int, zone: tzinfo) -> DayOfStays:
        """The sums of the local day of an instant."""
        begin_ns = day_bounds(at_ns, zone)[0]
        for day in reversed(self.days):
            if day.begin_ns == begin_ns:
                return day
        day = DayOfStays(begin_ns)
        self.days.append(day)
        del self.days[:-DAYS_KEPT]
        return day


def arrive(stays: Stays, bay: str, at_ns: int, site: Site, settings: ParkingSettings) -> None:
    """A car parks; remember when it would overstay."""
    stays.since[bay] = at_ns
    details = site.place(bay).details_as(BayDetails)
    longest_min = details.longest_stay_min(settings)
    if longest_min is None:
        return
    allowed_min = longest_min + settings.overstay_tolerance_min
    due_ns = overstay_begins_ns(at_ns, details, allowed_min=allowed_min, zone=site.zone)
    if due_ns is not None:
        insort(stays.due, (due_ns, bay, at_ns))


def leave(
    stays: Stays, bay: str, at_ns: int, *, gap: bool, site: Site, settings: ParkingSettings
) -> Iterator[Observation]:
    """A car leaves: its stay, and how long it overstayed."""
    yield from _end(stays, bay, at_ns)
    since_ns = stays.since.pop(bay, 0)
    day = stays.day(at_ns, site.zone)
    if not since_ns:
        day.censored += 1
        return
    minutes = (at_ns - since_ns) / MINUTE_NS
    day.sessions += 1
    day.stay_min += minutes
    day.estimated += gap
    quality: Quality = "estimated" if gap else "ok"
    yield Observation(bay, "stay_min", minutes, at_ns, quality=quality, reason="gap" if gap else "")
    details = site.place(bay).details_as(BayDetails)
    longest_min = details.longest_stay_min(settings)
    if longest_min is None:
        return
    over_min = overstay_min(
        since_ns,
        at_ns,
        details,
        longest_min=longest_min,
        tolerance_min=settings.overstay_tolerance_min,
        zone=site.zone,
    )
    if over_min > 0:
        day.overstays += 1
        day.overstay_min += over_min
        yield Observation(bay, "overstay_min", over_min, at_ns, quality=quality, reason="gap" if gap else "")


def lose(stays: Stays, bay: str, at_ns: int, zone: tzinfo) -> Iterator[Observation]:
    """Nobody knows any longer whether the car is still there, so nobody is told that it is."""
    yield from _end(stays, bay, at_ns)
    if stays.since.pop(bay, None) is not None:
        stays.day(at_ns, zone).censored += 1


def overstays(stays: Stays, to_ns: int) -> Iterator[Observation]:
    """Who overstays now, at the instant it began; said once for each stay, until the bay is free."""
    while stays.due and stays.due[0][0] <= to_ns:
        due_ns, bay, since_ns = stays.due.pop(0)
        if stays.since.get(bay) == since_ns:
            stays.over.append(bay)
            yield Observation(bay, "overstay", value=True, time_ns=due_ns)


def _end(stays: Stays, bay: str, at_ns: int) -> Iterator[Observation]:
    """The overstay of a bay is over, if there is one."""
    if bay in stays.over:
        stays.over.remove(bay)
        yield Observation(bay, "overstay", value=False, time_ns=at_ns)
