"""The table of signals: what a scenario may place in a city, by name.

``build`` makes the signals of one site, in the order of its devices; signals that only tell the truth of the site as
a whole come last and never send. To add a kind: one file with parameters and signals, one row here, and a law in
``tests/simulators/signals``.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from pipelines.vocabulary import Domain
from simulators.signals import Signal, Site, Weather

Build = Callable[[Site, Any, random.Random, Weather, ZoneInfo], Sequence[Signal]]
Calibration = Mapping[str, tuple[float, float]]
"""Property -> (factor, offset), as the operator writes it into the device's file."""


def _none(_parameters: Any) -> Calibration:
    return {}


@dataclass(frozen=True)
class Kind:
    """One row. ``profiles``: device profiles whose readings the signals can speak, the usual one first.

    ``calibration(parameters)``: what the asset list must say of each device so that its readings can be understood.
    """

    title: str
    domain: Domain
    feature_type: str
    profiles: tuple[str, ...]
    parameters: type
    build: Build
    calibration: Callable[[Any], Calibration] = _none

    def read(self, table: Mapping[str, object]) -> Any:
        """Parameters from a scenario's table, defaults for the rest. Raises ValidationError naming each wrong key."""
        strict = checked(self.parameters, frozen=True, config=ConfigDict(extra="forbid"))
        return TypeAdapter(strict).validate_python(dict(table))


KINDS: dict[str, Kind] = {}
