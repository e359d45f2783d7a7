"""The machine of a container's alarms: fire and tilt, said at once in ``take``, and cleared.

Fire: above ``fire_c``, a rise of more than ``fire_rise_c_min``, or the sensor's own alarm. It is cleared by a reading
10 °C below ``fire_c`` when the sensor does not say fire. Tilt: a tilt that lasts ``tilt_s``, from the instant at
which it has.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site
from pipelines.domains.waste.settings import WasteSettings
from pipelines.model import NS_PER_S, Observation

MINUTE_NS = 60 * NS_PER_S
LONGEST_RISE_NS = 15 * MINUTE_NS
"""A rise between readings farther apart is the weather's or the sun's."""

SHORTEST_RISE_NS = 20 * NS_PER_S
"""Two readings closer than this make a slope of the sensor's own steps."""

CLEARED_BELOW_C = 10.0


class AlarmState(msgspec.Struct):
    """The last temperature; the sensor's own fire flag; alarms that stand; the begin of a tilt (0: none)."""

    feature: str = ""
    temperature_c: float = 0.0
    temperature_ns: int = 0
    flagged: bool = False
    fire: bool = False
    tilted_ns: int = 0
    tilt: bool = False


class AlarmMachine:
    """Key: the container."""

    producer = "waste-alarms"
    version = 1
    features = frozenset({"waste-container"})
    properties = frozenset({"fire", "temperature_c", "tilted"})
    state = AlarmState
    lateness_ns = 48 * HOUR_NS

    def key(self, reading: Reading, site: Site) -> str | None:
        """The container itself."""
        return reading.feature

    def begin(self, key: str, site: Site) -> AlarmState:
        """All is well."""
        return AlarmState(feature=key)

    def due_ns(self, state: AlarmState, site: Site) -> int:
        """When a tilt has lasted long enough."""
        if not state.tilted_ns or state.tilt:
            return NEVER_NS
        return state.tilted_ns + int(site.settings_as("waste", WasteSettings).tilt_s * NS_PER_S)

    def pass_time(self, state: AlarmState, to_ns: int, site: Site) -> Iterable[Observation]:
        """A tilt that has lasted long enough."""
        if not state.tilted_ns or state.tilt:
            return ()
        at_ns = state.tilted_ns + int(site.settings_as("waste", WasteSettings).tilt_s * NS_PER_S)
        if at_ns > to_ns:
            return ()
        state.tilt = True
        return [Observation(state.feature, "tilt_alarm", value=True, time_ns=at_ns)]

    def take(self, state: AlarmState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Raise or clear at once."""
        match reading.property:
            case "tilted":
                return list(_tilt(state, reading.time_ns, tilted=bool(reading.value)))
            case "fire":
                state.flagged = bool(reading.value)
                return list(_flag(state, reading.time_ns))
            case _:
                settings = site.settings_as("waste", WasteSettings)
                return list(_feel(state, reading.time_ns, float(reading.value), settings))


def _tilt(state: AlarmState, at_ns: int, *, tilted: bool) -> Iterator[Observation]:
    if tilted:
        state.tilted_ns = state.tilted_ns or at_ns
    else:
        if state.tilt:
            yield Observation(state.feature, "tilt_alarm", value=False, time_ns=at_ns)
        state.tilted_ns, state.tilt = 0, False


def _flag(state: AlarmState, at_ns: int) -> Iterator[Observation]:
    if state.flagged and not state.fire:
        state.fire = True
        yield Observation(state.feature, "fire_alarm", value=True, time_ns=at_ns)


def _feel(state: AlarmState, at_ns: int, now_c: float, settings: WasteSettings) -> Iterator[Observation]:
    since_ns = at_ns - state.temperature_ns
    rises = False
    if state.temperature_ns and SHORTEST_RISE_NS <= since_ns <= LONGEST_RISE_NS:
        rises = (now_c - state.temperature_c) * MINUTE_NS > settings.fire_rise_c_min * since_ns
    state.temperature_c, state.temperature_ns = now_c, at_ns
    if not state.fire and (now_c > settings.fire_c or rises):
        state.fire = True
        yield Observation(state.feature, "fire_alarm", value=True, time_ns=at_ns)
    elif state.fire and not rises and not state.flagged and now_c < settings.fire_c - CLEARED_BELOW_C:
        state.fire = False
        yield Observation(state.feature, "fire_alarm", value=False, time_ns=at_ns)
