"""What may be said of whom: the four privacy classes, declared per feature type and pilot, decided per datastream.

    A environment · B asset · C use of public space · D household or business

Laws
- Of the classes of the pilot, the feature's type, the device's profile and the device's own record the strictest holds.
  An operator can tighten, never loosen.
- Where single properties of a feature are declared D, of it only the readings of its devices that are not are told:
  nothing that machines make of them, on any topic, since they may be made of what is withheld.
- Where people are counted or live, only what is named here goes out; a new property of theirs is withheld until it is.
- It holds for every tier alike: topics and downloads ask here before anything leaves.
- Nothing here depends on who asks or when, only on the operator's files: nobody gains by asking twice.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from pipelines.domains import Place, Site
from pipelines.domains.cycling.settings import CounterDetails
from pipelines.domains.energy.details import MeterDetails
from pipelines.domains.parking.settings import BayDetails
from pipelines.domains.parking.street import street_name
from pipelines.domains.waste.settings import ContainerDetails
from pipelines.model import NS_PER_S, Location
from pipelines.vocabulary import PROPERTIES

PrivacyClass = Literal["A", "B", "C", "D"]

CLASSES: Mapping[str, PrivacyClass] = {
    "parking-spot": "C",
    "street-parking": "C",
    "waste-container": "B",
    "bike-counter": "C",
    "bike-section": "C",
    "bike-link": "C",
    "bike-dock": "B",
    "people-counter": "C",
    "vehicle-counter": "C",
    "tree": "A",
    "parcel": "A",
    "air-station": "A",
    "noise-station": "A",
    "weather-station": "A",
    "water-level": "A",
    "water-meter": "D",
    "water-quality": "A",
    "electricity-meter": "D",
    "street-light": "B",
    "safety-point": "B",
    "lora-gateway": "A",
    "watering-round": "B",
    "connection": "D",
}
"""Feature type → its own class. A test asks for every type of the vocabulary."""

LEAST_ALIKE = 5
"""Private containers in a 100 m cell, reserved bays in a street: fewer than this can be told apart."""
GRID_DECIMALS = 3
"""0.001 degrees: 111 m north to south, 70 m east to west in the Low Countries."""
QUARTER_NS = 900 * NS_PER_S

COUNTS = frozenset({"bicycles", "people", "vehicles", "sessions", "sessions_censored", "overstays"})
"""People and their vehicles in an interval: 1 to 4 of them are suppressed (``counts.py``)."""
FOLLOWERS: Mapping[str, str] = {
    "forward_percent": "bicycles",
    "turnover_per_bay": "sessions",
    "turnover_per_bay_hour": "sessions",
    "mean_stay_min": "sessions",
    "utilisation_percent": "sessions",
    "overstay_total_min": "overstays",
}
"""What would give a suppressed count of the same interval away: it is suppressed with it."""

_HEALTH = frozenset({"silent", "silence_min", "flapping", "battery_warning", "battery_months_left", "tamper_alarm"})
_OF_COUNTERS = frozenset(
    {
        *("bicycles", "people", "vehicles", "coverage_percent", "forward_percent"),
        *("average_daily_bicycles", "average_daily_people", "average_daily_vehicles", "commute_index", "weekend_ratio"),
        *("speed_median_kmh", "speed_v85_kmh"),
        *("travel_time_median_s", "travel_time_p90_s", "free_flow_time_s", "delay_percent"),
        *_HEALTH,
    }
)
"""Registers and counts as they were sent are not here: their times are those of single passes."""
_COUNTER_TYPES = frozenset({"bike-counter", "bike-section", "bike-link", "people-counter", "vehicle-counter"})

_OF_ALL_BAYS = frozenset(
    {
        *("occupancy_percent", "utilisation_percent", "busy_percent", "coverage_percent"),
        *("sessions", "sessions_censored", "turnover_per_bay", "turnover_per_bay_hour", "mean_stay_min"),
        *("overstays", "overstay_total_min", "bay_brier_5min", "bay_brier_10min", "bay_brier_15min", "bay_brier_30min"),
    }
)
"""What a street says of all its bays: less the public ones, it is what the reserved ones do."""
_RESERVED = frozenset({"disabled", "resident"})

_OF_PEOPLE = frozenset(
    {
        *("presence", "people_present", "people_count", "people_count_interval", "wifi_devices", "ble_devices"),
        *("bicycle_count", "bicycle_count_interval", "vehicle_count", "vehicle_count_interval"),
        *("bicycles_counted", "people_counted", "vehicles_counted", "speed_kmh", "travel_time_s", "motion_count"),
    }
)
"""Single people and passes, whatever the sensor hangs at."""
_NAMES_OF_OTHERS = frozenset({"devices_behind_names"})
"""Texts that name other features of any pilot, households and private containers among them."""
_OF_HOUSEHOLDS = frozenset(
    {
        *("gas_m3", "water_m3", "flow_l_h", "water_use_l", "night_flow_l_h", "leak", "leak_suspected", "leak_sign"),
        *("water_pressure_kpa", "pulses", "pulses_2", "meter_exchanged", "peak_import_power_w"),
        *(name for name in PROPERTIES if name.startswith(("energy_", "power_", "self_", "current_", "voltage_"))),
    }
)
"""A meter's words, whatever the meter is called; of the city's own street lights they are said."""
_CITYS_OWN = frozenset({"street-light"})

SUMS = frozenset({"energy_import_interval_kwh", "energy_export_interval_kwh", "water_use_l"})
"""What is said of households: hourly sums of an area (``households.py``)."""

METERS = frozenset({"electricity-meter", "water-meter"})

Voice = Literal["own", "sums", "none"]
"""A feature with topics of its own; one that is only heard in its area's sums; one that is not heard at all."""


class Subject(msgspec.Struct, frozen=True):
    """What open data may say of one feature.

    ``area``: the group that its sums belong to. ``contributor``: the connection that a meter counts for, once.
    ``hidden_name``: its own name must not be told; ``location`` is as it may be published.
    ``withheld``: properties that it may not say, beside those of its type. ``parts``: features it is the total of.
    ``readings``: the only properties it may say, as moments; None where none of its own is declared D.
    """

    feature: str
    privacy: PrivacyClass
    voice: Voice
    area: str = ""
    location: Location | None = None
    contributor: str = ""
    hidden_name: bool = False
    withheld: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()
    readings: frozenset[str] | None = None

    def may_say(self, name: str, interval_ns: int) -> bool:
        """Whether a property may go out on topics of its own."""
        kind = self.feature.partition("/")[0]
        if self.readings is not None and (interval_ns or name not in self.readings):
            return False
        return self.voice == "own" and name not in self.withheld and _may_say(kind, name, interval_ns)


@cache
def _may_say(kind: str, name: str, interval_ns: int) -> bool:
    if name not in PROPERTIES or name in _OF_PEOPLE | _NAMES_OF_OTHERS or (name in COUNTS and interval_ns < QUARTER_NS):
        return False
    if kind in _COUNTER_TYPES:
        return name in _OF_COUNTERS
    return name not in _OF_HOUSEHOLDS or kind in _CITYS_OWN


def stricter(one: PrivacyClass, other: PrivacyClass) -> PrivacyClass:
    """The stricter of two classes."""
    return max(one, other)


class Plan:
    """One pilot's subjects, by its files.

    ``site`` is the pilot as its machines see it, ``privacy`` its class; ``by_feature``: what the devices and their
    profiles declare, where that is known; ``readings``: of features of which properties are declared D, the others.
    """

    def __init__(
        self,
        site: Site,
        privacy: PrivacyClass,
        by_feature: Mapping[str, PrivacyClass] | None = None,
        readings: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.site = site
        self.privacy = privacy
        self._by_feature = by_feature or {}
        self._readings = readings or {}
        self._subjects: dict[str, Subject] = {}
        self._cells = Counter(map(_cell, filter(_is_private, site.places.values())))
        self._reserved = Counter(
            street_name(place.area or site.pilot) for place in site.places.values() if _is_reserved(place)
        )
        self._closed = {
            street_name(place.area or site.pilot) for feature, place in site.places.items() if self._is_closed(feature)
        }
        self._groups = {street_name(place.area or site.pilot) for place in site.places.values()}
        self._groups |= {place.area for place in site.places.values() if place.area}
        for place in site.places.values():
            self._groups.add(getattr(place.details, "section", "") or getattr(place.details, "connection", ""))
        self._connections: dict[tuple[str, str], set[str]] = {}
        for feature, place in site.places.items():
            kind = feature.partition("/")[0]
            if kind in METERS and _counts(place):
                self._connections.setdefault((kind, place.area), set()).add(contributor(feature, place))

    def subject(self, feature: str) -> Subject:
        """What may be said of a feature, also of one that no device has (a street). Raises KeyError for its type."""
        found = self._subjects.get(feature)
        if found is None:
            found = self._subjects[feature] = self._judge(feature)
        return found

    def is_there(self, feature: str) -> bool:
        """Whether the files still name a feature, or devices that a street, section, round or sum is made of."""
        kind, _, local = feature.partition("/")
        if kind in METERS:
            return self.connections(kind, local) > 0
        return feature in self.site.places or local in self._groups

    def connections(self, kind: str, area: str) -> int:
        """How many connections the files name in an area."""
        return len(self._connections.get((kind, area), ()))

    def _is_closed(self, feature: str) -> bool:
        """A bay that its device declares D: less all the others, what is said of its street would be that bay."""
        is_bay = feature.startswith("parking-spot/")
        return is_bay and (self._by_feature.get(feature) == "D" or feature in self._readings)

    def _judge(self, feature: str) -> Subject:
        kind = feature.partition("/")[0]
        place = self.site.place(feature)
        privacy = stricter(CLASSES[kind], stricter(self.privacy, self._by_feature.get(feature, "A")))
        readings = self._readings.get(feature)
        subject = Subject(feature, privacy, "own", area=place.area, location=place.location, readings=readings)
        change = msgspec.structs.replace
        if feature not in self.site.places and (kind in METERS or not self.is_there(feature)):
            return change(subject, voice="none", hidden_name=True)  # of whom nothing is known nothing is said
        if privacy == "D":
            voice: Voice = "sums" if kind in METERS and _counts(place) else "none"
            connection = contributor(feature, place)
            return change(subject, voice=voice, location=None, contributor=connection, hidden_name=True)
        return self._judge_in_public(subject, place)

    def _judge_in_public(self, subject: Subject, place: Place) -> Subject:
        kind, _, local = subject.feature.partition("/")
        change = msgspec.structs.replace
        if _is_reserved(place):
            return change(subject, voice="none", location=None)
        if _is_private(place):
            told: Voice = "own" if self._cells[_cell(place)] >= LEAST_ALIKE else "none"
            return change(subject, voice=told, location=on_grid(place.location), hidden_name=True)
        if kind == "street-parking" and local in self._closed:
            return change(subject, voice="none", location=None)
        if kind == "street-parking" and 0 < self._reserved[local] < LEAST_ALIKE:
            return change(subject, withheld=_OF_ALL_BAYS)
        if kind == "bike-section":
            return change(subject, parts=self._counters_of(local))
        return subject

    def _counters_of(self, section: str) -> tuple[str, ...]:
        return tuple(
            sorted(
                feature
                for feature, place in self.site.places.items()
                if isinstance(place.details, CounterDetails) and place.details.section == section
            )
        )


def contributor(feature: str, place: Place) -> str:
    """The connection that a meter belongs to: two meters of one house are one household."""
    return getattr(place.details, "connection", "") or feature


def on_grid(location: Location | None) -> Location | None:
    """A place to some 100 m, without its height."""
    if location is None:
        return None
    return Location(round(location.longitude, GRID_DECIMALS), round(location.latitude, GRID_DECIMALS))


def _counts(place: Place) -> bool:
    """A meter at the panels is no connection's: what it counts is in the meter at the border too."""
    return not (isinstance(place.details, MeterDetails) and place.details.role == "production")


def _is_reserved(place: Place) -> bool:
    return isinstance(place.details, BayDetails) and place.details.category in _RESERVED


def _is_private(place: Place) -> bool:
    return isinstance(place.details, ContainerDetails) and place.details.address == "private"


def _cell(place: Place) -> Location | None:
    return on_grid(place.location)
