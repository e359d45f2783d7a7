"""Entities of OGC SensorThings 1.1 (OGC 18-088) as JSON. Pure.

    Thing ─ Location          one feature, and where it is
      └─ Datastream ─ ObservedProperty        one property of it
            └─ Observation

Laws
- Ids are made of names and never change: a Thing's of its entity id, a Datastream's of that and the property's.
- ``phenomenonTime`` is an instant, or an interval with its end; what must not be told has ``result`` null and says so
  in ``resultQuality``.
- Sensors are left out on purpose: which box hangs where is nobody's business.
"""

import hashlib
from typing import Any

import msgspec

from gateway.open_data.city import Thing
from gateway.sinks.store.pages import Row
from pipelines.encodings import sensorthings
from pipelines.encodings.ngsi_ld import WITHOUT_VALUE, instant, point
from pipelines.vocabulary import PROPERTIES

Json = dict[str, Any]

ID_BITS = 53
"""What every JSON reader holds exactly."""

_OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"
OBSERVATION_TYPES = {
    "gauge": _OM + "Measurement",
    "counter": _OM + "Measurement",
    "flag": _OM + "TruthObservation",
    "state": _OM + "CategoryObservation",
}


def number_of(name: str) -> int:
    """A name as a number that stays: the first 53 bits of its BLAKE2b digest."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) >> (64 - ID_BITS)


def thing_id(thing: Thing) -> int:
    """Of a Thing, and of its Location."""
    return number_of(thing.entity.id)


def datastream_id(thing: Thing, name: str) -> int:
    """Of one property of a Thing: the number that its topic has."""
    return sensorthings.datastream_id(thing.entity.address, name)


def property_id(name: str) -> int:
    """Of an ObservedProperty."""
    return number_of(name)


class Addresses(msgspec.Struct, frozen=True):
    """Links of entities. ``root``: without a slash at the end."""

    root: str

    def head(self, set_name: str, number: int | str, **leads_to: str) -> Json:
        """Id, own link and the links that lead on."""
        written = f"'{number}'" if isinstance(number, str) else str(number)
        own = f"{self.root}/{set_name}({written})"
        links = {f"{name}@iot.navigationLink": f"{own}/{target}" for name, target in leads_to.items()}
        return {"@iot.id": number, "@iot.selfLink": own, **links}


def thing_body(addresses: Addresses, thing: Thing) -> Json:
    """A Thing."""
    head = addresses.head("Things", thing_id(thing), Locations="Locations", Datastreams="Datastreams")
    address, kind = thing.entity.address, thing.entity.feature_type
    properties = {"entity": thing.entity.id, "type": kind.sdm_type, "pilot": thing.pilot, "domain": address.domain}
    if thing.area:
        properties["area"] = thing.area
    return head | {"name": thing.name or thing.id, "description": kind.title, "properties": properties}


def location_body(addresses: Addresses, thing: Thing) -> Json:
    """Where a Thing is. It must have a place."""
    assert thing.entity.location is not None
    return addresses.head("Locations", thing_id(thing), Things="Things") | {
        "name": thing.name or thing.id,
        "description": f"Where {thing.id} is",
        "encodingType": "application/geo+json",
        "location": point(thing.entity.location),
    }


def property_body(addresses: Addresses, name: str) -> Json:
    """An ObservedProperty."""
    return addresses.head("ObservedProperties", property_id(name), Datastreams="Datastreams") | {
        "name": name,
        "definition": f"urn:citygate:observed-property:{name}",
        "description": PROPERTIES[name].title,
    }


def datastream_body(addresses: Addresses, thing: Thing, name: str) -> Json:
    """One property of a Thing; the symbol of its unit is UCUM."""
    row = PROPERTIES[name]
    has_unit = row.kind in ("gauge", "counter")
    unit = {
        "name": row.unit if has_unit else None,
        "symbol": row.unit if has_unit else None,
        "definition": "https://ucum.org/ucum" if has_unit else None,
    }
    head = addresses.head(
        "Datastreams",
        datastream_id(thing, name),
        Thing="Thing",
        ObservedProperty="ObservedProperty",
        Observations="Observations",
    )
    return head | {
        "name": f"{thing.name or thing.id}: {row.title}",
        "description": row.title,
        "observationType": OBSERVATION_TYPES[row.kind],
        "unitOfMeasurement": unit,
    }


def observation_body(addresses: Addresses, thing: Thing, row: Row) -> Json:
    """One value. Its id holds the Datastream's and the time, so that it can be found again."""
    one = row.observation
    number = f"{datastream_id(thing, one.property)}-{one.time_ns}-{one.interval_ns}"
    time = instant(one.time_ns)
    if one.interval_ns:
        time += f"/{instant(one.time_ns + one.interval_ns)}"
    return addresses.head("Observations", number, Datastream="Datastream") | {
        "phenomenonTime": time,
        "resultTime": None,
        "result": None if one.quality in WITHOUT_VALUE else one.value,
        "resultQuality": {"quality": one.quality, "reason": one.reason},
        "parameters": {
            "property": one.property,
            "unitOfMeasurement": PROPERTIES[one.property].unit,
            "revision": row.revision,
        },
    }
