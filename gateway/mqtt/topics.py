"""Topic names and topic filters (MQTT 5.0 and 3.1.1 §4.7): what may be published to, what may be subscribed to."""

from gateway.mqtt.wire import MOST_TEXT_BYTES


def check_name(topic: str) -> None:
    """Raises ValueError unless this can be published to."""
    _check_size(topic)
    if not topic:
        raise ValueError("a topic needs at least one character")
    if "+" in topic or "#" in topic or "\0" in topic:
        raise ValueError(f"{topic[:80]!r} is no topic to publish to: +, # and U+0000 are not allowed")


def check_filter(topic_filter: str) -> None:
    """Raises ValueError unless this can be subscribed to; says what is wrong with it."""
    _check_size(topic_filter)
    if not topic_filter:
        raise ValueError("a topic filter needs at least one character")
    if "\0" in topic_filter:
        raise ValueError(f"{topic_filter[:80]!r}: a topic filter cannot hold U+0000")
    levels = topic_filter.split("/")
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        raise ValueError(f"{topic_filter[:80]!r}: # may only stand alone, as the last level")
    if any("+" in level and level != "+" for level in levels):
        raise ValueError(f"{topic_filter[:80]!r}: + may only stand alone in its level")
    if levels[0] == "$share" and (len(levels) < 3 or not levels[1]):  # noqa: PLR2004 - $share, name, filter
        raise ValueError(f"{topic_filter[:80]!r}: write $share/<name>/<filter>")


def matches(topic_filter: str, topic: str) -> bool:
    """Does a message on this topic come to who subscribes to this filter (MQTT 5.0 §4.7)?"""
    levels = topic_filter.split("/")
    if levels[0] == "$share":
        levels = levels[2:]
    names = topic.split("/")
    if names[0].startswith("$") and levels[0] in {"#", "+"}:
        return False
    if levels[-1] == "#":
        levels = levels[:-1]
        names = names[: len(levels)]
    return len(levels) == len(names) and all(level in {"+", name} for level, name in zip(levels, names, strict=True))


def _check_size(topic: str) -> None:
    if len(topic.encode()) > MOST_TEXT_BYTES:
        raise ValueError(f"{topic[:80]!r} … is longer than {MOST_TEXT_BYTES} bytes")
