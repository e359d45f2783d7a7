"""A batch of ledger entries as rows of the store. No SQL here."""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.sinks.store.schema import QUALITIES, REASONS, TIME_SOURCES
from pipelines.model import Accepted, Derived, Link, Observation, Revision, Value

QUALITY_CODE: Mapping[str, int] = {word: code for code, word in enumerate(QUALITIES)}
REASON_CODE: Mapping[str, int] = {word: code for code, word in enumerate(REASONS)}
TIME_SOURCE_CODE: Mapping[str, int] = {word: code for code, word in enumerate(TIME_SOURCES)}

SeriesKey = tuple[str, str, str]
"""Device or producer, feature, property."""

HistoryRow = tuple[int, int, int, float | int | str | None, int, int, int, int]
"""series, time_ns, interval_ns, value, quality, reason, time_source, revision: the columns of ``history``."""

LinkRow = tuple[int, int, int | None, int | None, float | None, float | None, int, int]
"""device, time_ns, f_cnt, f_port, rssi_dbm, snr_db, receptions, revision: the columns of ``link``."""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Who made the observations of one entry."""

    device: str
    pilot: str
    city: str
    derived: bool


class Sighting(msgspec.Struct, gc=False):
    """When a device was heard, and where it belonged at the highest revision of the batch."""

    pilot: str
    city: str
    feature: str
    profile: str
    first_seen_ns: int
    last_seen_ns: int
    revision: int


def sightings(batch: Sequence[Revision]) -> dict[str, Sighting]:
    """Every device of the batch with its first and last receipt."""
    seen: dict[str, Sighting] = {}
    for revision in batch:
        entry = revision.entry
        if not isinstance(entry, Accepted):
            continue
        known = seen.get(entry.device)
        if known is None:
            place = entry.pilot, entry.city, entry.feature, entry.profile
            seen[entry.device] = Sighting(*place, entry.received_ns, entry.received_ns, revision.number)
            continue
        known.first_seen_ns = min(known.first_seen_ns, entry.received_ns)
        known.last_seen_ns = max(known.last_seen_ns, entry.received_ns)
        if revision.number > known.revision:
            known.pilot, known.city, known.feature, known.profile = (
                entry.pilot,
                entry.city,
                entry.feature,
                entry.profile,
            )
            known.revision = revision.number
    return seen


def origin_of(entry: Accepted | Derived) -> Origin:
    """The device of an accepted entry, the producer of a derived one."""
    if isinstance(entry, Accepted):
        return Origin(entry.device, entry.pilot, entry.city, derived=False)
    return Origin(entry.producer, entry.pilot, entry.city, derived=True)


def history_row(series: int, observation: Observation, number: int) -> HistoryRow:
    """One observation. A retracted one keeps its place, so that an older revision cannot come back, but no value."""
    quality = QUALITY_CODE[observation.quality]
    value = None if observation.quality == "retracted" else stored(observation.value)
    return (
        series,
        observation.time_ns,
        observation.interval_ns,
        value,
        quality,
        REASON_CODE[observation.reason],
        TIME_SOURCE_CODE[observation.time_source],
        number,
    )


def stored(value: Value) -> float | int | str:
    """A value as the file holds it: a flag is INTEGER, every other number REAL."""
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, str) else float(value)


def link_row(device: int, time_ns: int, link: Link, number: int) -> LinkRow:
    """How a frame travelled; strength and signal to noise are those of the strongest reception."""
    best = max(link.receptions, key=lambda one: -1e9 if one.rssi_dbm is None else one.rssi_dbm, default=None)
    strength = (None, None) if best is None else (best.rssi_dbm, best.snr_db)
    return (device, time_ns, link.f_cnt, link.f_port, *strength, len(link.receptions), number)
