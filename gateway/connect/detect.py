"""Which dialect do these messages speak? Tried out, not assumed: each dialect reads them, the best one is taken.

Plain JSON needs to know where device and time stand: found by what varies in the topics and by customary names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pipelines.dialects import DIALECTS, build_dialect
from pipelines.instants import NS_PER_UNIT, epoch_ns, is_plausible, parse_rfc3339
from pipelines.model import Uplink

Message = tuple[str, bytes]

KINDS: Mapping[str, Sequence[str]] = {
    "chirpstack": ("chirpstack-v4", "chirpstack-v3"),
    "tts": ("tts-v3",),
    "mqtt": ("chirpstack-v4", "chirpstack-v3", "tts-v3", "helium"),
}
"""What the operator says it is → the dialects to try, the likelier first."""
LOOKED_AT = 2_000
DEVICE_FIELDS = ("dev_eui", "devEUI", "devEui", "deviceId", "device_id", "deviceID", "device", "serial", "mac", "imei")
TIME_FIELDS = ("time", "timestamp", "ts", "datetime", "measured_at", "observed_at", "date")
MOST_LEVELS = 16


class Detection(msgspec.Struct, frozen=True):
    """A way to read what came. ``read`` of ``looked_at`` messages were understood."""

    dialect: str
    topics: Sequence[str]
    settings: Mapping[str, Any]
    read: int
    looked_at: int


def filters_of(kind: str) -> list[str]:
    """What to subscribe to in order to find out."""
    if kind == "mqtt":
        return ["#"]
    return sorted({topic for name in KINDS[kind] for topic in DIALECTS[name].default_topics})


def detect(kind: str, messages: Sequence[Message]) -> Detection | None:
    """The dialect that reads most of what came; None where nothing does."""
    looked_at = list(messages[:LOOKED_AT])
    best: Detection | None = None
    for name in KINDS[kind]:
        read = count_read(name, {}, looked_at)
        if read and (best is None or read > best.read):
            best = Detection(name, _default_topics(name, looked_at), {}, read, len(looked_at))
    if best is None and kind == "mqtt":
        best = _plain(looked_at)
    return best


def count_read(dialect: str, settings: Mapping[str, Any], messages: Sequence[Message]) -> int:
    """How many messages a dialect reads."""
    return len(uplinks(dialect, settings, messages))


def uplinks(dialect: str, settings: Mapping[str, Any], messages: Sequence[Message]) -> list[Uplink]:
    """What a dialect reads of the messages."""
    read = build_dialect(dialect, settings)
    found = (read(topic, body) for topic, body in messages)
    return [one for one in found if isinstance(one, Uplink)]


def _default_topics(dialect: str, messages: Sequence[Message]) -> list[str]:
    """The dialect's own filters, behind the prefix that its topics have here.

    All of them: joins, device status and what became of a downlink are rare, a minute of listening seldom has one.
    """
    found: set[str] = set()
    for filters in _families(DIALECTS[dialect].default_topics):
        prefixes = {prefix for topic, _ in messages if (prefix := _prefix(filters, topic)) is not None}
        found |= {prefix + one for prefix in prefixes or {""} for one in filters}
    came = any(_prefix([one], topic) is not None for topic, _ in messages for one in DIALECTS[dialect].default_topics)
    return sorted(found) if came else sorted({_generalised(topic) for topic, _ in messages})[:8]


def _families(filters: Sequence[str]) -> Sequence[Sequence[str]]:
    """Topics of devices and of LoRa gateways: programs of their own publish them, each with a prefix of its own."""
    of_gateways = [one for one in filters if "gateway/" in one]
    of_devices = [one for one in filters if one not in of_gateways]
    return [family for family in (of_devices, of_gateways) if family]


def _prefix(filters: Sequence[str], topic: str) -> str | None:
    """What stands before the part that a filter describes, "" for nothing; None where no filter describes the end."""
    given = topic.split("/")
    for before in range(len(given)):
        if any(_matches(one, given[before:]) for one in filters):
            return _generalised("/".join(given[:before])) + "/" if before else ""
    return None


def _matches(topic_filter: str, given: Sequence[str]) -> bool:
    wanted = topic_filter.split("/")
    return len(wanted) == len(given) and all(one in ("+", other) for one, other in zip(wanted, given, strict=True))


def _generalised(topic: str) -> str:
    """The filter of a topic: levels that name an application or a device become ``+``."""
    return "/".join("+" if any(mark.isdigit() for mark in level) else level for level in topic.split("/"))


def _plain(messages: Sequence[Message]) -> Detection | None:
    """Plain JSON: the objects that have a device in a field or, most often, in the topic."""
    objects = [(topic, body, tree) for topic, body in messages if isinstance(tree := _tree(body), dict)]
    if not objects:
        return None
    levels = Counter(topic.count("/") for topic, _, _ in objects).most_common(1)[0][0]
    alike = [(topic, body, tree) for topic, body, tree in objects if topic.count("/") == levels]
    template = _template([topic for topic, _, _ in alike])
    settings: dict[str, Any] = {"topic_template": template}
    field = next((name for name in DEVICE_FIELDS if all(_is_name(tree.get(name)) for _, _, tree in alike)), None)
    if field is not None:
        settings = {"device_field": field}
    stamp = next((found for name in TIME_FIELDS if (found := _time_format(name, [t for _, _, t in alike]))), None)
    if stamp is not None:
        settings |= {"time_field": stamp[0], "time_format": stamp[1]}
    topic_filter = "/".join("+" if "{" in level else level for level in template.split("/"))
    read = count_read("plain-json", settings, messages)
    return Detection("plain-json", [topic_filter], settings, read, len(messages)) if read else None


def _tree(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 64  # noqa: PLR2004 - longer is no id


def _template(topics: Sequence[str]) -> str:
    """``sensors/{device_id}/up``: the level that varies most is the device, others that vary become ``+``."""
    split = [topic.split("/")[:MOST_LEVELS] for topic in topics]
    distinct = [len({levels[at] for levels in split}) for at in range(len(split[0]))]
    device = max(range(len(distinct)), key=lambda at: (distinct[at], any(map(str.isdigit, split[0][at])), at))
    return "/".join(
        "{device_id}" if at == device else "+" if distinct[at] > 1 else level for at, level in enumerate(split[0])
    )


def _time_format(name: str, trees: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """(field, format) where every object has a plausible time there."""
    values = [tree.get(name) for tree in trees]
    if all(isinstance(value, str) and _is_rfc3339(value) for value in values):
        return name, "rfc3339"
    for unit in NS_PER_UNIT:
        if all(type(value) in (int, float) and _is_epoch(value, unit) for value in values):
            return name, unit
    return None


def _is_rfc3339(text: str) -> bool:
    try:
        return is_plausible(parse_rfc3339(text))
    except ValueError:
        return False


def _is_epoch(value: Any, unit: str) -> bool:
    try:
        return is_plausible(epoch_ns(value, unit))
    except ValueError:
        return False
