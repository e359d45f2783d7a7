"""Which LoRaWAN gateways hear a frame, and how well: the links of one device at one place, frame after frame."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from statistics import NormalDist

from simulators.device import SimulatedDevice
from simulators.networks.radio import (
    BEST_SNR_DB,
    FRAME_SPREAD_DB,
    LIMIT_SNR_DB,
    NOISE_DBM,
    Antenna,
    Link,
    links,
    spreading_factor,
)

OUT_OF_REACH_DB = 3 * FRAME_SPREAD_DB
"""A gateway whose mean lies this far below the limit is left out: it would hear one frame in a thousand."""

LEVEL_BITS = 6
LEVELS = 1 << LEVEL_BITS
_FADING = [NormalDist(0, FRAME_SPREAD_DB).inv_cdf((level + 0.5) / LEVELS) for level in range(LEVELS)]
"""Fading in so many equally likely steps: what is written of each can be written down before the first frame."""

Say = Callable[[int, float], str]
"""(rssi in dBm, snr in dB) → what the network server writes of them."""
Reach = Sequence[tuple[str, Sequence[str | None]]]
"""For each link what is written of its gateway, and by level of fading what of its reception; None: not heard."""


class Hearing:
    """The gateways in reach of one device at one place, the best first. ``limit_db``: the SNR that a frame needs."""

    def __init__(self, device: SimulatedDevice, antennas: Sequence[Antenna], *, seed: int) -> None:
        rng = random.Random(f"{seed}/radio/{device.dev_eui}/{device.longitude}/{device.latitude}")
        every = links(device.longitude, device.latitude, antennas, rng)
        self.factor = spreading_factor(every[0].rssi_dbm)
        self.limit_db = LIMIT_SNR_DB[self.factor]
        self._limit_dbm = NOISE_DBM + self.limit_db
        least_dbm = self._limit_dbm - OUT_OF_REACH_DB
        self.links: list[Link] = [link for link in every if link is every[0] or link.rssi_dbm >= least_dbm]
        self._draw = rng.randrange(1 << 31)
        self.always_heard = True
        """A frame below every limit is still heard by the best gateway: what is lost is a fault."""

    def without(self, dead: Collection[str]) -> "Hearing | None":
        """What is left while some LoRa gateways are dead, at the same data rate; None where nobody is."""
        left = copy(self)
        left.links = [link for link in self.links if link.antenna.gateway_id not in dead]
        left.always_heard = left.links[:1] == self.links[:1]
        return left if left.links else None

    def alone(self, gateway_id: str) -> float:
        """Share of the frames that nobody but this LoRa gateway hears; 0 where it is not in reach."""
        share = 1.0 if any(link.antenna.gateway_id == gateway_id for link in self.links) else 0.0
        for place, link in enumerate(self.links):
            if link.antenna.gateway_id != gateway_id:
                heard = sum(link.rssi_dbm + fading > self._limit_dbm for fading in _FADING) / LEVELS
                share *= 0.0 if place == 0 else 1.0 - heard  # the best one hears all that nobody else does
        return share

    def reach(self, name: Callable[[Link], str], say: Say) -> Reach:
        """What is written of each link. Words are shared by all devices: a processor's cache holds few cities."""
        words: list[tuple[str, Sequence[str | None]]] = []
        for link in self.links:
            by_level = tuple(self._said(link, fading, say) for fading in _FADING)
            words.append((_shared(name(link)), by_level))
        return words

    def _said(self, link: Link, fading_db: float, say: Say) -> str | None:
        rssi_dbm = link.rssi_dbm + fading_db
        if rssi_dbm <= self._limit_dbm:
            return None
        return _shared(say(round(rssi_dbm), min(BEST_SNR_DB, round(rssi_dbm - NOISE_DBM, 1))))

    def just(self, say: Say) -> str:
        """What is written of a frame that the best gateway hears at the limit, where none would be above it."""
        return _shared(say(round(self._limit_dbm), self.limit_db))

    def levels(self) -> Iterator[int]:
        """Levels of fading without end, one for each link of each frame."""
        draw = self._draw
        while True:
            draw = (draw * 1_103_515_245 + 12_345) & 0x7FFF_FFFF  # a linear congruence: its top bits are random enough
            yield draw >> 31 - LEVEL_BITS


class UnheardError(Exception):
    """No LoRa gateway that is alive heard the frame."""


_words: dict[str, str] = {}


def _shared(word: str) -> str:
    return _words.setdefault(word, word)


class Ear:
    """``heard(middle)``: the receptions of the next frame, each as gateway, ``middle``, strength. Never empty.

    Raises UnheardError where the best LoRa gateway is dead and no other hears it.
    """

    def __init__(self, hearing: Hearing, name: Callable[[Link], str], say: Say) -> None:
        self._reach = hearing.reach(name, say)
        self._just = hearing.just(say) if hearing.always_heard else None
        self._next_level = hearing.levels().__next__

    def heard(self, middle: str) -> str:
        """The receptions, the best gateway's first."""
        level = self._next_level
        found = [
            f"{gateway}{middle}{said}" for gateway, by_level in self._reach if (said := by_level[level()]) is not None
        ]
        if not found and self._just is None:
            raise UnheardError
        return ",".join(found) or f"{self._reach[0][0]}{middle}{self._just}"
