"""What people may write for counters: ``[settings.cycling]``, ``[settings.mobility]`` and a device's ``details``."""

from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Literal

import msgspec

from pipelines.domains.cycling.expected import read_hours
from pipelines.domains.local_time import bounds_of


class CountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``valid_hours``: a day with so many counted hours enters the annual average; 19 is usual practice.

    ``min_months``: with fewer months the annual average is not said. ``give_up_days``: a counter that has been silent
    for so long is gone; nothing is estimated for it any more.
    """

    valid_hours: int = 19
    min_months: int = 3
    give_up_days: int = 28


class CounterDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One counter, which counts one direction or all.

    ``interval_min``: minutes that a count per interval covers; 0: learnt. ``register_max``: the last number of a
    register before it begins at 0 again. ``max_per_hour``: more than passes in an hour; a register that jumps further
    was exchanged or damaged. ``factors``: the history of calibrations against a count by hand, each from its day on:
    ``2027-03-01 1.08, 2027-09-01 1.05``. ``section`` names the cross-section of the road that several counters share.
    ``counted_hours``: when it can count, ``daylight`` (a camera) or local hours (``6-20``); a day is made of these.
    """

    interval_min: float = 0.0
    register_max: float = 0.0
    max_per_hour: float = 10_000.0
    factors: str = ""
    section: str = ""
    direction: Literal["", "forward", "backward"] = ""
    counted_hours: str = ""

    def __post_init__(self) -> None:
        read_factors(self.factors)
        read_hours(self.counted_hours)


class LinkDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of road between two detectors. With ``length_m`` a pass is checked by its speed."""

    length_m: float = 0.0


@lru_cache(maxsize=4_096)
def read_factors(text: str) -> tuple[tuple[date, float], ...]:
    """The history of calibrations, oldest first. Raises ValueError in the operator's words."""
    history: list[tuple[date, float]] = []
    for part in text.split(",") if text.strip() else ():
        day, _, factor = part.strip().partition(" ")
        try:
            history.append((datetime.strptime(f"{day} +0000", "%Y-%m-%d %z").date(), float(factor)))
        except ValueError as error:
            raise ValueError(f"factors: '{part.strip()[:40]}' is no day and factor; write 2027-03-01 1.08") from error
        if not 0.1 <= history[-1][1] <= 10.0:  # noqa: PLR2004 - no counter is wrong tenfold
            raise ValueError(f"factors: {factor} is no factor between 0.1 and 10")
    if sorted(history) != history:
        raise ValueError("factors: the days must rise")
    return tuple(history)


def factor_at(text: str, time_ns: int, zone: tzinfo) -> float:
    """The factor that holds at an instant; 1 before the first calibration."""
    factor = 1.0
    for day, since in read_factors(text) if text else ():
        if bounds_of(day, zone)[0] > time_ns:
            break
        factor = since
    return factor
