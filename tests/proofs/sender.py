"""An independent publisher: paho-mqtt at QoS 1, which counts the broker's PUBACKs and knows what each was for."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ANSWER_WITHIN_S = 60.0


class Sender:
    """``with Sender(port) as sender: sender.send(topic, body)``; leaving waits until everything has its PUBACK."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.max_inflight_messages_set(1_000)
        self._client.max_queued_messages_set(0)
        self._client.on_publish = self._on_puback
        self.sent = self.acknowledged = 0

    def _on_puback(self, _client: Any, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
        assert not reason.is_failure, reason
        self.acknowledged += 1

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.drain()
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def send(self, topic: str, body: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, body, qos=1, retain=retain)
        self.sent += 1

    def drain(self) -> None:
        """Wait until the broker has acknowledged everything."""
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while self.acknowledged < self.sent:
            assert time.monotonic() < deadline, f"{self.sent - self.acknowledged} messages without PUBACK"
            time.sleep(0.01)


class Stream(threading.Thread):
    """Sends ``make(0), make(1) …`` at a steady rate beside the test until ``end`` is called."""

    def __init__(self, port: int, make: Callable[[int], tuple[str, bytes]], *, per_s: float) -> None:
        super().__init__(name="stream", daemon=True)
        self._port, self._make, self._per_s = port, make, per_s
        self._ends = threading.Event()
        self.accepted = 0
        """How many of them the broker acknowledged: the first so many."""

    def run(self) -> None:
        with Sender(self._port) as sender:
            began = time.monotonic()
            while not self._ends.is_set():
                due = int((time.monotonic() - began) * self._per_s)
                for number in range(sender.sent, due):
                    sender.send(*self._make(number))
                time.sleep(0.005)
            sender.drain()
            self.accepted = sender.acknowledged

    def end(self) -> int:
        """No further message; returns how many the broker has accepted."""
        self._ends.set()
        self.join(ANSWER_WITHIN_S + 10)
        assert not self.is_alive(), "the broker does not acknowledge"
        return self.accepted
