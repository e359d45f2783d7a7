"""From what a counter sends to how many passed between two instants.

A register counts on while messages are lost, so its next reading tells what passed in between; a count per interval
tells only of its own interval. A register that falls has rolled over or begun anew. Source of the rollover rule: house
rule of all registers, previous reading above 0.9 of the largest number and the next below 0.1 of it.
"""

from typing import NamedTuple

import msgspec

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.cycling.kinds import Kind
from pipelines.domains.cycling.settings import CounterDetails
from pipelines.domains.rhythm import Rhythm

_USUAL_SIZES = (2**16, 10**6, 2**24, 2**32)
"""Registers of two, three and four bytes and of six digits roll over without anybody having written it down."""

_UNDECLARED_SHARE = 0.02
"""Then what passed in between is at most so much of the register: a fall from elsewhere is more likely a reset."""

_ALIKE = 12
_ALIKE_FROM = 5
"""Twelve equal counts of five or more: for a Poisson count of mean 5 the chance is below 1e-8; the sensor hangs."""


class Span(NamedTuple):
    """So many passed in ``[begin_ns, end_ns)``; ``hangs``: the sensor hung then, and the number means nothing."""

    begin_ns: int
    end_ns: int
    number: float
    hangs: bool = False


class Meter(msgspec.Struct):
    """What is remembered of the device that counts: its register, or the rhythm of its intervals."""

    device: str = ""
    register: float = -1.0
    register_ns: int = -1
    rhythm: Rhythm = msgspec.field(default_factory=Rhythm)
    alike: int = 0
    alike_count: float = -1.0
    alike_since_ns: int = 0


def passed(meter: Meter, reading: Reading, kind: Kind, details: CounterDetails) -> Span | None:
    """The span that a reading tells of; None where it tells of none. Another device on the feature begins anew."""
    value = reading.value
    if not isinstance(value, float) or value < 0.0:
        return None
    if reading.device != meter.device:
        fresh = Meter(reading.device)
        meter.device, meter.register, meter.register_ns = fresh.device, fresh.register, fresh.register_ns
        meter.rhythm, meter.alike = fresh.rhythm, 0
    if reading.property == kind.register:
        return _of_register(meter, reading.time_ns, value, details)
    if meter.register_ns >= 0:
        return None  # the device sends both: the register also knows what lost messages would have said
    return _of_interval(meter, reading.time_ns, value, details)


def _of_register(meter: Meter, time_ns: int, value: float, details: CounterDetails) -> Span | None:
    begin_ns, before = meter.register_ns, meter.register
    meter.register_ns, meter.register = time_ns, value
    if begin_ns < 0 or time_ns <= begin_ns:
        return None
    most = details.max_per_hour * max(1.0, (time_ns - begin_ns) / HOUR_NS)
    count = register_increment(before, value, most=most, register_max=details.register_max)
    return None if count is None else Span(begin_ns, time_ns, count)


def register_increment(before: float, now: float, *, most: float, register_max: float = 0.0) -> float | None:
    """What a register has counted on; None where it was reset, exchanged or damaged. ``most`` is plausible.

    ``register_max`` is its last number before 0; without it a fall from just below a usual size is a rollover too.
    """
    grown = now - before
    if grown >= 0.0:
        return grown if grown <= most else None
    if register_max > 0.0:
        rolled = grown + register_max + 1.0
        fell = before > 0.9 * register_max and now < 0.1 * register_max
        return rolled if fell and 0.0 <= rolled <= most else None
    for size in _USUAL_SIZES:
        if before < size and grown + size <= min(most, _UNDECLARED_SHARE * size):
            return grown + size
    return None


def _of_interval(meter: Meter, time_ns: int, value: float, details: CounterDetails) -> Span | None:
    declared_ns = int(details.interval_min * 60e9)
    begin_ns = meter.rhythm.begin_of(time_ns, declared_ns)
    if time_ns <= begin_ns or value > details.max_per_hour * max(1.0, (time_ns - begin_ns) / HOUR_NS):
        return None
    if value == meter.alike_count:
        meter.alike += 1
    else:
        meter.alike, meter.alike_count, meter.alike_since_ns = 1, value, begin_ns
    if meter.alike >= _ALIKE and value >= _ALIKE_FROM:
        return Span(meter.alike_since_ns if meter.alike == _ALIKE else begin_ns, time_ns, 0.0, hangs=True)
    return Span(begin_ns, time_ns, value)
