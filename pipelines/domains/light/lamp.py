"""One street light: hours on and dark, energy used and expected, and whether it is out."""

from collections.abc import Iterable

import msgspec

from pipelines.domains import HOUR_NS, Reading, Site
from pipelines.domains.light.burning import Burning, Sunlight, advance, day_of
from pipelines.domains.light.details import LampDetails, LightSettings
from pipelines.domains.light.sun import daylight
from pipelines.domains.local_time import day_bounds
from pipelines.domains.register import Register, Tally, add, follow, limits_of
from pipelines.domains.said import total
from pipelines.model import Observation
from pipelines.vocabulary import Domain

SWITCH, LEVEL, POWER, ENERGY = "switched_on", "lamp_level_percent", "power_w", "energy_import_kwh"

OUT_SHARE = 0.1
"""Of the expected power: a driver without its lamp draws a few watts."""
OUT_AFTER = 2
"""Readings in a row: one may fall between the switch and the lamp."""
MOST_KW = 5.0
"""A register of one lamp moves slower than this, whatever hangs on its pole."""


class LampState(msgspec.Struct, array_like=True):
    """``power_ns``: of a power that is yet to be judged, once all readings of its instant are in; -1: none.

    ``failing``: readings in a row that were too low; ``out``: what was said last.
    """

    feature: str
    burning: Burning = msgspec.field(default_factory=Burning)
    register: Register = msgspec.field(default_factory=Register)
    day: Tally = msgspec.field(default_factory=Tally)
    power_ns: int = -1
    failing: int = 0
    out: bool = False


class Lamp:
    """Key: the light. Hours are said when the day is over, a lamp out as soon as time has passed its second sign."""

    producer = "light-lamp"
    version = 2
    sure_only = True
    features = frozenset({"street-light"})
    properties = frozenset({SWITCH, LEVEL, POWER, ENERGY})
    state = LampState

    def key(self, reading: Reading, site: Site) -> str | None:
        """The light."""
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> LampState:
        """Nothing known, the lamp is well."""
        return LampState(key)

    def pass_time(self, state: LampState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Judges the last power, and says each day that is over."""
        said: list[Observation] = []
        if 0 <= state.power_ns < to_ns:
            said += _judge(state, site.place(state.feature).details_as(LampDetails))
        burning = state.burning
        while 0 < burning.end_ns <= to_ns:
            _advance(state, burning.end_ns, site)
            rated = site.place(state.feature).details_as(LampDetails).rated_w is not None
            sun = _sun(state, site)
            said += day_of(burning, state.feature, sun, rated=rated, metered=state.register.time_ns >= 0)
            begin_ns, end_ns = day_bounds(burning.end_ns, site.zone)
            goes_on = burning.heard_ns + _hold_ns(site) > begin_ns
            burning.next_day(begin_ns, end_ns if goes_on else 0)
        return said

    def take(self, state: LampState, reading: Reading, site: Site) -> Iterable[Observation]:
        """The lamp was as it was until now; from now on it is as it says."""
        value = reading.value
        if reading.property == ENERGY:
            return _count(state, reading, site)
        burning = state.burning
        if not burning.end_ns:
            burning.next_day(*day_bounds(reading.time_ns, site.zone))
            burning.upto_ns = reading.time_ns
        _advance(state, reading.time_ns, site)
        burning.heard_ns = reading.time_ns
        if reading.property == SWITCH and isinstance(value, bool):
            burning.switched = value
        elif reading.property == LEVEL and isinstance(value, float):
            burning.level = value
        elif reading.property == POWER and isinstance(value, float):
            burning.power_w = value
            state.power_ns = reading.time_ns
        return ()


def _hold_ns(site: Site) -> int:
    return round(site.settings_as(Domain.LIGHT, LightSettings).hold_h * HOUR_NS)


def _advance(state: LampState, to_ns: int, site: Site) -> None:
    rated_w = site.place(state.feature).details_as(LampDetails).rated_w or 0.0
    advance(state.burning, to_ns, _sun(state, site) or Sunlight(), rated_w, _hold_ns(site))


def _sun(state: LampState, site: Site) -> Sunlight | None:
    """Of the running day; None where nobody knows where the lamp stands."""
    location = site.place(state.feature).location
    if location is None:
        return None
    settings = site.settings_as(Domain.LIGHT, LightSettings)
    below_deg = settings.sun_below_deg
    where = state.burning.begin_ns, location.latitude, location.longitude
    return Sunlight(daylight(*where, below_deg), daylight(*where, min(below_deg, settings.unlit_below_deg)))


def _count(state: LampState, reading: Reading, site: Site) -> list[Observation]:
    """The register's day; exact, whatever the lamp says of itself."""
    if not isinstance(reading.value, float):
        return []
    digits = site.place(state.feature).details_as(LampDetails).register_digits
    stretches = follow(state.register, reading.time_ns, reading.value, limits_of(digits, MOST_KW))
    days = add(state.day, stretches, lambda at_ns: day_bounds(at_ns, site.zone)) if stretches else []
    return [total(state.feature, "energy_import_interval_kwh", day) for day in days]


def _judge(state: LampState, details: LampDetails) -> list[Observation]:
    """Only a lamp that is on can be out; one that was out stays so by day."""
    at_ns, state.power_ns = state.power_ns, -1
    burning = state.burning
    told_on = burning.switched is not None or burning.level is not None
    if details.rated_w is None or not told_on or not burning.is_on(details.rated_w):
        return []
    expected_w = details.rated_w * burning.share
    if burning.power_w is not None and burning.power_w < OUT_SHARE * expected_w:
        state.failing = min(state.failing + 1, OUT_AFTER)
    else:
        state.failing = 0
    if state.out == (state.failing > 0) or 0 < state.failing < OUT_AFTER:
        return []
    state.out = not state.out
    return [Observation(state.feature, "lamp_out", state.out, at_ns)]
