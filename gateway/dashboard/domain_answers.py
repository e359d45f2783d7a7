"""What ``/api/domains/{domain}`` answers: a struct for each domain with a view of its own, a table for the others.

The laws are those of ``answers.py``. Every list is bounded at 2,000 rows.
"""

from typing import Literal

import msgspec

from gateway.dashboard.answers import Notice, Reading, Severity
from pipelines.model import Quality, QualityReason

# ---- GET /api/domains/parking


class Bay(msgspec.Struct, frozen=True):
    """One bay. ``unknown``: never heard, or silent for too long. ``category`` as the files say it: ordinary, blue.

    ``overstay``: a car stands longer than the rule allows; ``longest_stay_min``: the rule.
    """

    thing: str
    feature: str
    name: str
    state: Literal["free", "occupied", "unknown"]
    since_ms: int | None
    category: str
    longest_stay_min: float | None
    overstay: bool
    longitude: float | None
    latitude: float | None


class Chance(msgspec.Struct, frozen=True):
    """The chance of a free bay on arrival in ``minutes``; ``at_ms``: when that was worked out."""

    minutes: int
    percent: float
    at_ms: int


class Street(msgspec.Struct, frozen=True):
    """One street. ``rank``: place among the pilot's streets to try now, 1 is the best.

    ``free``, ``occupied``, ``unknown`` count all its bays. ``occupancy_percent``: of the last quarter of an hour that
    is certain; ``chances``: empty while they are being learnt.
    """

    feature: str
    pilot: str
    name: str
    free: int
    occupied: int
    unknown: int
    overstays: int
    rank: int | None
    occupancy_percent: float | None
    occupancy_at_ms: int | None
    chances: tuple[Chance, ...]
    bays: tuple[Bay, ...]


class ParkingPage(msgspec.Struct, frozen=True):
    """Streets, the best to try first."""

    domain: Literal["parking"]
    at_ms: int
    streets: tuple[Street, ...]
    notices: tuple[Notice, ...]


# ---- GET /api/domains/waste


class Container(msgspec.Struct, frozen=True):
    """One container. ``full_in_h``: hours from now, middle; ``sooner_h`` and ``later_h``: eight of ten lie between.

    ``held_percent``: share of its forecasts that came true, so how sure. ``due``: on the list of ``tour``.
    """

    thing: str
    feature: str
    name: str
    area: str
    kind: str
    level_percent: float | None
    level_at_ms: int | None
    quality: Quality
    reason: QualityReason
    full_in_h: float | None
    sooner_h: float | None
    later_h: float | None
    held_percent: float | None
    rate_percent_day: float | None
    collected_ms: int | None
    due: bool
    alarms: tuple[str, ...]
    longitude: float | None
    latitude: float | None


class Stop(msgspec.Struct, frozen=True):
    """A container to empty, ``way_km`` from the stop before (the first: from the depot, or 0 without one)."""

    feature: str
    way_km: float


class Round(msgspec.Struct, frozen=True):
    """A pilot's tour: what is full or will be by ``until_h``, in order, against emptying all of them.

    Distances are great circles times 1.3, a comparison of tours and no route along streets. ``unplaced``: due
    containers without a position, which no tour can hold.
    """

    pilot: str
    title: str
    stops: tuple[Stop, ...]
    unplaced: tuple[str, ...]
    km: float
    fixed_km: float
    co2_kg: float
    fixed_co2_kg: float
    full_percent: float
    until_h: float
    containers: tuple[Container, ...]


class WastePage(msgspec.Struct, frozen=True):
    """``containers`` of each round: the fullest first."""

    domain: Literal["waste"]
    at_ms: int
    rounds: tuple[Round, ...]
    notices: tuple[Notice, ...]


# ---- GET /api/domains/cycling (and mobility: people and vehicles in the same shape)


class HourOfCount(msgspec.Struct, frozen=True):
    """One local hour of the day; null: not counted (yet). ``usual``: mean of that hour over the last 28 days."""

    hour: int
    today: float | None
    yesterday: float | None
    usual: float | None


class Day(msgspec.Struct, frozen=True):
    """One local day (ISO 8601) and what passed; estimated where hours of it were filled in."""

    day: str
    count: float | None
    quality: Quality


class CountSite(msgspec.Struct, frozen=True):
    """One counter. ``counts``: bicycles, people or vehicles. ``today``: so far, until ``counted_until_ms``.

    ``yesterday_so_far``: yesterday up to the same time of day. ``days``: the last 28, oldest first.
    """

    thing: str
    feature: str
    name: str
    area: str
    pilot: str
    counts: Literal["bicycles", "people", "vehicles"]
    today: float | None
    counted_until_ms: int | None
    yesterday: float | None
    yesterday_so_far: float | None
    last_7_days: float | None
    seven_before: float | None
    daily_average: float | None
    hours: tuple[HourOfCount, ...]
    days: tuple[Day, ...]
    longitude: float | None
    latitude: float | None


class CountPage(msgspec.Struct, frozen=True):
    """Counters, the busiest of today first."""

    domain: Literal["cycling", "mobility"]
    at_ms: int
    sites: tuple[CountSite, ...]
    notices: tuple[Notice, ...]


# ---- GET /api/domains/green


class Plant(msgspec.Struct, frozen=True):
    """A tree (or parcel). ``advice``: water, wait, rained, unknown, or null while nothing is advised yet.

    ``litres``: for that day. ``check``: whether its sensor can be believed: ok, stuck, no_rain_response …
    """

    thing: str
    feature: str
    name: str
    area: str
    pilot: str
    advice: str | None
    litres: float | None
    water_state: str | None
    depletion_mm: float | None
    moisture_percent: float | None
    tension_kpa: float | None
    measured_ms: int | None
    check: str | None
    longitude: float | None
    latitude: float | None


class WateringRound(msgspec.Struct, frozen=True):
    """The trees of one area. ``litres`` null: too few sensors can be believed; ``known_percent`` of them can."""

    pilot: str
    area: str
    litres: float | None
    saved_l: float | None
    known_percent: float | None
    to_water: int
    trees: int


class GreenPage(msgspec.Struct, frozen=True):
    """``plants``: to water first, the driest at the top. ``day``: local day of the advice, ISO 8601."""

    domain: Literal["green", "agri"]
    at_ms: int
    day: str | None
    rounds: tuple[WateringRound, ...]
    plants: tuple[Plant, ...]
    notices: tuple[Notice, ...]


# ---- GET /api/domains/{any other}


class Column(msgspec.Struct, frozen=True):
    """One property of the table; ``derived``: its newest values are worked out here, not measured."""

    property: str
    unit: str
    derived: bool


class Row(msgspec.Struct, frozen=True):
    """One feature; ``thing`` null: it has no device of its own (a connection). ``cells`` by column, null: no value."""

    thing: str | None
    feature: str
    name: str
    area: str
    pilot: str
    severity: Severity | None
    cells: tuple[Reading | None, ...]


class TablePage(msgspec.Struct, frozen=True):
    """Newest values: at most 12 columns, what is worked out here before what is measured."""

    domain: str
    at_ms: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notices: tuple[Notice, ...]


# ---- GET /api/domains


class DomainNow(msgspec.Struct, frozen=True):
    """A domain that has devices. ``view``: which of the structs above its address answers."""

    domain: str
    view: Literal["parking", "waste", "counts", "green", "table"]
    things: int
    alarms: int
    silent: int


class Domains(msgspec.Struct, frozen=True):
    """Domains with devices, in order of the vocabulary."""

    at_ms: int
    domains: tuple[DomainNow, ...]


# ---- GET /api/words


class Word(msgspec.Struct, frozen=True):
    """A label in each language."""

    en: str
    nl: str


class PropertyWord(msgspec.Struct, frozen=True):
    """A property: its label, unit as people write it, kind, and words of its states (also "true", "false" of flags)."""

    en: str
    nl: str
    unit: str
    kind: Literal["gauge", "counter", "state", "flag"]
    states: dict[str, Word]
    low: float | None
    high: float | None


class Words(msgspec.Struct, frozen=True):
    """Labels of every slug in the answers. Cached by the browser with its ETag. What is not in it shows as it is.

    ``zone``: the city's (IANA), by which the page tells times; null without pilots: then by the browser's.
    """

    zone: str | None
    properties: dict[str, PropertyWord]
    domains: dict[str, Word]
    feature_types: dict[str, Word]
    qualities: dict[str, Word]
    reasons: dict[str, Word]
    thing_states: dict[str, Word]
    rejections: dict[str, Word]
    troubles: dict[str, Word]
    headlines: dict[str, Word]
    producers: dict[str, Word]
