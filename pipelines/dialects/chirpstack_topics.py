"""ChirpStack names an event by its topic or path, never in its body; v3 and v4 agree on the words."""

from typing import Literal

from pipelines.dialects.json_body import quoted

Kind = Literal["uplink", "status", "notice"]

EVENTS: dict[str, Kind] = {
    "up": "uplink",
    "rx": "uplink",  # before v3.10 the topic ended in rx
    "status": "status",
    "join": "notice",
    "ack": "notice",
    "txack": "notice",
    "error": "notice",  # v3
    "log": "notice",  # v4
    "location": "notice",
    "integration": "notice",
}


def kind_of(topic: str) -> Kind:
    """What an event is to us: the last level of its MQTT topic, or ``?event=`` of its path. Raises ValueError."""
    kind = EVENTS.get(topic.rpartition("/")[2])
    if kind is not None:
        return kind
    for part in topic.partition("?")[2].split("&"):
        name, _, value = part.partition("=")
        if name == "event" and value in EVENTS:
            return EVENTS[value]
    raise ValueError(f"topic: expected it to end in one of {', '.join(EVENTS)}, found {quoted(topic)}")


def event_topic(application: str, device_id: str, kind: Kind) -> str:
    """The topic that ChirpStack gives an event of this kind; a notice is written as a join."""
    event = {"uplink": "up", "status": "status", "notice": "join"}[kind]
    return f"application/{application}/device/{device_id}/event/{event}"
