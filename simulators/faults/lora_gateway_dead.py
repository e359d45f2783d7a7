"""A LoRa gateway dies, and takes along what no other one hears."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from simulators.faults import HOUR_NS, Long, Often, Scope
from simulators.faults.spells import Spells
from simulators.networks.frame import Frame


class Deaths:
    """When each LoRa gateway is dead. Every one draws for itself; ask with times that never fall."""

    def __init__(self, scope: Scope, *, name: str, per_month: float, mean_h: float) -> None:
        self._scope, self._name = scope, name
        self._per_month, self._mean_ns = per_month, mean_h * HOUR_NS
        self._spells = {gateway: self._drawn(gateway) for gateway in scope.gateways}
        self._of = {gateway: self._drawn(gateway) for gateway in scope.gateways}

    def _drawn(self, gateway: str) -> Spells:
        rng = self._scope.rng(f"{self._name}/{gateway}")
        return Spells(rng, start_ns=self._scope.start_ns, per_month=self._per_month, mean_ns=self._mean_ns)

    def dead(self, at_ns: int) -> tuple[str, ...]:
        """Those that are dead at this moment."""
        return tuple(gateway for gateway, spells in self._spells.items() if spells.around(at_ns) is not None)

    def next_of(self, gateway: str, at_ns: int) -> tuple[int, int]:
        """Begin and end of the death that holds this moment, or of the next; each gateway is asked on its own."""
        return self._of[gateway].not_over(at_ns)


class LoraGatewayDead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``per_month`` times each LoRa gateway is dead for ``mean_h`` hours on average (exponential).

    Frames that another one hears come through it; those that nobody else hears are lost. One that speaks for itself
    falls silent (``networks/lora_gateways.py``).
    """

    name: ClassVar[str] = "lora-gateway-dead"
    per_month: Often = 1.0
    mean_h: Long = 6.0

    def deaths(self, scope: Scope) -> Deaths:
        """When, the same for all who ask."""
        return Deaths(scope, name=self.name, per_month=self.per_month, mean_h=self.mean_h)

    def apply(self, stream: Iterator[Frame], scope: Scope) -> Iterator[Frame]:
        """The frames, each with who is dead while it is on the air."""
        deaths = self.deaths(scope)
        for frame in stream:
            frame.dead = deaths.dead(frame.at_ns)
            yield frame
