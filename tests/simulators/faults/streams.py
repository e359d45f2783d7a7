"""Small streams to spoil: eight devices, a report of each every ten minutes."""

from collections.abc import Iterable, Iterator
from typing import Any

from device_profiles.catalogue import Catalogue
from simulators.city_clock import NS_PER_S
from simulators.device import SimulatedDevice
from simulators.faults import MINUTE_NS, Scope
from simulators.faults.meanings import Meanings
from simulators.networks.frame import Frame, Message
from simulators.signals import Report, Truth

PROFILE = "milesight-iot/em400-mud"
START_NS = 1_793_574_000 * NS_PER_S
EVERY_NS = 10 * MINUTE_NS
DEVICES = [
    SimulatedDevice(f"02c17e00000000{n:02x}", PROFILE, "p", f"waste-container/a-{n:02d}", f"bin {n}", "a", 4.4, 51.0)
    for n in range(8)
]
MEANINGS = Meanings(Catalogue.load().profiles)


def scope(seed: int = 1) -> Scope:
    return Scope(DEVICES, START_NS, seed, MEANINGS)


def reports(rounds: int) -> Iterator[Report]:
    for number in range(rounds):
        for place, device in enumerate(DEVICES):
            at_ns = START_NS + number * EVERY_NS + place * NS_PER_S
            readings: dict[str, Any] = {
                "battery": 90,
                "temperature": 20.0,
                "distance": 800 + number,
                "position": "normal",
            }
            yield Report(
                at_ns, device, 85, readings, (Truth(at_ns, device.feature, "fill_level_percent", number / 10),)
            )


def frames(rounds: int) -> Iterator[Frame]:
    for index, report in enumerate(reports(rounds)):
        yield Frame(report.at_ns, report.device, 85, b"\x01", index // len(DEVICES), "aaaaaaaa")


def messages(rounds: int) -> Iterator[Message]:
    for report in reports(rounds):
        body = b'{"device":"%s","at":%d}' % (report.device.dev_eui.encode(), report.at_ns)
        yield Message(report.at_ns, f"up/{report.device.dev_eui}", body, report.device.dev_eui)


def in_order(items: Iterable[Report | Frame | Message]) -> bool:
    times = [item.at_ns for item in items]
    return times == sorted(times)
