"""The machine of a pilot's guidance: which street to try now. It keeps a kerb of its own for each street.

Every five minutes the streets are put in order: by the chance of a free bay in ten minutes, then by the number of free
bays, then by name. Said when another street is the best one, and each quarter of an hour. Advice for
the past is of no use, so late readings are not put in their place again (``lateness_ns``).
"""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import NEVER_NS, QUARTER_NS, Reading, Site
from pipelines.domains.parking.bays import ORDINARY, Kerb
from pipelines.domains.parking.forecast import street_chance
from pipelines.domains.parking.kerb import advance, hear_frame, hear_state
from pipelines.domains.parking.rule import MINUTE_NS
from pipelines.domains.parking.settings import ParkingSettings
from pipelines.domains.parking.street import FEATURE, street_name
from pipelines.model import Observation

STEP_NS = 5 * MINUTE_NS
ARRIVAL_MIN = 10
QUARTERS_KEPT = 8
"""Nothing is said of the past here; a few quarters serve to learn from what was certain."""


class GuidanceState(msgspec.Struct):
    """The streets' kerbs by name; when to look next; the street advised last."""

    streets: dict[str, Kerb] = {}
    next_ns: int = 0
    advised: str = ""


class GuidanceMachine:
    """Key: the pilot."""

    producer = "parking-guidance"
    version = 1
    features = frozenset({"parking-spot"})
    properties = frozenset({"occupied", "f_cnt"})
    state = GuidanceState
    lateness_ns = STEP_NS

    def key(self, reading: Reading, site: Site) -> str | None:
        """One for the pilot."""
        return site.pilot

    def begin(self, key: str, site: Site) -> GuidanceState:
        """No street is known."""
        return GuidanceState()

    def due_ns(self, state: GuidanceState, site: Site) -> int:
        """The next step, once it has settled."""
        return state.next_ns + site.settings_as("parking", ParkingSettings).hold_ns if state.next_ns else NEVER_NS

    def pass_time(self, state: GuidanceState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Look at all streets at each step that has settled."""
        settings = site.settings_as("parking", ParkingSettings)
        if not state.next_ns or state.next_ns > to_ns - settings.hold_ns:
            return ()
        return list(_look(state, to_ns - settings.hold_ns, site, settings))

    def take(self, state: GuidanceState, reading: Reading, site: Site) -> Iterable[Observation]:
        """A frame or a state of a bay of one of the streets."""
        name = street_name(site.place(reading.feature).area or site.pilot)
        kerb = state.streets.get(name)
        if kerb is None:
            kerb = state.streets[name] = Kerb()
        if not state.next_ns:
            state.next_ns = reading.time_ns - reading.time_ns % STEP_NS + STEP_NS
        if reading.property == "f_cnt":
            f_cnt = float(reading.value)
            hear_frame(kerb, reading.feature, reading.device, f_cnt=f_cnt, at_ns=reading.time_ns, site=site)
        else:
            hear_state(kerb, reading.feature, occupied=bool(reading.value), at_ns=reading.time_ns, site=site)
        return ()


def _look(state: GuidanceState, until_ns: int, site: Site, settings: ParkingSettings) -> Iterator[Observation]:
    while state.next_ns <= until_ns:
        at_ns = state.next_ns
        state.next_ns += STEP_NS
        names = _in_order(state, at_ns, site, settings)
        if names and (names[0] != state.advised or at_ns % QUARTER_NS == 0):
            state.advised = names[0]
            for rank, name in enumerate(names, 1):
                yield Observation(f"{FEATURE}/{name}", "guidance_rank", float(rank), at_ns)


def _in_order(state: GuidanceState, at_ns: int, site: Site, settings: ParkingSettings) -> list[str]:
    """The streets of which something is known, the best first; before anything is learnt by free bays alone."""
    found = []
    for name, kerb in state.streets.items():
        for _ in advance(kerb, at_ns + settings.hold_ns, site, settings):
            pass  # the kerb keeps what it needs
        del kerb.quarters[:-QUARTERS_KEPT]
        sure, free = kerb.sure[ORDINARY], kerb.sure[ORDINARY] - kerb.taken[ORDINARY]
        if sure:
            chance = street_chance(kerb, ARRIVAL_MIN)
            found.append((-(float(free > 0) if chance is None else round(chance, 6)), -free, name))
    return [name for _, _, name in sorted(found)]
