"""SenML (RFC 8428) in JSON and in CBOR: records with base values → readings.

Laws
- A reading is called by its record's own name ("temperature"); without one by the base name.
- A time from 2**28 s on is an instant, below it is relative to the uplink (§4.5.3).
- A record with a label that must be understood (it ends in "_", §4.4) or a later version refuses the whole pack.
- The unit that a record states is not compared: the profile's map says in which unit a name comes.
"""

import math
from collections.abc import Callable, Mapping

import msgspec

from pipelines.decoders.cbor import read_cbor, write_cbor
from pipelines.layout.notation import Reading
from pipelines.layout.read import Unreadable
from pipelines.layout.write import Given, Unwritable

_LABELS = {  # §6, table 4
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
_BASES = ("bn", "bt", "bv", "bs")
_NUMBERS = ("bt", "bv", "bs", "v", "s", "t")
_LATEST_VERSION = 10
_FIRST_INSTANT_S = 2**28
_LAST_INSTANT_S = 2**33  # the year 2242: later ones would not fit nanoseconds in 64 bits
MAX_RECORDS = 512

_JSON = msgspec.json.Decoder()


def decode_json(payload: bytes, _f_port: int | None = None) -> list[Reading]:
    """The readings of a pack in JSON. Raises Unreadable."""
    try:
        pack = _JSON.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(f"no JSON: {str(error)[:80]}") from error
    return _readings(pack, lambda label: label if isinstance(label, str) else None)


def decode_cbor(payload: bytes, _f_port: int | None = None) -> list[Reading]:
    """The readings of a pack in CBOR. Raises Unreadable."""
    return _readings(read_cbor(payload), lambda label: _LABELS.get(label) if isinstance(label, int) else str(label))


def encode_json(readings: Mapping[str, Given], _f_port: int | None = None) -> bytes:
    """A pack with one record for each reading. Raises Unwritable."""
    return msgspec.json.encode([{"n": name, **_value(name, value)} for name, value in readings.items()])


def encode_cbor(readings: Mapping[str, Given], _f_port: int | None = None) -> bytes:
    """The same in CBOR, labels as numbers. Raises Unwritable."""
    numbers = {word: number for number, word in _LABELS.items()}
    records = [
        {0: name, **{numbers[label]: one for label, one in _value(name, value).items()}}
        for name, value in readings.items()
    ]
    try:
        return write_cbor(records)
    except ValueError as error:
        raise Unwritable(str(error)) from error


def _value(name: str, value: Given) -> dict[str, Given]:
    match value:
        case bool():
            return {"vb": value}
        case str():
            return {"vs": value}
        case int() | float() if math.isfinite(value):
            return {"v": value}
    raise Unwritable(f"{name[:40]}: a finite number, a text or a flag is needed")


def _readings(pack: object, label_of: Callable[[object], str | None]) -> list[Reading]:
    if not isinstance(pack, list) or not pack:
        raise Unreadable("a SenML pack is a list of records, at least one")
    if len(pack) > MAX_RECORDS:
        raise Unreadable(f"{len(pack)} records; at most {MAX_RECORDS} are read")
    base: dict[str, object] = {}
    readings: list[Reading] = []
    for place, raw in enumerate(pack):
        if not isinstance(raw, dict):
            raise Unreadable(f"record {place}: not a table")
        record = _labelled(raw, label_of, place)
        base |= {label: record[label] for label in _BASES if label in record}
        readings += _of_record(record, base, place)
    return readings


def _labelled(raw: Mapping[object, object], label_of: Callable[[object], str | None], place: int) -> dict[str, object]:
    record: dict[str, object] = {}
    for key, value in raw.items():
        label = label_of(key)
        if label is None:
            continue  # a number that the RFC does not give: may be passed over
        if label.endswith("_"):
            raise Unreadable(f"record {place}: label {label[:20]!r} must be understood, and is not")
        if label in _NUMBERS and not _is_number(value):
            raise Unreadable(f"record {place}: {label} is not a finite number")
        if label == "bver" and (not _is_number(value) or value > _LATEST_VERSION):  # type: ignore[operator] # checked
            raise Unreadable(f"record {place}: version {str(value)[:20]} is not known, up to {_LATEST_VERSION} is")
        record[label] = value
    return record


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def _of_record(record: Mapping[str, object], base: Mapping[str, object], place: int) -> list[Reading]:
    own = record.get("n") or base.get("bn")
    found: list[tuple[str, float | bool | str]] = []
    if "v" in record:
        found.append(("", _sum(record["v"], base.get("bv"))))
    elif isinstance(record.get("vb"), bool):
        found.append(("", bool(record["vb"])))
    elif isinstance(record.get("vs"), str):
        found.append(("", str(record["vs"])))
    if "s" in record:
        found.append((".sum", _sum(record["s"], base.get("bs"))))
    if not found:
        return []  # base values alone, or data that is no measurement
    if not isinstance(own, str):
        raise Unreadable(f"record {place}: neither n nor bn says what the value is")
    time_s = float(_sum(record.get("t", 0), base.get("bt")))
    if time_s >= _FIRST_INSTANT_S:
        if time_s >= _LAST_INSTANT_S:
            raise Unreadable(f"record {place}: the time {time_s:.0f} s lies behind the year 2242")
        return [Reading(own + suffix, value, 0.0, round(time_s * 1e6) * 1_000) for suffix, value in found]
    return [Reading(own + suffix, value, -time_s if time_s else 0.0) for suffix, value in found]


def _sum(value: object, base: object) -> float:
    assert isinstance(value, (int, float))  # checked when the record was labelled
    return value + base if isinstance(base, (int, float)) else value
