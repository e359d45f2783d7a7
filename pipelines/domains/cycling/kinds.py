"""What is counted: the same machine counts bicycles, people and motor vehicles; only the words differ."""

import msgspec

from pipelines.vocabulary import Domain


class Kind(msgspec.Struct, frozen=True):
    """The vocabulary's words for one kind of counter.

    ``register`` counts since the sensor's start, ``interval`` since the last message. ``count`` is the calibrated
    number, ``counted`` what the sensor itself says, ``average`` the annual average of a day. ``section``: the feature
    type of all counters across one road ("" where there is none), and ``section_count`` their number: a word of its
    own, so that nobody who adds up counters counts a road twice.
    """

    domain: Domain
    feature: str
    register: str
    interval: str
    count: str
    counted: str
    average: str
    section: str = ""
    section_count: str = ""


BICYCLES = Kind(
    Domain.CYCLING,
    "bike-counter",
    "bicycle_count",
    "bicycle_count_interval",
    "bicycles",
    "bicycles_counted",
    "average_daily_bicycles",
    "bike-section",
    "section_bicycles",
)
PEOPLE = Kind(
    Domain.MOBILITY,
    "people-counter",
    "people_count",
    "people_count_interval",
    "people",
    "people_counted",
    "average_daily_people",
)
VEHICLES = Kind(
    Domain.MOBILITY,
    "vehicle-counter",
    "vehicle_count",
    "vehicle_count_interval",
    "vehicles",
    "vehicles_counted",
    "average_daily_vehicles",
)
