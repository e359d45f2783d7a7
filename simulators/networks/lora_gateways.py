"""LoRa gateways as things: what their forwarder publishes of them, and what is true of them.

Statistics come every ``stats_s`` (30 s is ChirpStack's own default; scenarios take minutes, which keeps them small).
Packets heard are Poisson, ``PACKETS_PER_MIN`` of this city's devices and of everybody else's, of which a share has a
wrong checksum: an assumption of usual size. Of one that dies the broker tells the loss of its connection, by its will,
one and a half keep-alives later; while it is dead nothing comes, and what only it hears is lost.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence

from pipelines.dialects.chirpstack_gateway import write_gateway
from pipelines.model import Uplink
from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.faults.lora_gateway_dead import Deaths
from simulators.networks.frame import Message
from simulators.signals import Truth

PACKETS_PER_MIN = 24.0
WRONG_SHARE = 0.12
SENT_SHARE = 0.05
NEVER_NS = 1 << 62
KEEP_ALIVE_NS = 30 * NS_PER_S
"""Of ChirpStack's forwarder."""

SAYS = {"chirpstack-v4": "eu868/", "chirpstack-v3": ""}
"""Dialects whose LoRa gateways speak for themselves, and what stands before their topics."""

Behind = Callable[[str, tuple[str, ...]], Sequence[str]]
"""(dead, all that are dead) → features of the devices that only the dead one hears."""


class Things:
    """The LoRa gateways of a run that somebody has written down. ``tell``: takes truths."""

    def __init__(
        self, gateways: Sequence[SimulatedDevice], *, dialect: str, stats_s: float, seed: int, deaths: Deaths | None
    ) -> None:
        self._gateways = gateways if dialect in SAYS else ()
        self._prefix = SAYS.get(dialect, "")
        self._every_ns = int(stats_s * NS_PER_S)
        self._seed = seed
        self._deaths = deaths

    def messages(
        self, start_ns: int, end_ns: int | None, behind: Behind, tell: Callable[[Truth], None]
    ) -> Iterator[Message]:
        """What they publish, in order of time; without end if ``end_ns`` is None."""
        streams = [
            self._of(gateway, start_ns + number * NS_PER_S, behind, tell)
            for number, gateway in enumerate(self._gateways)
        ]
        for message in heapq.merge(*streams, key=_at):
            if end_ns is not None and message.at_ns >= end_ns:
                return
            yield message

    def _of(
        self, gateway: SimulatedDevice, start_ns: int, behind: Behind, tell: Callable[[Truth], None]
    ) -> Iterator[Message]:
        rng = random.Random(f"{self._seed}/lora-gateway/{gateway.dev_eui}")
        yield self._message(start_ns, gateway, {"state": "ONLINE"})
        at_ns, deaths = start_ns, self._deaths
        while True:
            packets = self._packets(rng)
            died_ns, back_ns = (NEVER_NS, NEVER_NS) if deaths is None else deaths.next_of(gateway.dev_eui, at_ns)
            at_ns += self._every_ns
            if deaths is None or died_ns > at_ns:
                yield self._message(at_ns, gateway, packets)
                continue
            features = behind(gateway.dev_eui, deaths.dead(died_ns))
            tell(Truth(died_ns, gateway.feature, "gateway_offline", value=True))
            tell(Truth(died_ns, gateway.feature, "devices_behind_names", ", ".join(features)))
            if (will_ns := died_ns + KEEP_ALIVE_NS * 3 // 2) < back_ns:
                yield self._message(will_ns, gateway, {"state": "OFFLINE"})
            yield self._message(back_ns, gateway, {"state": "ONLINE"})
            tell(Truth(back_ns, gateway.feature, "gateway_offline", value=False))
            at_ns = back_ns

    def _message(self, at_ns: int, gateway: SimulatedDevice, decoded: dict[str, object]) -> Message:
        time_ns = None if "state" in decoded else at_ns
        topic, body = write_gateway(Uplink(gateway.dev_eui, network_time_ns=time_ns, decoded=decoded))
        return Message(at_ns, self._prefix + topic.partition("/")[2], body, gateway.dev_eui)

    def _packets(self, rng: random.Random) -> dict[str, object]:
        mean = PACKETS_PER_MIN * self._every_ns / (60 * NS_PER_S)
        heard = max(0, round(rng.gauss(mean, mean**0.5)))  # Poisson by its normal form: means are 10 and more
        wrong = sum(rng.random() < WRONG_SHARE for _ in range(heard))
        sent = sum(rng.random() < SENT_SHARE for _ in range(heard - wrong))
        return {
            "rxPacketsReceived": heard,
            "rxPacketsReceivedOk": heard - wrong,
            "txPacketsReceived": sent,
            "txPacketsEmitted": sent,
        }


def _at(message: Message) -> int:
    return message.at_ns
