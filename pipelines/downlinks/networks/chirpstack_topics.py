"""ChirpStack's topics, v3 and v4: where a device's commands go, and which event a message is."""

import re

from pipelines.downlinks.notation import Unsendable

_DEVICE = re.compile(
    r"(?P<to>(?:.*/)?application/[^/]+/device/[^/]+)/(?:event/(?P<event>[a-z]+)|(?P<old>rx|ack|error|join|status|tx))"
)


def command_topic(topic: str) -> str:
    """Where commands to the device of this message go.

    ``…/event/up`` → ``…/command/down``; releases before v3.10 say ``…/rx`` and listen on ``…/tx``. Raises Unsendable.
    """
    found = _DEVICE.fullmatch(topic)
    if found is None:
        raise Unsendable(
            f"the device was last heard on {topic[:80]!r}, which is no event topic of ChirpStack",
            "Downlinks need an MQTT source on application/+/device/+/event/+",
        )
    return found["to"] + ("/command/down" if found["event"] else "/tx")


def dev_eui_of(command: str) -> str:
    """The DevEUI as the topic spells it: ChirpStack 4 refuses a command whose body names another."""
    return command.rpartition("/device/")[2].partition("/")[0]


def receipt_topics(command: str) -> tuple[str, ...]:
    """Where ChirpStack says what became of commands on this topic."""
    if command.endswith("/tx"):
        return (command.removesuffix("tx") + "ack",)
    device = command.removesuffix("/command/down")
    return f"{device}/event/ack", f"{device}/event/txack"


def event_of(topic: str) -> str:
    """``up``, ``ack``, ``txack`` …; "" for other topics."""
    found = _DEVICE.fullmatch(topic)
    return (found["event"] or found["old"]) if found else ""
