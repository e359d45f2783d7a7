"""Revisions as InfluxDB line protocol. The contract in words: ``deploy/influxdb/LAYOUT.md``.

Laws
- One line per (measurement, feature, time); timestamps in nanoseconds. The same revision always gives the same bytes.
- A field's type is fixed by the vocabulary: gauge and counter are floats, flag boolean, state string. What cannot be
  said truly in line protocol (NaN, an unknown property, a newline in a tag) raises UnwritableError; nothing is bent.
- A value whose quality says that there is none (retracted, missing, suppressed) is not written, its quality is.
- A correction writes every quality, also ``ok``: fields merge in InfluxDB, so an earlier "suspect" must be overwritten.

Measured on the house's 2-core machine: see the table in ``gateway/sinks/influxdb/README.md``.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import assert_never, get_args

import msgspec

from pipelines.model import (
    NS_PER_S,
    Accepted,
    Derived,
    Duplicate,
    Link,
    Observation,
    Quality,
    QualityReason,
    Reception,
    Refused,
    Rejected,
    Revision,
    Tick,
    TimeSource,
)
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, Kind, feature_type

LINK_MEASUREMENT = "lorawan"
VALUELESS = frozenset({"retracted", "missing", "suppressed"})
"""Qualities that say there is no value; only ``<property>_quality`` is written."""

PREFIXES_KEPT = 8_192
"""Devices whose escaped tags are kept ready: about 300 bytes each, and a miss costs some 3 µs."""

NUMBERS_KEPT = 4_096
"""Some 120 bytes each."""

TIME_MIN_NS, TIME_MAX_NS = -(2**63) + 2, 2**63 - 2
"""What InfluxDB can store: 1677-09-21 to 2262-04-11."""

_EXACT_INT = 2**53  # every whole number up to it is a float exactly
_TYPES: dict[Kind, type] = {"gauge": float, "counter": float, "flag": bool, "state": str}
_TIME_SOURCES = {source: f'time_source="{source}"' for source in get_args(TimeSource)}
_FLOATS = frozenset(row.name for row in PROPERTIES.values() if _TYPES[row.kind] is float)
_FIELDS = {row.name: (f"{row.name}=", _TYPES[row.kind]) for row in PROPERTIES.values()}
_TAG_SPECIAL = re.compile(r"([,= ])")
_BACKSLASH_BEFORE_SPECIAL = re.compile(r"\\(?:[,= ]|$)")
_DAYS_OF_CLOCK_CHANGE = (23 * 3_600, 25 * 3_600)
_INTERVAL_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


class UnwritableError(ValueError):
    """This entry cannot be said in line protocol; the text tells which part and why."""


def encode(revision: Revision) -> bytes:
    """The lines of one revision, each ended by a newline; empty when the entry has nothing to write.

    Raises UnwritableError.
    """
    entry = revision.entry
    match entry:
        case Accepted():
            lines = _accepted(entry, correction=not revision.first)
        case Derived():
            lines = _derived(entry, correction=not revision.first)
        case Duplicate() | Rejected() | Refused() | Tick():
            return b""
        case _ as never:
            assert_never(never)
    return lines.encode()


class PointKey(msgspec.Struct, frozen=True):
    """What names one point in InfluxDB: its measurement, its tags as they are (not escaped), its time."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    time_ns: int


def retracted_points(revision: Revision) -> list[PointKey]:
    """The points in which a correction takes a value back, and all of whose values it carries.

    Those of Derived entries are left out: they carry only what has changed in a point.
    """
    entry = revision.entry
    if revision.first or not isinstance(entry, Accepted):
        return []
    points = {}
    for one in entry.observations:
        if one.quality == "retracted":
            tags = {"city": entry.city, "device": entry.device, "feature": one.feature, "pilot": entry.pilot}
            written = tuple((key, value) for key, value in tags.items() if value)
            points[one.feature, one.time_ns] = PointKey(feature_type(one.feature).domain.value, written, one.time_ns)
    return list(points.values())


class _Numbers(dict[float, str]):
    """Floats as they are written, kept ready: sensors say few different ones, and repr costs five times a look."""

    def __missing__(self, value: float) -> str:
        text = repr(value)
        if len(self) >= NUMBERS_KEPT:
            self.clear()
        if value:  # 0.0 and -0.0 would be one key
            self[value] = text
        return text


_NUMBERS = _Numbers()


def _accepted(entry: Accepted, *, correction: bool) -> str:
    lines = fields = ""
    time_ns, feature, source = 0, "", ""
    for observation in entry.observations:
        if observation.time_ns != time_ns or observation.feature != feature:
            if fields:
                lines += _measured(entry, feature, source, fields, time_ns)
                fields = ""
            time_ns, feature, source = observation.time_ns, observation.feature, ""
        value, quality, name = observation.value, observation.quality, observation.property
        if not source and quality not in VALUELESS:
            source = observation.time_source
        # The common case in place: calls for each observation would cost a quarter of the whole line.
        # value - value is 0 for every float but NaN and the infinities.
        if name not in _FLOATS or type(value) is not float or value - value != 0 or quality in VALUELESS:
            fields += _fields(observation, correction=correction) + ","
        elif quality == "ok" and not correction:
            fields += f"{name}={_NUMBERS[value]},"
        else:
            fields += f"{name}={_NUMBERS[value]},{_quality_field(name, quality, observation.reason)},"
    if fields:
        lines += _measured(entry, feature, source, fields, time_ns)
    return lines if entry.link is None else lines + _link(entry, entry.link)


def _measured(entry: Accepted, feature: str, source: str, fields: str, time_ns: int) -> str:
    """The line of what one device measured of one feature at one time; ``source`` is "" where no value is left.

    Each of ``fields`` ends with a comma.
    """
    head = _series(entry.city, entry.pilot, "device", entry.device, feature)[2]
    return _line(head, fields + _TIME_SOURCES[source] if source else fields[:-1], time_ns)


def _line(head: str, fields: str, time_ns: int) -> str:
    if not TIME_MIN_NS <= time_ns <= TIME_MAX_NS:
        raise UnwritableError(f"time {time_ns} ns is outside what InfluxDB can store (1677 to 2262)")
    return f"{head} {fields} {time_ns}\n"


@lru_cache(maxsize=1_024)
def _quality_field(name: str, quality: Quality, reason: QualityReason) -> str:
    return f'{name}_quality="{quality}:{reason}"' if reason else f'{name}_quality="{quality}"'


def _fields(observation: Observation, *, correction: bool) -> str:
    """The value and, where it says something, the quality of one observation."""
    name, kind = _FIELDS.get(observation.property, ("", None))
    if kind is None:
        _refuse_value(observation)
    quality = observation.quality
    if quality in VALUELESS:
        return _quality_field(observation.property, quality, observation.reason)
    field = name + _value(observation, kind)
    if quality == "ok" and not correction:
        return field
    return f"{field},{_quality_field(observation.property, quality, observation.reason)}"


def _value(observation: Observation, kind: type | None) -> str:
    value = observation.value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and _finite(value):
            return repr(value)
        if isinstance(value, int) and abs(value) <= _EXACT_INT:
            return repr(float(value))
    if kind is bool and isinstance(value, bool):
        return "true" if value else "false"
    if kind is str and isinstance(value, str):
        return quoted(value)
    return _refuse_value(observation)


def _finite(value: float) -> bool:
    return value - value == 0


def _refuse_value(observation: Observation) -> str:
    row = PROPERTIES.get(observation.property)
    if row is None:
        raise UnwritableError(f"{observation.property[:60]!r} is not in the vocabulary")
    raise UnwritableError(f"{row.name} = {str(observation.value)[:60]!r}: a {row.kind} cannot hold that")


def _derived(entry: Derived, *, correction: bool) -> str:
    """``<domain>_<interval>``, or of an instant ``<domain>_event`` and ``<domain>_estimate``: happened, or stood."""
    lines = ""
    for group in _by_point(entry.observations):
        first = group[0]
        domain, tags, _ = _series(entry.city, entry.pilot, "producer", entry.producer, first.feature)
        name = f"{domain}_{_period(first)}"
        fields = ",".join([_fields(observation, correction=correction) for observation in group])
        lines += _line(name + tags, fields, first.time_ns)
    return lines


def _by_point(observations: Sequence[Observation]) -> list[list[Observation]]:
    groups: dict[tuple[str, str, int], list[Observation]] = {}
    for observation in observations:
        point = (_period(observation), observation.feature, observation.time_ns)
        groups.setdefault(point, []).append(observation)
    return list(groups.values())


def _period(derived: Observation) -> str:
    """The second half of a derived measurement's name."""
    if derived.interval_ns:
        return interval_name(derived.interval_ns)
    row = PROPERTIES.get(derived.property)
    return "event" if row is not None and row.event else "estimate"


def interval_name(interval_ns: int) -> str:
    """``15m``, ``1h``, ``1d``: the largest unit that divides it. Raises UnwritableError for parts of a second.

    A local day has 23 hours in spring and 25 in autumn; all days belong in one measurement.
    """
    seconds, rest = divmod(interval_ns, NS_PER_S)
    if seconds in _DAYS_OF_CLOCK_CHANGE:
        return "1d"
    if rest or seconds <= 0:
        raise UnwritableError(f"an interval of {interval_ns} ns has no name; whole seconds have")
    for unit_s, unit in _INTERVAL_UNITS:
        if seconds % unit_s == 0:
            return f"{seconds // unit_s}{unit}"
    raise AssertionError(seconds)  # pragma: no cover - one second divides every whole number of seconds


def _link(entry: Accepted, link: Link) -> str:
    """How the frame travelled, beside its observations. The best reception speaks for all."""
    fields = "" if link.f_cnt is None else f"f_cnt={link.f_cnt},"  # without the suffix i a float, as every counter
    if link.f_port is not None:
        fields += f"f_port={link.f_port},"
    if link.receptions:
        best = best_reception(link.receptions)
        rssi_dbm, snr_db = best.rssi_dbm, best.snr_db
        fields += f"receptions={len(link.receptions)},"
        if rssi_dbm is not None and rssi_dbm - rssi_dbm == 0:
            fields += f"rssi_dbm={_NUMBERS[rssi_dbm]},"
        if snr_db is not None and snr_db - snr_db == 0:
            fields += f"snr_db={_NUMBERS[snr_db]},"
        if best.gateway_id:
            fields += f"gateway_id={quoted(best.gateway_id)},"
    if not fields:
        return ""
    tags = _series(entry.city, entry.pilot, "device", entry.device, entry.feature)[1]
    return _line(LINK_MEASUREMENT + tags, fields[:-1], entry.time_ns)


def best_reception(receptions: Sequence[Reception]) -> Reception:
    """The strongest by RSSI, then by SNR; one without figures only when none has any."""
    best = receptions[0]
    for other in receptions[1:]:
        ours, theirs = best.rssi_dbm, other.rssi_dbm
        if ours is None or theirs is None or ours == theirs:
            if _strength(other) > _strength(best):
                best = other
        elif theirs > ours:
            best = other
    return best


def _strength(reception: Reception) -> tuple[float, float]:
    rssi_dbm, snr_db = reception.rssi_dbm, reception.snr_db
    return (-1e9 if rssi_dbm is None else rssi_dbm, -1e9 if snr_db is None else snr_db)


@lru_cache(maxsize=PREFIXES_KEPT)
def _series(city: str, pilot: str, producer_tag: str, producer: str, feature: str) -> tuple[str, str, str]:
    """Measurement (the domain), the escaped tags, sorted by key as InfluxDB stores them, and both joined."""
    name = feature.partition("/")[0]
    if name not in FEATURE_TYPES:
        raise UnwritableError(f"feature type {name[:60]!r} is not in the vocabulary")
    tags = {"city": city, producer_tag: producer, "feature": feature, "pilot": pilot}
    written = [f",{key}={tag_text(key, value)}" for key, value in sorted(tags.items()) if value]
    measurement, joined = feature_type(feature).domain.value, "".join(written)
    return measurement, joined, measurement + joined


def tag_text(key: str, value: str) -> str:
    """Escaped for a tag. Line protocol has no escape for a backslash, so one before a special character is refused."""
    if not value.isprintable():
        raise UnwritableError(f"tag {key} = {value[:60]!r}: only printable characters can be written")
    if _BACKSLASH_BEFORE_SPECIAL.search(value):
        raise UnwritableError(
            f"tag {key} = {value[:60]!r}: a backslash before ',', '=', ' ' or the end cannot be written"
        )
    return _TAG_SPECIAL.sub(r"\\\1", value)


@lru_cache(maxsize=1_024)
def quoted(text: str) -> str:
    """A string field. Unprintable characters become U+FFFD: they are foreign text, never a value of ours."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else "\ufffd" for char in text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
