"""Plain JSON from any maker: the topic or a field names the device, a table maps fields to the vocabulary.

Laws
- With ``fields``, only what is declared is read; a declared field may be missing or null, but never of another type.
  With none, the whole object is handed on and the device's profile maps it.
- NaN, Infinity, 1e999, a name written twice, more than 32 levels or 512 keys are refused: such a body is a fault at its
  sender, and a guess would become a measurement.
- A time that is missing is no fault (the gateway's time stands in); one that cannot be right is (``implausible_time``).
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Literal

import msgspec

from pipelines.dialects.json_body import exceeds, quoted, read_json
from pipelines.dialects.plain_json_fields import FieldMapping, compile_fields, compile_path
from pipelines.instants import TimeFormat, epoch_ns, format_rfc3339, is_plausible, parse_rfc3339
from pipelines.model import Rejected, Uplink, Value

DEFAULT_TOPICS = ("sensors/+/up",)

LONGEST_DEVICE_ID = 128
LONGEST_TOPIC = 512
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a maker's JSON is read. Name the device by the topic, by a field, or by both (then the field counts).

    ``topic_template``: ``sensors/{device_id}/up``; other placeholders, ``+`` and a last ``#`` match anything.
    ``device_field``, ``time_field``: a path such as ``meta.id`` or ``samples[0].t``.
    ``fields``: path → property of the vocabulary, or a table {property, scale, offset, accept, words}.
    ``body = "bytes"``: the body is not JSON but the device's own bytes (a P1 telegram, SenML), which its profile reads.
    """

    topic_template: str = "sensors/{device_id}/up"
    device_field: str = ""
    time_field: str = ""
    time_format: TimeFormat = "rfc3339"
    fields: Mapping[str, str | FieldMapping] = {}
    body: Literal["json", "bytes"] = "json"


Template = Callable[[str], str | None]


def build(settings: Settings) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader with these settings. Raises ValueError when they cannot work."""
    if settings.body == "bytes":
        return _bytes_reader(settings)
    by_field = bool(settings.device_field)
    device_in_topic = _compile_template(settings.topic_template, needs_device=not by_field)
    device_in_body = compile_path(settings.device_field) if by_field else None
    time_in_body = compile_path(settings.time_field) if settings.time_field else None
    read_fields = compile_fields(settings.fields)

    def read(topic: str, body: bytes) -> Uplink | Rejected:
        tree = _read_tree(body)
        if type(tree) is Rejected:
            return tree
        try:
            device_id = _device_id(device_in_topic(topic) if device_in_body is None else device_in_body(tree))
            stamp = time_in_body(tree) if time_in_body is not None else None
            device_time_ns = _time(stamp, settings) if stamp is not None else None
            values = read_fields(tree) if settings.fields else None
        except ValueError as error:
            return Rejected("malformed", str(error))
        if device_time_ns is not None and not is_plausible(device_time_ns):
            return Rejected("implausible_time", f"{settings.time_field}: {quoted(stamp)}", device=device_id)
        return _uplink(device_id, device_time_ns, tree, values)

    return read


def _bytes_reader(settings: Settings) -> Callable[[str, bytes], Uplink | Rejected]:
    """A reader that hands on the body as it is; only the topic can name the device."""
    for name in ("device_field", "time_field", "fields"):
        if getattr(settings, name):
            raise ValueError(f'{name}: has no meaning with body = "bytes". Take it out')
    device_in_topic = _compile_template(settings.topic_template, needs_device=True)

    def read(topic: str, body: bytes) -> Uplink | Rejected:
        try:
            device_id = _device_id(device_in_topic(topic))
        except ValueError as error:
            return Rejected("malformed", str(error))
        return Uplink(device_id, payload=body) if body else Rejected("malformed", "an empty body", device=device_id)

    return read


def _uplink(
    device_id: str, device_time_ns: int | None, tree: object, values: dict[str, Value] | None
) -> Uplink | Rejected:
    if values is not None:
        if not values:
            return Rejected("no_readings", "none of the declared fields is in the body", device=device_id)
        return Uplink(device_id, device_time_ns=device_time_ns, decoded=values, fields_mapped=True)
    if not isinstance(tree, dict):
        return Rejected("malformed", f"expected an object, found {quoted(tree)}", device=device_id)
    return Uplink(device_id, device_time_ns=device_time_ns, decoded=tree)


def _compile_template(template: str, *, needs_device: bool) -> Template:
    """A function from topic to device id; the topics of a deployment are few, so answers are kept."""
    names = _PLACEHOLDER.findall(template)
    if needs_device and "device_id" not in names:
        raise ValueError("topic_template: has no {device_id}. Write one, or name a device_field")
    if len(names) != len(set(names)) or "{" in _PLACEHOLDER.sub("", template):
        raise ValueError(f"topic_template: {quoted(template)} has a placeholder twice or a stray brace")
    parts: list[str] = []
    for level in template.split("/"):
        if level == "#":
            parts.append(".*")
        elif level == "+":
            parts.append("[^/]+")
        else:
            pieces = _PLACEHOLDER.split(level)
            marked = [f"(?P<{piece}>[^/]+)" if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)]
            parts.append("".join(marked))
    pattern = re.compile("/".join(parts))

    @lru_cache(maxsize=16_384)
    def device_in_topic(topic: str) -> str:
        found = pattern.fullmatch(topic) if len(topic) <= LONGEST_TOPIC else None
        if found is None:
            raise ValueError(f"topic: {quoted(topic)} does not match {quoted(template)}")
        return found["device_id"]

    return device_in_topic


def _device_id(found: object) -> str:
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_DEVICE_ID or not found.isprintable():
        raise ValueError(f"device: expected 1 to {LONGEST_DEVICE_ID} printable characters, found {quoted(found)}")
    return found


def _time(stamp: object, settings: Settings) -> int:
    unit = settings.time_format
    fault = f"expected a time as {unit}"
    try:
        if unit == "rfc3339" and isinstance(stamp, str):
            return parse_rfc3339(stamp)
        if unit != "rfc3339" and (type(stamp) is int or type(stamp) is float):
            return epoch_ns(stamp, unit)
    except ValueError as error:
        fault = str(error)
    raise ValueError(f"{settings.time_field}: {fault}, found {quoted(stamp)}")


_DECODER = msgspec.json.Decoder()


def _read_tree(body: bytes) -> object | Rejected:
    """Any JSON value within the caps and without a name written twice."""
    too_large = exceeds(body)
    if too_large is not None:
        return too_large
    tree = read_json(_DECODER, body)
    if not isinstance(tree, (dict, list)):
        return tree
    # Without white space before a colon, `":` ends each name: as many as distinct names means none is there twice
    # (were one inside a text, the count would be higher). Every other body is read again, name by name.
    spaced = b" :" in body or b"\t:" in body or b"\n:" in body or b"\r:" in body
    if not spaced and body.count(b'":') == _names(tree):
        return tree
    twice: list[str] = []

    def see(pairs: list[tuple[str, object]]) -> dict[str, object]:
        seen: dict[str, object] = {}
        for name, value in pairs:
            if name in seen:
                twice.append(name)
            seen[name] = value
        return seen

    json.loads(body, object_pairs_hook=see, parse_int=str, parse_float=str)
    return Rejected("malformed", f"the name {quoted(twice[0])} stands twice in one object") if twice else tree


def _names(tree: object) -> int:
    """How many names the objects of a tree have, each object's counted once."""
    names = 0
    values: Iterable[object] = ()
    if isinstance(tree, dict):
        names, values = len(tree), tree.values()
    elif isinstance(tree, list):
        values = tree
    for value in values:
        kind = type(value)
        if kind is dict or kind is list:
            names += _names(value)
    return names


def write(uplink: Uplink, *, topic_template: str = "sensors/{device_id}/up") -> tuple[str, bytes]:
    """A message as a small device writes it: its values, and ``time`` where it has a clock."""
    body = dict(uplink.decoded or {})
    if uplink.device_time_ns is not None:
        body["time"] = format_rfc3339(uplink.device_time_ns)
    return topic_template.replace("{device_id}", uplink.device_id), msgspec.json.encode(body)
