"""Derived observations as the machines say them: a value, a value that is partly a guess, and the lack of one."""

from pipelines.domains.register import MIN_CAPTURE, Tally
from pipelines.model import Observation, Value


def of_interval(feature: str, name: str, value: Value, begin_ns: int, end_ns: int) -> Observation:
    """A value of ``[begin_ns, end_ns)``."""
    return Observation(feature, name, value, begin_ns, interval_ns=end_ns - begin_ns)


def estimated(feature: str, name: str, value: Value, begin_ns: int, end_ns: int) -> Observation:
    """A value of an interval, part of which was not measured."""
    return Observation(feature, name, value, begin_ns, quality="estimated", reason="gap", interval_ns=end_ns - begin_ns)


def missing(feature: str, name: str, begin_ns: int, end_ns: int, placeholder: Value = 0.0) -> Observation:
    """There is no value of this interval: too little of it is known."""
    return Observation(
        feature, name, placeholder, begin_ns, quality="missing", reason="gap", interval_ns=end_ns - begin_ns
    )


def coverage(feature: str, share: float, begin_ns: int, end_ns: int) -> Observation:
    """How much of an interval is known; ``share`` is 0 to 1."""
    return of_interval(feature, "coverage_percent", round(100 * min(share, 1.0), 2), begin_ns, end_ns)


def total(feature: str, name: str, tally: Tally, factor: float = 1.0) -> Observation:
    """The sum that a register makes of an interval, times ``factor``.

    Missing below the stated capture; estimated where a part is unknown, or where a border was passed unobserved.
    """
    begin_ns, end_ns, share = tally.begin_ns, tally.end_ns, tally.coverage
    if share < MIN_CAPTURE:
        return missing(feature, name, begin_ns, end_ns)
    if tally.guessed or share < 1:
        return estimated(feature, name, tally.units * factor, begin_ns, end_ns)
    return of_interval(feature, name, tally.units * factor, begin_ns, end_ns)
