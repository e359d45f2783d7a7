"""A gateway in this loop and devices that understand downlinks, behind a real Mosquitto and a strict network server."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.control import Reply, ask
from gateway.run import Gateway
from tests import servers
from tests.gateway.road import SetClock, until
from tests.gateway.whole import running
from tests.network_server import Command, NetworkServer
from tests.proofs import city

SENSOR = "24e124136b502217"
VALVE = "24e124460b502999"
GATE = "0004a30b00f1e2d3"
"""A gate without a timer of its own, of a profile that the operator wrote."""
OTHER = "0004a30b00f1e2d4"
SCRIPTED = "0004a30b00f1e2d5"
"""One whose codec.js writes its downlinks."""

TOPICS = {
    "chirpstack-v4": ["application/+/device/+/event/+"],
    "chirpstack-v3": ["application/+/device/+/event/+"],
    "tts-v3": [
        "v3/+/devices/+/up",
        "v3/+/devices/+/down/queued",
        "v3/+/devices/+/down/ack",
        "v3/+/devices/+/down/sent",
    ],
}
GATE_PROFILE = """
reporting_interval_s = 60
privacy_class = "B"
[identity]
vendor = "Acme"
model = "Gate"
title = "Acme gate without a timer"
[payload]
kind = "fixed"
fields = [{ field = "gate", type = "u8", map = { 0 = "closed", 1 = "open" } }]
[map]
gate = { property = "valve_open", values = { closed = false, open = true } }
[downlink.gate]
title = "Opens or closes the gate"
f_port = 3
bytes = [{ type = "u8", const = 7 }, { field = "gate", type = "u8", map = { 0 = "closed", 1 = "open" } }]
valve = { field = "gate", open = "open", closed = "closed" }
confirmed_by = { gate = "gate" }
"""
SCRIPTED_PROFILE = """
reporting_interval_s = 60
privacy_class = "A"
[identity]
vendor = "Acme"
model = "Scripted"
title = "Acme sensor with a codec"
[payload]
kind = "javascript"
[map]
temperature = { property = "temperature_c" }
[downlink.pace]
title = "How often it reports"
inputs = [{ field = "minutes", unit = "min", low = 1, high = 250 }]
codec_input = { command = "pace" }
confirmed_by = { minutes = "minutes" }
[[downlink.pace.examples]]
set = { minutes = 20 }
hex = "5014"
"""
SCRIPT = """
function decodeUplink(input) { return { data: { temperature: input.bytes[0], minutes: input.bytes[1] } }; }
function encodeDownlink(input) {
  if (input.data.command !== "pace") return { errors: ["no such command"] };
  return { bytes: [0x50, input.data.minutes], fPort: 12 };
}
"""
PERMISSION = """
[[permissions]]
what = "valve"
by = "Dienst Groen"
devices = ["{device}"]
max_open_minutes = 30
"""
DEVICES = {
    SENSOR: ("milesight-iot/em300-th", "weather-station/roof", "roof"),
    VALVE: ("milesight-iot/uc51x", "parcel/park", "park-valve"),
    GATE: ("acme/gate", "parcel/gate", "gate"),
    OTHER: ("acme/gate", "parcel/other", "other"),
    SCRIPTED: ("acme/scripted", "weather-station/script", "scripted"),
}


def pilot(*permissions: str) -> str:
    return city.PILOT.format(id="recordings") + "".join(permissions)


PERMITTED = (PERMISSION.format(device=VALVE.upper()), PERMISSION.format(device=GATE))


def write(folder: Path, port: int, dialect: str, *, permissions: tuple[str, ...] = PERMITTED, extra: str = "") -> None:
    """The operator's files."""
    profiles = folder / "profiles"
    for name, profile in (("gate", GATE_PROFILE), ("scripted", SCRIPTED_PROFILE)):
        (profiles / "acme" / name).mkdir(parents=True, exist_ok=True)
        (profiles / "acme" / name / "profile.toml").write_text(profile)
    (profiles / "acme" / "scripted" / "codec.js").write_text(SCRIPT)
    topics = ", ".join(f'"{topic}"' for topic in TOPICS[dialect])
    source = city.mqtt_source("lns", port, "@", dialect, extra=extra).replace('"@"', topics)
    source = source.replace("citygate-lns", f"citygate-{uuid.uuid4()}")  # the broker keeps sessions: each test its own
    config = city.config(source).replace('city = "grenoble"\n', 'city = "grenoble"\nprofiles_dir = "profiles"\n')
    (folder / "citygate.toml").write_text(config)
    devices = "".join(
        city.DEVICE.format(id=device, profile=profile, feature=feature).replace(
            f'name = "{feature}"', f'name = "{name}"'
        )
        for device, (profile, feature, name) in DEVICES.items()
    )
    for name, text in (("pilots/recordings", pilot(*permissions)), ("devices/all", devices)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.toml").write_text(text)


class Field:
    """The running gateway, its network server, and the clock on the wall."""

    def __init__(self, gateway: Gateway, network: NetworkServer, clock: SetClock) -> None:
        self.gateway, self.network, self.clock = gateway, network, clock

    async def heard(self, device: str, payload: bytes, *, f_port: int = 85) -> None:
        """A message of the device, refined."""
        ledger = self.gateway.logs.ledger
        before = ledger.readable_number
        await asyncio.to_thread(self.network.uplink, device, payload, f_port=f_port, at_ns=self.clock.now_ns)
        await until(lambda: ledger.readable_number > before)

    async def ask(self, device: str, _set: dict[str, str] | None = None, **more: Any) -> Reply:
        """The last reply to a wish."""
        question = {"device": device, "set": _set or {}, "by": "tester", **more}
        path = self.gateway.config.control_socket
        return (await asyncio.to_thread(lambda: list(ask(path, "downlink", **question))))[-1]

    async def says(self, event: str, device: str, command: Any, **more: Any) -> None:
        await asyncio.to_thread(lambda: self.network.says(event, device, command, **more))

    async def command(self, count: int = 1) -> Command:
        """What the network server has read; the newest, once there are so many."""
        return await asyncio.to_thread(self.network.next_command, count)

    def states(self, number: int) -> list[str]:
        post = self.gateway.downlinks._watch._post  # type: ignore[union-attr]
        return [step.state for step in post.book.records[number].steps]

    async def reaches(self, number: int, state: str) -> None:
        try:
            await until(lambda: self.states(number)[-1] == state)
        except TimeoutError:
            raise AssertionError(f"downlink {number} is {self.states(number)}, not {state}") from None


@contextlib.asynccontextmanager
async def field(folder: Path, broker: servers.Server, dialect: str = "chirpstack-v4") -> AsyncIterator[Field]:
    clock = SetClock(int(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()) * 10**9)
    with NetworkServer(broker.port, dialect) as network:
        async with running(folder, clock) as gateway:
            await until(lambda: gateway.events.counts["SourceConnected"])
            yield Field(gateway, network, clock)
