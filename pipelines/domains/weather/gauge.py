"""A rain gauge's readings as stretches of rain: amounts since the last report, or a running total."""

import msgspec

from pipelines.domains import HOUR_NS, Reading
from pipelines.domains.register import STEPS, Limits, Register, Stretch, follow

AMOUNT, TOTAL = "rain_mm", "rain_total_mm"

LONGEST_AMOUNT_NS = 2 * HOUR_NS
"""An amount that comes after a longer silence is of its last hour: what fell before was in messages that are lost."""

_LIMITS = Limits(span=10**9 * STEPS, per_hour=300 * STEPS, slack=20 * STEPS)
"""A total does not roll over within a sensor's life, it restarts. 305 mm in 42 minutes is the record (Holt, 1947)."""


class Gauge(msgspec.Struct, array_like=True):
    """``last_ns``: the last reported amount, -1 before the first. Once a total has come, amounts are not used."""

    last_ns: int = -1
    total: Register = msgspec.field(default_factory=Register)


def rain_of(gauge: Gauge, reading: Reading) -> list[Stretch]:
    """The rain that a reading tells of, in billionths of a millimetre; nothing for a first or doubtful one."""
    if not isinstance(reading.value, float) or reading.quality == "suspect":
        return []
    if reading.property == TOTAL:
        return follow(gauge.total, reading.time_ns, reading.value, _LIMITS)
    last_ns, gauge.last_ns = gauge.last_ns, reading.time_ns
    if reading.property != AMOUNT or gauge.total.time_ns >= 0 or last_ns < 0 or reading.time_ns <= last_ns:
        return []
    steps = round(reading.value * STEPS)
    if reading.time_ns - last_ns <= LONGEST_AMOUNT_NS:
        return [Stretch(last_ns, reading.time_ns, steps)]
    since_ns = reading.time_ns - HOUR_NS
    return [Stretch(last_ns, since_ns, None), Stretch(since_ns, reading.time_ns, steps)]
