"""Records to put into a book."""

from typing import Any

from gateway.downlinks.record import Record, State, Step
from pipelines.model import NS_PER_S

NOW_NS = 1_795_000_000 * NS_PER_S


def record(number: int, *states: State, at_ns: int = NOW_NS, **more: Any) -> Record:
    fields: dict[str, Any] = {
        "number": number,
        "key": f"key-{number}",
        "device": "a",
        "pilot": "p",
        "profile": "acme/one",
        "source": "lns",
        "network": "chirpstack-v4",
        "topic": "application/1/device/a/command/down",
        "like": b"{",
        "downlink": "pace",
        "values": {"interval": 20},
        "payload": b"\x01\x14",
        "f_port": 1,
        "by": "tester",
        "expires_ns": NOW_NS + 3_600 * NS_PER_S,
    }
    steps = tuple(Step(state, at_ns) for state in (states or ("asked",)))
    return Record(**fields | {"steps": steps} | more)
