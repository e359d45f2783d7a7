"""One connection: what a building produced and used in a local day, and how much of the one covered the other."""

from collections.abc import Iterable

import msgspec

from pipelines.domains import NEVER_NS, Reading, Site
from pipelines.domains.energy.details import EXPORT, IMPORT, MeterDetails, details_of
from pipelines.domains.energy.formulas import self_consumption, self_sufficiency
from pipelines.domains.local_time import day_bounds
from pipelines.domains.register import MIN_CAPTURE, Register, Tally, add, follow
from pipelines.domains.said import coverage, estimated, missing, of_interval
from pipelines.model import Observation

DAYS_KEPT = 40
"""Days that wait for the register of a meter that has not been heard: longer than a register's longest gap."""

Wanted = tuple[str, str]
"""A meter and one of its registers."""


class Daily(msgspec.Struct, array_like=True):
    """One register of one meter with its running day."""

    register: Register
    day: Tally


class Balance(msgspec.Struct, array_like=True):
    """``registers`` by meter and register; ``days`` by begin, the sums that are known of a day not yet complete."""

    connection: str
    registers: dict[str, Daily] = {}
    days: dict[int, dict[str, Tally]] = {}


class ConnectionBalance:
    """Key: the connection that the meters' details name. A day is said once each of its registers is past its end."""

    producer = "energy-balance"
    version = 2
    sure_only = True
    features = frozenset({"electricity-meter"})
    properties = frozenset({IMPORT, EXPORT})
    state = Balance

    def key(self, reading: Reading, site: Site) -> str | None:
        """The meter's connection; none for a meter without one."""
        return details_of(reading.feature, site).connection or None

    def begin(self, key: str, site: Site) -> Balance:
        """Nothing read yet."""
        return Balance(key)

    def due_ns(self, state: Balance, site: Site) -> int:
        """Never: only a reading tells what was counted before it."""
        return NEVER_NS

    def pass_time(self, state: Balance, to_ns: int, site: Site) -> Iterable[Observation]:
        """Nothing."""
        return ()

    def take(self, state: Balance, reading: Reading, site: Site) -> Iterable[Observation]:
        """Counts on, and says the days that are complete with it."""
        if not isinstance(reading.value, float):
            return ()
        name = _name((reading.feature, reading.property))
        daily = state.registers.get(name)
        if daily is None:
            daily = state.registers[name] = Daily(Register(), Tally())
        stretches = follow(daily.register, reading.time_ns, reading.value, details_of(reading.feature, site).limits)
        over = add(daily.day, stretches, lambda at_ns: day_bounds(at_ns, site.zone)) if stretches else []
        if not over:
            return ()
        wanted = _wanted(state.connection, site)
        said: list[Observation] = []
        for day in over:
            known = state.days.setdefault(day.begin_ns, {})
            known[name] = day
            if all(_name(each) in known for each in wanted):
                said += _say(state.connection, known, wanted, site)
                del state.days[day.begin_ns]
        while len(state.days) > DAYS_KEPT:
            del state.days[min(state.days)]
        return said


def _name(wanted: Wanted) -> str:
    return " ".join(wanted)


def _wanted(connection: str, site: Site) -> list[Wanted]:
    """The registers that must be known before the day of a connection is."""
    wanted: list[Wanted] = []
    for feature, place in site.places.items():
        details = place.details
        if isinstance(details, MeterDetails) and details.connection == connection:
            if details.role == "grid":
                wanted += [(feature, IMPORT), (feature, EXPORT)]
            else:
                wanted.append((feature, details.counts_in))
    return wanted


def _say(connection: str, known: dict[str, Tally], wanted: list[Wanted], site: Site) -> list[Observation]:
    sums = {"import": 0.0, "export": 0.0, "production": 0.0}
    days = [known[_name(each)] for each in wanted]
    producing = False
    for (feature, register), day in zip(wanted, days, strict=True):
        if details_of(feature, site).role == "production":
            sums["production"] += day.units
            producing = True
        else:
            sums["import" if register == IMPORT else "export"] += day.units
    if not producing:
        return []
    feature = f"connection/{connection}"
    begin_ns, end_ns = days[0].begin_ns, days[0].end_ns
    share = min(day.coverage for day in days)
    whole = share == 1 and not any(day.guessed for day in days)
    say = of_interval if whole else estimated
    said: list[Observation] = [coverage(feature, share, begin_ns, end_ns)]
    for name, value in _values(sums).items():
        if share < MIN_CAPTURE:
            said.append(missing(feature, name, begin_ns, end_ns))
        elif value is not None:
            said.append(say(feature, name, value, begin_ns, end_ns))
    return said


def _values(sums: dict[str, float]) -> dict[str, float | None]:
    imported, exported, produced = sums["import"], sums["export"], sums["production"]
    return {
        "energy_production_interval_kwh": produced,
        "energy_own_use_interval_kwh": max(produced - exported, 0.0),
        "energy_use_interval_kwh": max(imported + produced - exported, 0.0),
        "self_consumption_percent": _percent(self_consumption(produced, exported)),
        "self_sufficiency_percent": _percent(self_sufficiency(imported, produced, exported)),
    }


def _percent(share: float | None) -> float | None:
    """Meters are read seconds apart and round differently: what lies a little outside is brought to the edge."""
    return None if share is None else 100 * min(max(share, 0.0), 1.0)
