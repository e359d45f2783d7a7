"""One water meter: use per hour and day, the night flow, and whether a leak must be suspected."""

from collections.abc import Iterable

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.local_time import day_bounds, hour_of, local
from pipelines.domains.register import MIN_CAPTURE, Limits, Register, Stretch, Tally, add, follow, limits_of
from pipelines.domains.said import coverage, missing, of_interval, total
from pipelines.domains.water.details import WaterMeterDetails
from pipelines.domains.water.formulas import NightLimit
from pipelines.model import Observation

REGISTER, PULSES = "water_m3", "pulses"
L_PER_M3 = 1_000.0

FIRST_NIGHT_HOUR, LAST_NIGHT_HOUR = 2, 3
NIGHTS_KEPT = 28
HIGH_NIGHTS = 2
"""In a row: one night in twenty of forty households together is three sigmas above the few before, two hardly ever."""
LIMIT = NightLimit()
LEAK_AFTER_NS = 24 * HOUR_NS
STILL_NS = HOUR_NS
"""So long without a step of the register, and the water stands still. A register that counts by the litre makes a step
in every hour from a litre an hour on: a slow drip is seen by its night flow or not at all."""
LONGEST_STEP_NS = 2 * HOUR_NS
"""A longer stretch between readings does not show whether the water stood still within it."""


class Flow(msgspec.Struct, array_like=True):
    """Since when water runs without standing still, -1: not known to; how long it has stood; whether that is a leak."""

    since_ns: int = -1
    still_ns: int = 0
    leak: bool = False


class LeakageState(msgspec.Struct, array_like=True):
    """``night``: L/h in this night's hours so far; ``nights``: of those without a leak; ``high``: above it in a row."""

    feature: str
    register: Register
    hour: Tally
    day: Tally
    flow: Flow
    night: list[float] = []
    night_begin_ns: int = -1
    nights: list[float] = []
    high: int = 0
    sign: str = "none"


class Leakage:
    """Key: the meter. What it says of an interval comes with the first reading after it."""

    producer = "water-leakage"
    version = 1
    sure_only = True
    features = frozenset({"water-meter"})
    properties = frozenset({REGISTER, PULSES})
    state = LeakageState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The meter, if the reading is of the register that its details speak of."""
        details = site.place(reading.feature).details_as(WaterMeterDetails)
        counts = PULSES if details.litres_per_pulse is not None else REGISTER
        return reading.feature if reading.property == counts else None

    def begin(self, key: str, site: Site) -> LeakageState:
        """Nothing read yet, no leak."""
        return LeakageState(key, Register(), Tally(), Tally(), Flow())

    def due_ns(self, state: LeakageState, site: Site) -> int:
        """Never: only a reading tells what flowed before it."""
        return NEVER_NS

    def pass_time(self, state: LeakageState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Nothing: only a reading tells what flowed before it."""
        return ()

    def take(self, state: LeakageState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Counts on, closes what is over, and judges."""
        if not isinstance(reading.value, float):
            return ()
        details = site.place(state.feature).details_as(WaterMeterDetails)
        value_m3 = reading.value * (details.litres_per_pulse or L_PER_M3) / L_PER_M3
        stretches = follow(state.register, reading.time_ns, value_m3, _limits(details))
        if not stretches:
            return ()
        said: list[Observation] = []
        for hour in add(state.hour, stretches, _hour_bounds):
            said += _total(state.feature, hour)
            said += _night(state, hour, site)
        for day in add(state.day, stretches, lambda at_ns: day_bounds(at_ns, site.zone)):
            said += _total(state.feature, day)
        if details.use == "household":
            for stretch in stretches:
                _watch(state.flow, stretch)
        return said + _sign(state, reading.time_ns)


def _limits(details: WaterMeterDetails) -> Limits:
    if details.litres_per_pulse is not None:  # a counter of pulses restarts, it does not roll over at a round number
        return limits_of(9, details.most_m3_h)
    return limits_of(details.register_digits, details.most_m3_h)


def _total(feature: str, tally: Tally) -> tuple[Observation, Observation]:
    return (
        total(feature, "water_use_l", tally, L_PER_M3),
        coverage(feature, tally.coverage, tally.begin_ns, tally.end_ns),
    )


def _night(state: LeakageState, hour: Tally, site: Site) -> list[Observation]:
    """Collects the hours from 2 to 4 and judges the night when its last one is over.

    When the clock goes forward there is no hour from 2 to 3; when it goes back there are two.
    """
    named = local(hour.begin_ns, site.zone).hour
    if not FIRST_NIGHT_HOUR <= named <= LAST_NIGHT_HOUR:
        return []
    if hour.begin_ns - state.night_begin_ns >= 3 * HOUR_NS:
        state.night, state.night_begin_ns = [], hour.begin_ns
    if hour.coverage >= MIN_CAPTURE and not hour.guessed:
        state.night.append(hour.units * L_PER_M3 / hour.coverage)
    if named != LAST_NIGHT_HOUR:
        return []
    begin_ns = hour.begin_ns
    while local(begin_ns - HOUR_NS, site.zone).hour == FIRST_NIGHT_HOUR:
        begin_ns -= HOUR_NS
    if len(state.night) * HOUR_NS < hour.end_ns - begin_ns:
        return [missing(state.feature, "night_flow_l_h", begin_ns, hour.end_ns)]
    flow = min(state.night)
    limit = LIMIT.of(state.nights)
    if limit is not None and flow > limit:
        state.high = min(state.high + 1, HIGH_NIGHTS)
    else:
        state.high = 0
        state.nights = [*state.nights, flow][-NIGHTS_KEPT:]
    return [of_interval(state.feature, "night_flow_l_h", round(flow, 3), begin_ns, hour.end_ns)]


def _watch(flow: Flow, stretch: Stretch) -> None:
    """Follows how long water has run without standing still for an hour."""
    if stretch.steps is None or stretch.end_ns - stretch.begin_ns > LONGEST_STEP_NS:
        flow.since_ns, flow.still_ns = -1, 0
        return
    if stretch.steps:
        flow.still_ns = 0
        if flow.since_ns < 0:
            flow.since_ns = stretch.begin_ns
    else:
        flow.still_ns += stretch.end_ns - stretch.begin_ns
    if flow.still_ns >= STILL_NS:
        flow.since_ns, flow.leak = -1, False
    elif flow.since_ns >= 0 and stretch.end_ns - flow.since_ns >= LEAK_AFTER_NS:
        flow.leak = True


def _sign(state: LeakageState, time_ns: int) -> list[Observation]:
    """What speaks for a leak, when that has changed."""
    sign = {
        (False, False): "none",
        (True, False): "night_flow",
        (False, True): "continuous_flow",
        (True, True): "both",
    }[state.high >= HIGH_NIGHTS, state.flow.leak]
    if sign == state.sign:
        return []
    said = [Observation(state.feature, "leak_sign", sign, time_ns)]
    if "none" in (sign, state.sign):
        said.append(Observation(state.feature, "leak_suspected", sign != "none", time_ns))
    state.sign = sign
    return said


def _hour_bounds(at_ns: int) -> tuple[int, int]:
    begin_ns = hour_of(at_ns)
    return begin_ns, begin_ns + HOUR_NS
