"""Observations as NGSI-LD *concise* JSON in the types of the Smart Data Models.

    state   {"id", "type", "location", <attribute>: {"value", "unitCode", "observedAt", "quality"[, "reason"]}, …}
    said    {"id", "type", "revision"[, "derivedBy"], <attribute>: {…}}   obs, event, agg: one feature, one time

Laws
- Every measured attribute says when it was observed and of what quality it is; every number says its unit: ``unitCode``
  (UN/CEFACT Recommendation 20), or ``unitText`` (UCUM) where that has no code.
- No number is published for what is ``missing``, ``suppressed`` or ``retracted``: the attribute stands without value.
- A property that the type lacks goes out under our own name, the camelCase of its vocabulary name (``batteryV``).
- What the type requires is there, in every body: measured, known from the operator's facts, or an assumption that says
  so (``"quality": "estimated"``, or ``"unknown"`` with ``"missing"``).
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

import msgspec

from pipelines.encodings.topics import Address
from pipelines.instants import format_rfc3339
from pipelines.model import Location, Observation, Value
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, FeatureType

SCHEMA_VERSION = "1.1"
"""Minor version of the bodies; additions raise it, anything else raises the version in the topic."""
CONTENT_TYPE = "application/json"

WITHOUT_VALUE = frozenset(("missing", "suppressed", "retracted"))
INTEGERS = frozenset(("peopleCount", "maxFlow"))
"""Attributes that their schema wants as whole numbers."""
FLAG_WORDS = {"status": ("free", "occupied")}
"""Attributes that are words where we have a flag: for false and for true."""
CONTAINER_STATUS = {
    "fire": "burning",
    "fire_alarm": "burning",
    "lid_open": "lidOpen",
    "tilted": "dropped",
    "tilt_alarm": "dropped",
}
EXACT_INTEGERS = 2**53
COORDINATE_DECIMALS = 6
"""About 0.1 m."""

Json = dict[str, Any]

_encode = msgspec.json.Encoder().encode


class Entity(msgspec.Struct, frozen=True):
    """One feature as others see it. ``facts``: attributes that the operator knows; they replace our assumptions."""

    feature_type: FeatureType
    address: Address
    location: Location | None = None
    facts: Mapping[str, Any] = {}

    @property
    def id(self) -> str:
        """Its URN."""
        return self.address.urn(self.feature_type.sdm_type)


def state_body(entity: Entity, latest: Mapping[str, Observation]) -> bytes:
    """The entity as it is now. ``latest``: property → its newest observation; at least one."""
    return _encode(_filled(entity, latest, {"id": entity.id, "type": entity.feature_type.sdm_type}))


def said_body(entity: Entity, observations: Iterable[Observation], revision: int, producer: str = "") -> bytes:
    """What was observed of an entity at one time. A later statement on it has a higher revision and wins.

    ``producer``: the analytics that worked it out, "" for what a device has measured.
    """
    body: Json = {"id": entity.id, "type": entity.feature_type.sdm_type, "revision": revision}
    if producer:
        body["derivedBy"] = producer
    return _encode(_filled(entity, {one.property: one for one in observations}, body))


def _filled(entity: Entity, latest: Mapping[str, Observation], body: Json) -> Json:
    if entity.location is not None:
        body["location"] = point(entity.location)
    for observation in latest.values():
        name, attribute = attribute_of(entity.feature_type, observation)
        body[name] = attribute
    complete = REQUIRED.get(entity.feature_type.sdm_type)
    if complete is not None:
        for name, attribute in complete(entity, latest).items():
            body.setdefault(name, attribute)
    body.update(entity.facts)
    return body


def attribute_of(feature_type: FeatureType, observation: Observation) -> tuple[str, Json]:
    """Name and body of the attribute that an observation becomes."""
    name, factor, unit = _form(feature_type.name, observation.property)
    attribute: Json = {}
    if observation.quality not in WITHOUT_VALUE:
        attribute["value"] = published(observation.value, name, factor)
        attribute.update(unit)
    elif name in FLAG_WORDS:
        attribute["value"] = "unknown"  # the word of the type for a value that is not there
    attribute["observedAt"] = instant(observation.time_ns)
    if observation.interval_ns:
        attribute["observedUntil"] = instant(observation.time_ns + observation.interval_ns)
    attribute["quality"] = observation.quality
    if observation.reason:
        attribute["reason"] = observation.reason
    return name, attribute


def published(value: Value, name: str, factor: float) -> Value | int:
    """A value as the type wants it: words for states, fractions for percent, whole numbers without a point."""
    if isinstance(value, bool):
        return FLAG_WORDS[name][value] if name in FLAG_WORDS else value
    if isinstance(value, str):
        return value
    number = value if factor == 1 else float(f"{value * factor:.12g}")
    if name in INTEGERS:
        return round(number)
    return int(number) if abs(number) < EXACT_INTEGERS and number == int(number) else number


@lru_cache(maxsize=512)
def instant(time_ns: int) -> str:
    """RFC 3339 in UTC, to the microsecond: NGSI-LD allows no more. Cached: the values of a frame share their time."""
    return format_rfc3339(time_ns // 1_000 * 1_000)


def point(location: Location) -> Json:
    """GeoJSON: longitude before latitude."""
    coordinates = [round(location.longitude, COORDINATE_DECIMALS), round(location.latitude, COORDINATE_DECIMALS)]
    return {"type": "Point", "coordinates": coordinates}


OF_ANY_TYPE: Mapping[str, tuple[str, float]] = {"battery_percent": ("batteryLevel", 0.01)}
"""What a Smart Data Models Device says; other entities say it under the same name, in the same form."""
TAKEN = {"people_count": "peopleCountTotal"}
"""Names that a Smart Data Model uses for something else: its ``peopleCount`` is a count in an interval."""


def extension_name(name: str) -> str:
    """``battery_v`` becomes ``batteryV``: our own attribute for a property that the type lacks."""
    if name in TAKEN:
        return TAKEN[name]
    if name in OF_ANY_TYPE:
        return OF_ANY_TYPE[name][0]
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@cache
def _form(feature_type: str, name: str) -> tuple[str, float, Json]:
    """Attribute name, factor and unit of a property of a feature type."""
    row = PROPERTIES.get(name)
    attribute, factor = FEATURE_TYPES[feature_type].attributes.get(
        name, OF_ANY_TYPE.get(name, (extension_name(name), 1.0))
    )
    if row is None or row.kind in ("flag", "state"):
        return attribute, 1.0, {}
    if row.unit_code == "P1" and factor != 1:
        return attribute, factor, {"unitCode": "C62"}  # a fraction of one instead of percent
    return attribute, factor, {"unitCode": row.unit_code} if row.unit_code else {"unitText": row.unit}


def attribute_form(feature_type: str, name: str) -> tuple[str, Json]:
    """What a property is called there, and in which unit it is."""
    attribute, _, unit = _form(feature_type, name)
    return attribute, unit


# What a type requires beside what is measured: facts as plain values, relationships as {"object": urn}.


def _newest(latest: Mapping[str, Observation]) -> int:
    return max(observation.time_ns + observation.interval_ns for observation in latest.values())


def _date_observed(_entity: Entity, latest: Mapping[str, Observation]) -> Json:
    return {"dateObserved": instant(_newest(latest))}


def _parking_spot(entity: Entity, _latest: Mapping[str, Observation]) -> Json:
    """A bay without a pilot's word on it is taken to be on the street, and its pilot to be its site."""
    site = f"urn:ngsi-ld:OnStreetParking:{entity.address.city}:{entity.address.pilot}"
    return {
        "status": {"value": "unknown", "quality": "missing"},
        "category": ["onStreet"],
        "refParkingSite": {"object": site},
    }


def _waste_container(_entity: Entity, latest: Mapping[str, Observation]) -> Json:
    """Its status in the words of the type, as far as flags tell, the gravest first; and when it was last emptied."""
    found: Json = {}
    collected = latest.get("collected")
    if collected and collected.quality not in WITHOUT_VALUE and collected.value:
        at = instant(collected.time_ns)
        found["dateLastEmptying"] = {"value": at, "observedAt": at, "quality": collected.quality}
    flags = [one for one in map(latest.get, CONTAINER_STATUS) if one and one.quality not in WITHOUT_VALUE]
    if flags:
        status = next((CONTAINER_STATUS[flag.property] for flag in flags if flag.value), "ok")
        observed_at = instant(max(flag.time_ns for flag in flags))
        found["status"] = {"value": status, "observedAt": observed_at, "quality": "ok"}
    return found


def _bicycles(entity: Entity, latest: Mapping[str, Observation]) -> Json:
    kind = {"vehicleType": "bicycle"} if entity.feature_type.name == "bike-counter" else {}
    return kind | _date_observed(entity, latest)


def _parcel(entity: Entity, _latest: Mapping[str, Observation]) -> Json:
    return {"hasAgriParcel": {"object": entity.address.urn("AgriParcel")}}


def _noise(entity: Entity, latest: Mapping[str, Observation]) -> Json:
    begin = min(one.time_ns for one in latest.values() if one.time_ns + one.interval_ns == _newest(latest))
    span = {"dateObservedFrom": instant(begin), "dateObservedTo": instant(_newest(latest))}
    return span | _date_observed(entity, latest)


def _alternating_current(entity: Entity, latest: Mapping[str, Observation]) -> Json:
    return {"phaseType": {"value": "singlePhase", "quality": "estimated"}} | _date_observed(entity, latest)


def _street_light(_entity: Entity, latest: Mapping[str, Observation]) -> Json:
    out = latest.get("lamp_out")
    if out is None or out.quality in WITHOUT_VALUE:
        return {"status": {"value": "ok", "quality": "estimated"}}
    status = "defectiveLamp" if out.value else "ok"
    return {"status": {"value": status, "observedAt": instant(out.time_ns), "quality": out.quality}}


CONTROLLED = {
    "motion": "motion",
    "motion_count": "motion",
    "occupied": "occupancy",
    "fill_level_percent": "fillingLevel",
    "fill_level_clean_percent": "fillingLevel",
    "bicycles": "trafficFlow",
    "vehicles": "trafficFlow",
    "soil_moisture_percent": "soilMoisture",
    "soil_tension_kpa": "soilMoisture",
    "laeq_db": "noiseLevel",
    "pressure_hpa": "atmosphericPressure",
    "rain_mm": "precipitation",
    "wind_speed_m_s": "windSpeed",
    "wind_direction_deg": "windDirection",
    "solar_radiation_w_m2": "solarRadiation",
    "no2_ug_m3": "airPollution",
    "pm25_ug_m3": "airPollution",
    "pm10_ug_m3": "airPollution",
    "o3_ug_m3": "airPollution",
    "ph": "pH",
    "turbidity_ntu": "turbidity",
    "energy_import_interval_kwh": "electricityConsumption",
    "water_use_l": "waterConsumption",
    "tamper": "movementActivity",
    "fire": "smoke",
    "temperature_c": "temperature",
    "humidity_percent": "humidity",
    "illuminance_lx": "light",
    "water_level_m": "waterLevel",
    "battery_percent": "batteryLife",
    "battery_v": "batterySupply",
}
"""Property → the word of a Smart Data Models Device's ``controlledProperty``."""


def _device(entity: Entity, latest: Mapping[str, Observation]) -> Json:
    controlled = sorted({CONTROLLED[name] for name in latest if name in CONTROLLED})
    return {"controlledProperty": controlled} | _date_observed(entity, latest)


REQUIRED: Mapping[str, Callable[[Entity, Mapping[str, Observation]], Json]] = {
    "ParkingSpot": _parking_spot,
    "WasteContainer": _waste_container,
    "TrafficFlowObserved": _bicycles,
    "CrowdFlowObserved": _date_observed,
    "GreenspaceRecord": _date_observed,
    "AgriParcelRecord": _parcel,
    "AirQualityObserved": _date_observed,
    "NoiseLevelObserved": _noise,
    "WeatherObserved": _date_observed,
    "WaterQualityObserved": _date_observed,
    "ACMeasurement": _alternating_current,
    "Streetlight": _street_light,
    "Device": _device,
}
"""SDM type → what it wants beside the measured attributes. A test holds it against the official schemas."""
