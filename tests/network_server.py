"""A network server as strict about downlinks as the real ones: it hears commands, and can say what became of them.

ChirpStack v4 reads a command only when devEui is the topic's and the id is a UUID; v3 and The Things Stack have shapes
of their own. What does not fit is kept in ``refused``: the servers drop it with a line in their log.
"""

import base64
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from pipelines.dialects import write_uplink
from pipelines.model import Uplink
from tests.gateway_process import wait_until

COMMANDS = ("application/+/device/+/command/+", "v3/+/devices/+/down/push", "v3/+/devices/+/down/replace")


class CommandV4(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    dev_eui: str
    f_port: int
    data: bytes
    id: str = ""
    confirmed: bool = False
    expires_at: str = ""


class CommandV3(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    f_port: int
    data: bytes
    confirmed: bool = False


class DownlinkTts(msgspec.Struct, forbid_unknown_fields=True):
    f_port: int
    frm_payload: bytes
    priority: str = "NORMAL"
    confirmed: bool = False
    correlation_ids: list[str] = []


class PushTts(msgspec.Struct, forbid_unknown_fields=True):
    downlinks: list[DownlinkTts]


@dataclass
class Command:
    """One downlink as the server read it."""

    topic: str
    payload: bytes
    f_port: int
    confirmed: bool
    key: str = ""
    expires_at: str = ""
    priority: str = ""


@dataclass
class NetworkServer:
    """``with NetworkServer(port, "chirpstack-v4") as server: …``"""

    port: int
    dialect: str
    commands: list[Command] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    f_cnt: int = 0
    _answering: threading.Thread | None = None
    answers: bool = False
    """A device acknowledges each command by itself, and says a new reporting interval back as Milesight's do."""

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in COMMANDS])
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", self.port)
        self._client.loop_start()
        assert ready.wait(10), "the broker does not answer the network server"
        return self

    def __exit__(self, *_: object) -> None:
        if self._answering is not None:
            self._answering.join(10)
        self._client.disconnect()
        self._client.loop_stop()

    def uplink(self, device: str, payload: bytes, *, f_port: int = 85, at_ns: int) -> None:
        """A device's message, in the true shape of this network server."""
        self.f_cnt += 1
        session = "01234567"
        up = Uplink(device, payload=payload, f_port=f_port, f_cnt=self.f_cnt, session=session, network_time_ns=at_ns)
        self.publish(*write_uplink(self.dialect, up))

    def says(self, event: str, device: str, command: Command, **more: Any) -> None:
        """An event about a downlink: ``ack``, ``txack``, ``log`` of ChirpStack; ``queued``, ``ack`` … of TTS."""
        if self.dialect == "tts-v3":
            self._says_tts(event, device, command)
            return
        base = command.topic.removesuffix("command/down")
        body: dict[str, Any] = {"devEUI": device, "applicationID": "1"}
        if self.dialect == "chirpstack-v4":
            body = {"deviceInfo": {"devEui": device, "applicationId": "x"}, "queueItemId": command.key}
        if event == "log":
            body = {"deviceInfo": body["deviceInfo"], "context": {"queue_item_id": command.key}}
        self.publish(f"{base}event/{event}", json.dumps(body | more).encode())

    def publish(self, topic: str, body: bytes) -> None:
        self._client.publish(topic, body, qos=1).wait_for_publish(10)

    def next_command(self, count: int = 1) -> Command:
        """The newest, once there are so many."""
        wait_until(lambda: len(self.commands) >= count or bool(self.refused), within_s=15, what=f"{count} commands")
        assert self.refused == []
        return self.commands[count - 1]

    def _says_tts(self, event: str, device: str, command: Command) -> None:
        told: dict[str, Any] = {
            "f_port": command.f_port,
            "frm_payload": base64.b64encode(command.payload).decode(),
            "confirmed": True,
            "correlation_ids": [f"citygate:{command.key}", "as:downlink:01H8"],
        }
        said = {"downlink": told, "error": {"message_format": "too late"}} if event == "failed" else told
        ids = {"device_id": f"eui-{device}", "dev_eui": device.upper()}
        body = {"end_device_ids": ids, "received_at": "2026-11-22T10:00:00Z", f"downlink_{event}": said}
        topic = command.topic.rpartition("/")[0] + f"/{event}"
        self.publish(topic, json.dumps(body).encode())

    def _take(self, _client: Any, _userdata: Any, message: Any) -> None:
        try:
            command = self._read(message.topic, message.payload)
            self.commands.append(command)
            if self.answers:
                device = message.topic.split("/")[3].removeprefix("eui-")
                self._answering = threading.Thread(target=self._answer, args=(device, command))
                self._answering.start()
        except (msgspec.DecodeError, ValueError, AssertionError) as error:
            self.refused.append(f"{message.topic}: {error}: {message.payload[:200]!r}")

    def _answer(self, device: str, command: Command) -> None:
        """Away from the client's own thread, which must go on reading."""
        self.says("ack", device, command, acknowledged=True)
        time.sleep(0.7)  # the device speaks again a little later
        self.uplink(device, b"\xfe" + command.payload[1:], at_ns=time.time_ns())

    def _read(self, topic: str, body: bytes) -> Command:
        levels = topic.split("/")
        if self.dialect == "chirpstack-v4":
            four = msgspec.json.decode(body, type=CommandV4)
            assert four.dev_eui == levels[3], "payload dev_eui does not match topic dev_eui"
            key = str(uuid.UUID(four.id))
            return Command(topic, four.data, four.f_port, four.confirmed, key, four.expires_at)
        if self.dialect == "chirpstack-v3":
            three = msgspec.json.decode(body, type=CommandV3)
            return Command(topic, three.data, three.f_port, three.confirmed)
        pushed = msgspec.json.decode(body, type=PushTts)
        assert len(pushed.downlinks) == 1
        one = pushed.downlinks[0]
        key = next(word.removeprefix("citygate:") for word in one.correlation_ids)
        return Command(topic, one.frm_payload, one.f_port, one.confirmed, key, "", one.priority)
