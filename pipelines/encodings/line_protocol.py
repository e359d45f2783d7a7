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

from pipelines.model import (
    NS_PER_S,
    Accepted,
    Derived,
    Duplicate,
    Link,
    Observation,
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

TIME_MIN_NS, TIME_MAX_NS = -(2**63) + 2, 2**63 - 2
"""What InfluxDB can store: 1677-09-21 to 2262-04-11."""

_EXACT_INT = 2**53  # every whole number up to it is a float exactly
_TYPES: dict[Kind, type] = {"gauge": float, "counter": float, "flag": bool, "state": str}
_TIME_SOURCES = {source: f'time_source="{source}"' for source in get_args(TimeSource)}
_FLOATS = {row.name: f"{row.name}=" for row in PROPERTIES.values() if _TYPES[row.kind] is float}
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


def _accepted(entry: Accepted, *, correction: bool) -> str:
    lines = ""
    fields: list[str] = []
    time_ns, feature, source = 0, "", ""
    for observation in entry.observations:
        if observation.time_ns != time_ns or observation.feature != feature:
            if fields:
                lines += _measured(entry, feature, source, fields, time_ns)
                fields = []
            time_ns, feature, source = observation.time_ns, observation.feature, ""
        quality = observation.quality
        if not source and quality not in VALUELESS:
            source = observation.time_source
        # The common case in place: calls for each observation would cost a quarter of the whole line.
        # value - value is 0 for every float but NaN and the infinities.
        value, name = observation.value, _FLOATS.get(observation.property)
        if quality == "ok" and name is not None and type(value) is float and value - value == 0 and not correction:
            fields.append(f"{name}{value!r}")
        else:
            fields.append(_fields(observation, correction=correction))
    if fields:
        lines += _measured(entry, feature, source, fields, time_ns)
    if entry.link is not None:
        lines += _link(entry, entry.link)
    return lines


def _measured(entry: Accepted, feature: str, source: str, fields: list[str], time_ns: int) -> str:
    """The line of what one device measured of one feature at one time; ``source`` is "" where no value is left."""
    series = _series(entry.city, entry.pilot, "device", entry.device, feature)
    if source:
        fields.append(_TIME_SOURCES[source])
    return _line(series, ",".join(fields), time_ns)


def _line(series: tuple[str, str], fields: str, time_ns: int) -> str:
    if not TIME_MIN_NS <= time_ns <= TIME_MAX_NS:
        raise UnwritableError(f"time {time_ns} ns is outside what InfluxDB can store (1677 to 2262)")
    return f"{series[0]}{series[1]} {fields} {time_ns}\n"


def _fields(observation: Observation, *, correction: bool) -> str:
    """The value and, where it says something, the quality of one observation."""
    name, kind = _FIELDS.get(observation.property, ("", None))
    if kind is None:
        _refuse_value(observation)
    quality = observation.quality
    if quality in VALUELESS:
        return f'{observation.property}_quality="{_quality(observation)}"'
    field = name + _value(observation, kind)
    if quality == "ok" and not correction:
        return field
    return f'{field},{observation.property}_quality="{_quality(observation)}"'


def _quality(observation: Observation) -> str:
    return f"{observation.quality}:{observation.reason}" if observation.reason else observation.quality


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
        domain, tags = _series(entry.city, entry.pilot, "producer", entry.producer, first.feature)
        name = f"{domain}_{_period(first)}"
        fields = ",".join([_fields(observation, correction=correction) for observation in group])
        lines += _line((name, tags), fields, first.time_ns)
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
    fields = []
    if link.f_cnt is not None:
        fields.append(f"f_cnt={link.f_cnt}")  # without the suffix i it is a float, as every counter
    if link.f_port is not None:
        fields.append(f"f_port={link.f_port}")
    if link.receptions:
        best = best_reception(link.receptions)
        fields.append(f"receptions={len(link.receptions)}")
        if best.rssi_dbm is not None and _finite(best.rssi_dbm):
            fields.append(f"rssi_dbm={best.rssi_dbm!r}")
        if best.snr_db is not None and _finite(best.snr_db):
            fields.append(f"snr_db={best.snr_db!r}")
        if best.gateway_id:
            fields.append(f"gateway_id={quoted(best.gateway_id)}")
    if not fields:
        return ""
    series = _series(entry.city, entry.pilot, "device", entry.device, entry.feature)
    return _line((LINK_MEASUREMENT, series[1]), ",".join(fields), entry.time_ns)


def best_reception(receptions: Sequence[Reception]) -> Reception:
    """The strongest by RSSI, then by SNR; one without figures only when none has any."""
    if len(receptions) == 1:
        return receptions[0]
    return max(receptions, key=_strength)


def _strength(reception: Reception) -> tuple[float, float]:
    rssi_dbm, snr_db = reception.rssi_dbm, reception.snr_db
    return (-1e9 if rssi_dbm is None else rssi_dbm, -1e9 if snr_db is None else snr_db)


@lru_cache(maxsize=PREFIXES_KEPT)
def _series(city: str, pilot: str, producer_tag: str, producer: str, feature: str) -> tuple[str, str]:
    """Measurement (the domain) and the escaped tags, sorted by key as InfluxDB stores them."""
    name = feature.partition("/")[0]
    if name not in FEATURE_TYPES:
        raise UnwritableError(f"feature type {name[:60]!r} is not in the vocabulary")
    tags = {"city": city, producer_tag: producer, "feature": feature, "pilot": pilot}
    written = [f",{key}={_tag(key, value)}" for key, value in sorted(tags.items()) if value]
    return feature_type(feature).domain.value, "".join(written)


def _tag(key: str, value: str) -> str:
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
