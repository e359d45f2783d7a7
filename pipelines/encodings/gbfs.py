"""Stations of hired bicycles as GBFS 3.0 (General Bikeshare Feed Specification, MobilityData).

Laws
- A station that never said how many bicycles it has is in ``station_information`` only.
- A station whose number of bicycles is not known now (``missing``, ``suppressed``) rents none out and says 0.
- Opening hours are taken to be always: a pilot file does not tell them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from pipelines.encodings.ngsi_ld import COORDINATE_DECIMALS, WITHOUT_VALUE, Entity, instant
from pipelines.model import Observation

VERSION = "3.0"
TTL_S = 60
LANGUAGE = "en"
FEEDS = ("system_information", "station_information", "station_status")

Json = dict[str, Any]


class System(msgspec.Struct, frozen=True):
    """The pilot as a system of hired bicycles."""

    id: str
    name: str
    operator: str
    email: str
    timezone: str


class Station(msgspec.Struct, frozen=True):
    """One docking station and how its properties stand."""

    entity: Entity
    name: str
    latest: Mapping[str, Observation]


def feed(data: Json, updated_ns: int) -> Json:
    """The frame of every feed."""
    return {"last_updated": instant(updated_ns), "ttl": TTL_S, "version": VERSION, "data": data}


def discovery(folder: str) -> Json:
    """``gbfs.json``: where the feeds are. ``folder``: without a slash at the end."""
    return {"feeds": [{"name": name, "url": f"{folder}/{name}.json"} for name in FEEDS]}


def system_information(system: System) -> Json:
    """Who runs it, where and when."""
    return {
        "system_id": system.id,
        "languages": [LANGUAGE],
        "name": [_text(system.name)],
        "operator": [_text(system.operator)],
        "opening_hours": "24/7",
        "feed_contact_email": system.email,
        "timezone": system.timezone,
    }


def station_information(stations: Iterable[Station]) -> Json:
    """Where the stations are; one without a place cannot be told."""
    told = []
    for station in stations:
        place = station.entity.location
        if place is None:
            continue
        one: Json = {
            "station_id": station.entity.address.entity,
            "name": [_text(station.name)],
            "lat": round(place.latitude, COORDINATE_DECIMALS),
            "lon": round(place.longitude, COORDINATE_DECIMALS),
        }
        if (capacity := _count(station, "docks_total")) is not None:
            one["capacity"] = capacity
        told.append(one)
    return {"stations": told}


def station_status(stations: Iterable[Station]) -> Json:
    """How many bicycles and docks there are now."""
    told = []
    for station in stations:
        bikes = station.latest.get("bikes_available")
        if station.entity.location is None or bikes is None:
            continue
        known = _count(station, "bikes_available")
        free = _count(station, "docks_free")
        one: Json = {
            "station_id": station.entity.address.entity,
            "num_vehicles_available": known or 0,
            "is_installed": True,
            "is_renting": known is not None,
            "is_returning": free != 0,
            "last_reported": instant(max(each.time_ns for each in station.latest.values())),
        }
        if free is not None:
            one["num_docks_available"] = free
        if (broken := _count(station, "docks_out_of_service")) is not None:
            one["num_docks_disabled"] = broken
        told.append(one)
    return {"stations": told}


def _count(station: Station, name: str) -> int | None:
    one = station.latest.get(name)
    return None if one is None or one.quality in WITHOUT_VALUE else max(0, round(float(one.value)))


def _text(text: str) -> Json:
    return {"text": text, "language": LANGUAGE}
