"""Sound levels per hour and local day: LAeq, L10, L90, Ld, Le, Ln, Lden, and how often it was loud.

State: two hours and two local days, levels counted in tenths of a dB; 20 to 140 dB bound them.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, Reading, Site, said
from pipelines.domains.hourly import CAPTURE, LONGEST_WAIT_NS, Hour, Hours
from pipelines.domains.local_time import day_bounds, hour_of, local
from pipelines.domains.noise.formulas import PERIODS, energy, exceeded, lden, level, period_of
from pipelines.model import NS_PER_S, Observation

_SOUND = "laeq_db"
_LEAST_READINGS = 20
"""An exceedance level of fewer readings would be one reading's level."""

_CLOSES_AFTER_NS = LONGEST_WAIT_NS + HOUR_NS // 4


class NoiseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``loud_db``: a reading of LAeq from here on is loud; loud readings in a row are one event."""

    loud_db: float = 70.0


class Spectrum(msgspec.Struct, array_like=True):
    """How long each level was heard: tenths of a dB → seconds; and from how many readings."""

    seconds: dict[int, int] = {}
    readings: int = 0

    def add(self, level_db: float, length_ns: int) -> None:
        """Note a level."""
        tenths = round(level_db * 10.0)
        self.seconds[tenths] = self.seconds.get(tenths, 0) + max(1, length_ns // NS_PER_S)
        self.readings += 1


class Day(msgspec.Struct, array_like=True):
    """One local day: energy times nanoseconds and nanoseconds of day, evening and night; levels; loud events."""

    begin_ns: int
    end_ns: int
    energies: list[float]
    known_ns: list[int]
    spectrum: Spectrum
    loud_events: int = 0
    loud_ns: int = 0


class Station(msgspec.Struct):
    """One sound meter. ``loud``: whether the last reading was."""

    feature: str
    hours: Hours = msgspec.field(default_factory=Hours)
    spectra: dict[int, Spectrum] = {}
    days: list[Day] = []
    loud: bool = False


class NoiseMachine:
    """``laeq_db`` → levels per hour and local day; see the head of the file."""

    producer = "noise-levels"
    version = 1
    features = frozenset(("noise-station",))
    properties = frozenset((_SOUND,))
    state = Station

    def key(self, reading: Reading, site: Site) -> str | None:
        """The station."""
        return reading.feature

    def begin(self, key: str, site: Site) -> Station:
        """A station that has heard nothing."""
        return Station(key)

    def due_ns(self, state: Station, site: Site) -> int:
        """The end of the hour, or a while after that of the day."""
        day_ns = state.days[0].end_ns + _CLOSES_AFTER_NS if state.days else NEVER_NS
        return min(state.hours.due_ns, day_ns)

    def pass_time(self, state: Station, to_ns: int, site: Site) -> Iterable[Observation]:
        """Say the hours and days that are over."""
        said_now: list[Observation] = []
        for hour in state.hours.over(to_ns):
            said_now.extend(_say_hour(state, hour))
        while state.days and state.days[0].end_ns + _CLOSES_AFTER_NS <= to_ns:
            said_now.extend(_say_day(state.feature, state.days.pop(0)))
        return said_now

    def take(self, state: Station, reading: Reading, site: Site) -> Iterable[Observation]:
        """Note a level in its hour and its day."""
        level_db = reading.value
        if reading.quality != "ok" or not isinstance(level_db, float):
            return ()
        middle_ns, length_ns = state.hours.span_of(_SOUND, reading.time_ns)
        if length_ns <= 0:
            return ()
        again = state.hours.add(_SOUND, energy(level_db), middle_ns, length_ns)
        _note_spectrum(state, middle_ns, level_db, length_ns)
        loud = level_db >= site.settings_as("noise", NoiseSettings).loud_db
        begins = loud and not state.loud
        state.loud = loud
        _note_day(state, middle_ns, level_db, length_ns, site=site, loud=loud, begins=begins)
        said_now = _say_hour(state, again) if again is not None else []
        if begins:
            said_now.append(Observation(state.feature, "loud", True, reading.time_ns))
        return said_now


def _note_spectrum(state: Station, middle_ns: int, level_db: float, length_ns: int) -> None:
    hour_ns = hour_of(middle_ns)
    if hour_ns not in state.spectra:
        state.spectra[hour_ns] = Spectrum()
        for old_ns in sorted(state.spectra)[:-2]:
            del state.spectra[old_ns]
    if hour_ns in state.spectra:
        state.spectra[hour_ns].add(level_db, length_ns)


def _note_day(
    state: Station, middle_ns: int, level_db: float, length_ns: int, *, site: Site, loud: bool, begins: bool
) -> None:
    for day in state.days:
        if day.begin_ns <= middle_ns < day.end_ns:
            break
    else:
        begin_ns, end_ns = day_bounds(middle_ns, site.zone)
        day = Day(begin_ns, end_ns, [0.0] * len(PERIODS), [0] * len(PERIODS), Spectrum())
        state.days.append(day)
        state.days.sort(key=_begin)
    period = period_of(local(middle_ns, site.zone).hour)
    day.energies[period] += energy(level_db) * length_ns
    day.known_ns[period] += length_ns
    day.spectrum.add(level_db, length_ns)
    day.loud_events += begins
    day.loud_ns += length_ns if loud else 0


def _say_hour(state: Station, hour: Hour) -> list[Observation]:
    begin_ns, end_ns = hour.begin_ns, hour.begin_ns + HOUR_NS
    mean = hour.mean(_SOUND)
    share = said.coverage(state.feature, hour.coverage(_SOUND), begin_ns, end_ns)
    if mean is None:
        return [said.missing(state.feature, _SOUND, begin_ns, end_ns), share]
    levels = [said.of_interval(state.feature, _SOUND, round(level(mean), 2), begin_ns, end_ns), share]
    spectrum = state.spectra.get(begin_ns)
    if spectrum is not None:
        levels.extend(_exceedance(state.feature, spectrum, begin_ns, end_ns))
    return levels


def _exceedance(feature: str, spectrum: Spectrum, begin_ns: int, end_ns: int) -> Iterator[Observation]:
    if spectrum.readings >= _LEAST_READINGS:
        for name, share in (("la10_db", 0.1), ("la50_db", 0.5), ("la90_db", 0.9)):
            yield said.of_interval(feature, name, exceeded(spectrum.seconds, share), begin_ns, end_ns)


def _say_day(feature: str, day: Day) -> Iterator[Observation]:
    """A day's levels; Lden only where day, evening and night are each known to three quarters."""
    begin_ns, end_ns = day.begin_ns, day.end_ns
    lengths_ns = _period_lengths(day)
    shares = [known / length for known, length in zip(day.known_ns, lengths_ns, strict=True)]
    levels: list[float | None] = [
        level(total / known) if share >= CAPTURE else None
        for total, known, share in zip(day.energies, day.known_ns, shares, strict=True)
    ]
    names: dict[str, float | None] = {"ld_db": levels[0], "le_db": levels[1], "ln_db": levels[2], _SOUND: None}
    whole = sum(day.known_ns) / (end_ns - begin_ns)
    if whole >= CAPTURE:
        names[_SOUND] = level(sum(day.energies) / sum(day.known_ns))
    day_db, evening_db, night_db = levels
    complete = day_db is not None and evening_db is not None and night_db is not None
    names["lden_db"] = lden(day_db, evening_db, night_db) if complete else None  # type: ignore[arg-type]  # complete
    for name, value in names.items():
        if value is None:
            yield said.missing(feature, name, begin_ns, end_ns)
        else:
            yield said.of_interval(feature, name, round(value, 2), begin_ns, end_ns)
    yield said.coverage(feature, whole, begin_ns, end_ns)
    if whole >= CAPTURE:
        yield from _exceedance(feature, day.spectrum, begin_ns, end_ns)
        yield said.of_interval(feature, "loud_events", float(day.loud_events), begin_ns, end_ns)
        yield said.of_interval(feature, "loud_min", round(day.loud_ns / (60 * NS_PER_S), 1), begin_ns, end_ns)


def _period_lengths(day: Day) -> list[int]:
    """Night is an hour shorter or longer when the clock changes; day and evening never are."""
    day_ns, evening_ns = 12 * HOUR_NS, 4 * HOUR_NS
    return [day_ns, evening_ns, day.end_ns - day.begin_ns - day_ns - evening_ns]


def _begin(day: Day) -> int:
    return day.begin_ns
