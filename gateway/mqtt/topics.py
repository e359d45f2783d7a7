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


def _check_size(topic: str) -> None:
    if len(topic.encode()) > MOST_TEXT_BYTES:
        raise ValueError(f"{topic[:80]!r} … is longer than {MOST_TEXT_BYTES} bytes")
