"""Observations for OGC SensorThings 1.1 clients: one Datastream per attribute of an entity.

Its id is a number made from the entity's address and the property: the same after every restart, on every gateway.
Source of the names: OGC 18-088, SensorThings API Part 1: Sensing 1.1, table 11.
"""

import hashlib
from functools import lru_cache
from typing import Any

import msgspec

from pipelines.encodings.ngsi_ld import WITHOUT_VALUE, instant
from pipelines.encodings.topics import Address
from pipelines.model import Observation
from pipelines.vocabulary import PROPERTIES

ID_BYTES = 6
"""48 bits: below 2⁵³, so that every JSON reader keeps it whole."""

_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=16_384)
def datastream_id(address: Address, name: str) -> int:
    """The number of the Datastream of a property of an entity."""
    words = f"{address.city}/{address.domain}/{address.pilot}/{address.entity}/{name}"
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=ID_BYTES).digest(), "big")


def observation_body(observation: Observation, revision: int, result_ns: int) -> bytes:
    """One Observation. ``result_ns``: when its value came to be known; ``result`` is null where none may be told."""
    phenomenon = instant(observation.time_ns)
    if observation.interval_ns:
        phenomenon = f"{phenomenon}/{instant(observation.time_ns + observation.interval_ns)}"
    body: dict[str, Any] = {
        "phenomenonTime": phenomenon,
        "resultTime": instant(result_ns),
        "result": None if observation.quality in WITHOUT_VALUE else observation.value,
        "resultQuality": {"quality": observation.quality, "reason": observation.reason},
        "parameters": {
            "property": observation.property,
            "unitOfMeasurement": PROPERTIES[observation.property].unit,
            "revision": revision,
        },
    }
    return _encode(body)
