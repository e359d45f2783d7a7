"""Signals: what happens in a city, with its truth. One file a domain; nothing here knows a network or bytes.

A signal is one device and the piece of city it looks at. It is asked when it wants to be asked, in order of time, and
says two things: what the device reports (or nothing), and what is true, also where no device noticed.

Laws
- Every random draw comes from the signal's own generator, seeded from the scenario's: same seed, same city, whatever
  other devices there are.
- A model names its source or says that it is an assumption; its parameters have units in their names.
- Truth is exact, a report is what the sensor would say: rounded, noisy, late.
"""

from dataclasses import dataclass
from typing import Protocol

import msgspec

from simulators.device import SimulatedDevice

Value = float | bool | str


class Truth(msgspec.Struct, frozen=True, gc=False):
    """From ``at_ns`` on, ``quantity`` of ``feature`` is ``value``; of what only happens, the moment it happened.

    With ``interval_ns`` the value is of the interval ``[at_ns, at_ns + interval_ns)``: a count, a mean, an energy; such
    a truth is told when its interval is over.
    Quantities are named as the vocabulary names them where it has the word (``occupied``, ``fill_level_percent``).
    """

    at_ns: int
    feature: str
    quantity: str
    value: Value
    interval_ns: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a device sends at one moment, in its vendor's readings; ``readings`` None: nothing is sent now."""

    at_ns: int
    device: SimulatedDevice
    f_port: int
    readings: dict[str, float | int | bool | str] | None
    truth: tuple[Truth, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A place with devices of one kind that share a piece of city: the bays of a street, the trees of a round.

    What is true of the place as a whole has ``feature`` for its name, such as ``street/sluisstraat``.
    """

    name: str
    feature: str
    devices: tuple[SimulatedDevice, ...]


class Signal(Protocol):
    """One device and the piece of city it looks at."""

    def begin(self, at_ns: int) -> int:
        """Start in a typical state for that moment; returns when to be asked first."""

    def report(self, at_ns: int) -> tuple[Report, int]:
        """What is reported and true at this moment, and when to be asked next (later than ``at_ns``)."""


class Weather(Protocol):
    """The one weather that all signals of a scenario share."""

    def at(self, at_ns: int) -> "Conditions":
        """The conditions of that moment; the same for every caller, in any order of asking."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Weather at one moment. ``wind_direction_deg``: where it comes from; ``cloud_share``: of the sky, 0 to 1."""

    temperature_c: float
    humidity_percent: float
    wind_m_s: float
    rain_mm_h: float
    solar_w_m2: float
    pressure_hpa: float
    wind_direction_deg: float = 0.0
    cloud_share: float = 0.0
