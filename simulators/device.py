"""A device as the city's asset list has it: what hangs where, and what it looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Detail = float | int | bool | str
"""What an asset list may say beside the place: a bay's rule, a tree's crown area."""


@dataclass(frozen=True)
class SimulatedDevice:
    """One device. ``calibration``: property → (factor, offset), without which the gateway cannot read it.

    ``unlisted``: the city's asset list does not have it. ``past_report_min``: how often it reported before the city
    went live, where that was less often.
    """

    dev_eui: str
    profile: str
    pilot: str
    feature: str
    name: str
    area: str
    longitude: float
    latitude: float
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    details: Mapping[str, Detail] = field(default_factory=dict, hash=False)
    unlisted: bool = False
    past_report_min: float | None = None
