"""One electricity meter: kWh per quarter, hour and local day, the day's highest quarter, exchanges of the meter."""

from collections.abc import Iterable

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, QUARTER_NS, Reading, Site
from pipelines.domains.energy.details import EXPORT, IMPORT, details_of
from pipelines.domains.local_time import day_bounds, hour_of, quarter_of
from pipelines.domains.register import Register, Stretch, Tally, add, follow
from pipelines.domains.said import coverage, of_interval, total
from pipelines.model import Observation

INTERVAL = {IMPORT: "energy_import_interval_kwh", EXPORT: "energy_export_interval_kwh"}
W_PER_KWH_A_QUARTER = 4_000
"""Mean power of a quarter in which 1 kWh was used."""


class Counted(msgspec.Struct, array_like=True):
    """One register with its running intervals. ``peak_kwh``: the day's highest whole quarter, -1 before the first."""

    register: Register
    quarter: Tally
    hour: Tally
    day: Tally
    peak_kwh: float = -1.0


class MeterState(msgspec.Struct, array_like=True):
    """By register; a meter has two."""

    feature: str
    registers: dict[str, Counted] = {}


class ElectricityMeter:
    """Key: the meter. Closes an interval with the first reading after it."""

    producer = "energy-meter"
    version = 1
    sure_only = True
    features = frozenset({"electricity-meter"})
    properties = frozenset({IMPORT, EXPORT})
    state = MeterState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The meter itself."""
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> MeterState:
        """Nothing read yet."""
        return MeterState(key)

    def due_ns(self, state: MeterState, site: Site) -> int:
        """Never: only a reading tells what was counted before it."""
        return NEVER_NS

    def pass_time(self, state: MeterState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Nothing."""
        return ()

    def take(self, state: MeterState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Counts on from the last reading of this register."""
        if not isinstance(reading.value, float):
            return ()
        counted = state.registers.get(reading.property)
        if counted is None:
            counted = state.registers[reading.property] = Counted(Register(), Tally(), Tally(), Tally())
        limits = details_of(state.feature, site).limits
        stretches = follow(counted.register, reading.time_ns, reading.value, limits)
        if not stretches:
            return ()
        return _say(state, reading.property, counted, stretches, site)


def _say(state: MeterState, register: str, counted: Counted, stretches: list[Stretch], site: Site) -> list[Observation]:
    speaks = register == IMPORT or IMPORT not in state.registers  # one of two registers tells of the meter as such
    said: list[Observation] = []
    if len(stretches) > 1 and speaks:
        said.append(Observation(state.feature, "meter_exchanged", True, stretches[1].begin_ns))
    for stretch in stretches:
        quarters = add(counted.quarter, (stretch,), _quarter_bounds)
        over = quarters + add(counted.hour, (stretch,), _hour_bounds)
        for day in add(counted.day, (stretch,), lambda at_ns: day_bounds(at_ns, site.zone)):
            over.append(day)
            own = [quarter for quarter in quarters if quarter.begin_ns < day.end_ns]
            quarters = quarters[len(own) :]
            _raise_peak(counted, own)
            if register == IMPORT and counted.peak_kwh >= 0:
                peak_w = counted.peak_kwh * W_PER_KWH_A_QUARTER
                said.append(of_interval(state.feature, "peak_import_power_w", peak_w, day.begin_ns, day.end_ns))
            counted.peak_kwh = -1.0
        _raise_peak(counted, quarters)
        said += [total(state.feature, INTERVAL[register], tally) for tally in over]
        if speaks:
            said += [coverage(state.feature, tally.coverage, tally.begin_ns, tally.end_ns) for tally in over]
    return said


def _raise_peak(counted: Counted, quarters: list[Tally]) -> None:
    """Only quarters that were measured from end to end can be the highest."""
    for quarter in quarters:
        if not quarter.guessed and quarter.known_ns == QUARTER_NS:
            counted.peak_kwh = max(counted.peak_kwh, quarter.units)


def _quarter_bounds(at_ns: int) -> tuple[int, int]:
    begin_ns = quarter_of(at_ns)
    return begin_ns, begin_ns + QUARTER_NS


def _hour_bounds(at_ns: int) -> tuple[int, int]:
    begin_ns = hour_of(at_ns)
    return begin_ns, begin_ns + HOUR_NS
