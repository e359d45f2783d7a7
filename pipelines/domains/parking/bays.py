"""What is remembered of a street: its bays, its last quarters and its rates. Bounded by the number of bays."""

import msgspec

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.parking.rates import Pace, Rates, Tally
from pipelines.domains.parking.settings import POOLS

QUARTERS_KEPT = 32
"""Eight hours: a quarter is said six hours after its end at the latest, with the hour that holds it."""

WEEK_NS = 168 * HOUR_NS
SHORTEST_BELIEF_NS = HOUR_NS
HABITS = 3
"""A sensor is believed for so many times the longest silence it had last week or this."""

ORDINARY = 0
"""The pool of the bays that are open to everybody; see ``settings.POOLS``."""

_EACH_POOL = range(len(POOLS) + 1)


class Bay(msgspec.Struct, array_like=True):
    """One bay. ``raw`` is what its sensor last said, ``occupied`` what is believed, when ``known``.

    ``since_ns``: begin of the state, 0 when nobody knows. ``accrued_ns``: up to where its time is counted; without a
    gap since ``clear_ns``. ``gap_from_ns``: so many frames as ``lost`` were lost after this instant. ``hazard``:
    turns that its pace made expected from the last one to ``watched_ns``; ``longest_hazard`` the largest that a turn
    ended.
    """

    pool: int = ORDINARY
    device: str = ""
    f_cnt: float = -1.0
    heard_ns: int = 0
    before_ns: int = 0
    gap_from_ns: int = 0
    lost: int = 0
    raw: bool | None = None
    known: bool = False
    stuck: bool = False
    occupied: bool = False
    since_ns: int = 0
    accrued_ns: int = 0
    clear_ns: int = 0
    watched_ns: int = 0
    hazard: float = 0.0
    longest_hazard: float = 0.0
    arrivals: float = 0.0
    arrivals_expected: float = 0.0
    departures: float = 0.0
    departures_expected: float = 0.0
    week: int = 0
    habit_ns: int = 0
    habit_before_ns: int = 0
    beat_ns: int = 0
    beat_before_ns: int = 0

    @property
    def sure(self) -> bool:
        """Its state counts."""
        return self.known and not self.stuck


class Sign(msgspec.Struct, array_like=True):
    """A frame that says something new, waiting until its dwell is over.

    ``until_ns``: when its sensor said otherwise, 0 when it did not. ``together``: bays that changed alike within two
    seconds. ``gap_from_ns``: so many frames as ``lost`` were lost between that instant and this.
    """

    at_ns: int
    bay: str
    occupied: bool
    gap_from_ns: int = 0
    lost: int = 0
    until_ns: int = 0
    together: int = 1


class Quarter(msgspec.Struct, array_like=True):
    """A quarter of an hour: its hour of the week, and the tally of each pool."""

    begin_ns: int
    slot: int
    pools: list[Tally] = msgspec.field(default_factory=lambda: [Tally() for _ in _EACH_POOL])

    @property
    def end_ns(self) -> int:
        """Its end."""
        return self.begin_ns + QUARTER_NS

    @property
    def occupied_ns(self) -> int:
        """Bay-time taken, all bays."""
        return sum([tally.occupied_ns for tally in self.pools])

    @property
    def known_ns(self) -> int:
        """Bay-time known, all bays."""
        return sum([tally.known_ns for tally in self.pools])


class Kerb(msgspec.Struct, array_like=True):
    """A street's bays. ``quarters``: the last is under way.

    ``sure`` and ``taken``: bays of each pool that count, and the taken ones among them, up to ``counted_ns``.
    ``begun_ns``: when the first was heard. ``learnt``: the pools of which enough was seen for a forecast, by quarter.
    """

    bays: dict[str, Bay] = {}
    signs: list[Sign] = []
    quarters: list[Quarter] = []
    rates: list[Rates] = msgspec.field(default_factory=lambda: [Rates() for _ in _EACH_POOL])
    pace: list[Pace] = []
    sure: list[int] = msgspec.field(default_factory=lambda: [0 for _ in _EACH_POOL])
    taken: list[int] = msgspec.field(default_factory=lambda: [0 for _ in _EACH_POOL])
    counted_ns: int = 0
    begun_ns: int = 0
    learnt: list[bool] = msgspec.field(default_factory=lambda: [False for _ in _EACH_POOL])


def believed_ns(bay: Bay, longest_ns: int) -> int:
    """How long the bay is believed after a frame."""
    habit_ns = max(bay.habit_ns, bay.habit_before_ns)
    if not bay.habit_before_ns:
        return longest_ns
    return min(longest_ns, max(SHORTEST_BELIEF_NS, HABITS * habit_ns))


def hear(bay: Bay, at_ns: int) -> None:
    """A frame came with none lost before it: learn how long this sensor keeps silent."""
    week = at_ns // WEEK_NS
    if week != bay.week:
        bay.week, bay.habit_before_ns, bay.habit_ns = week, bay.habit_ns, 0
        bay.beat_before_ns, bay.beat_ns = bay.beat_ns, 0
    if bay.heard_ns and not bay.gap_from_ns:
        bay.habit_ns = max(bay.habit_ns, at_ns - bay.heard_ns)
    bay.before_ns, bay.heard_ns = bay.heard_ns, at_ns


def hear_beat(bay: Bay) -> None:
    """The last frame said the same as the one before it: it was a beat."""
    beat_ns = bay.heard_ns - bay.before_ns
    bay.beat_ns = min(bay.beat_ns or beat_ns, beat_ns)


def forget(kerb: Kerb, bay: Bay, from_ns: int, to_ns: int) -> None:
    """What was counted of a bay's present state in ``[from_ns, to_ns)`` was not certain after all."""
    _recount(kerb, bay, from_ns, to_ns, other_state=False)


def recolour(kerb: Kerb, bay: Bay, from_ns: int, to_ns: int) -> None:
    """In ``[from_ns, to_ns)`` the bay was not in its present state but in the other one."""
    _recount(kerb, bay, from_ns, to_ns, other_state=True)


def _recount(kerb: Kerb, bay: Bay, from_ns: int, to_ns: int, *, other_state: bool) -> None:
    from_ns = max(from_ns, bay.clear_ns)
    to_ns = min(to_ns, bay.accrued_ns)
    last = kerb.quarters[-1]
    for quarter in reversed(kerb.quarters):
        if quarter.end_ns <= from_ns:
            break
        overlap_ns = min(to_ns, quarter.end_ns) - max(from_ns, quarter.begin_ns)
        if overlap_ns <= 0:
            continue
        tally = quarter.pools[bay.pool]
        tally.add(-overlap_ns, occupied=bay.occupied)
        if other_state:
            tally.add(overlap_ns, occupied=not bay.occupied)
        if quarter is not last:  # what is under way has not been learnt from yet
            rates = kerb.rates[bay.pool]
            rates.expose(quarter.slot, -overlap_ns, occupied=bay.occupied)
            if other_state:
                rates.expose(quarter.slot, overlap_ns, occupied=not bay.occupied)
    bay.clear_ns = max(bay.clear_ns, to_ns)


def count(kerb: Kerb, at_ns: int) -> None:
    """Bay-time in which the street was open to one more car, up to now; before the counts change."""
    spent_ns = at_ns - kerb.counted_ns
    if spent_ns > 0:
        for pool, sure in enumerate(kerb.sure):
            if kerb.taken[pool] < sure:
                kerb.quarters[-1].pools[pool].open_ns += sure * spent_ns
        kerb.counted_ns = at_ns
