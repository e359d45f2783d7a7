"""What people may write of parking: ``[settings.parking]`` of a pilot, ``details`` of a bay."""

from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from pipelines.model import NS_PER_S

Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=100)]
Hour = Annotated[float, msgspec.Meta(ge=0, le=24)]

Category = Literal["ordinary", "blue", "loading", "disabled", "resident", "charging"]
OPEN_TO_ALL: frozenset[Category] = frozenset({"ordinary", "blue"})
"""Forecast and guidance speak of these bays: a free loading bay is of no use to who seeks a place."""


POOLS: tuple[frozenset[Category], ...] = (OPEN_TO_ALL, frozenset({"loading"}))
"""Bays that are used alike learn together; all others are the last pool."""


class ParkingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the pilot reads its bays.

    ``min_dwell_s``: a state that lasts shorter never was. Sensors debounce themselves; a long dwell here would swallow
    the quick change of cars in a full street. ``disturbed_dwell_s``: the dwell asked for when ``flips_together``
    bays change within two seconds; also how late everything is said. ``longest_silence_h``: the longest a silent
    bay is believed; a sensor that usually speaks more often is believed for three times its habit.
    ``certain_after_min``: a quarter of an hour is said so long after its end, when the sensors' next frames have told
    whether one was lost; the heartbeat is best. ``stuck_after_h``: no bay is called stuck before.
    ``bay_forecasts``: P(free) of single bays at each of their changes, or not.
    """

    min_dwell_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 5.0
    disturbed_dwell_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 60.0
    flips_together: Annotated[int, msgspec.Meta(ge=2)] = 3
    longest_silence_h: Annotated[float, msgspec.Meta(gt=0, le=25)] = 25.0
    min_capture_percent: Share = 75.0
    overstay_tolerance_min: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    blue_max_stay_min: Positive = 120.0
    loading_max_stay_min: Positive = 30.0
    certain_after_min: Annotated[float, msgspec.Meta(ge=0, le=360)] = 60.0
    stuck_after_h: Positive = 12.0
    bay_forecasts: Literal["on change", "none"] = "on change"

    @property
    def hold_ns(self) -> int:
        """How long after it happened a change is settled."""
        return _hold_ns(self.disturbed_dwell_s, self.min_dwell_s)


@lru_cache(maxsize=64)
def _hold_ns(disturbed_dwell_s: float, min_dwell_s: float) -> int:
    return int(max(disturbed_dwell_s, min_dwell_s) * NS_PER_S)


class BayDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bay and its rule. Without ``max_stay_min`` blue and loading bays have their category's, others none.

    The rule holds from ``rule_from_h`` to ``rule_to_h`` local time on ``rule_days``; a stay is cut there.
    """

    category: Category = "ordinary"
    max_stay_min: Positive | None = None
    rule_from_h: Hour = 0.0
    rule_to_h: Hour = 24.0
    rule_days: Literal["all", "mon-fri", "mon-sat"] = "all"

    @property
    def pool(self) -> int:
        """Which bays this one is like."""
        return next((pool for pool, categories in enumerate(POOLS) if self.category in categories), len(POOLS))

    def longest_stay_min(self, settings: ParkingSettings) -> float | None:
        """The longest stay that the rule allows, in minutes; None where nothing is limited."""
        if self.max_stay_min is not None:
            return self.max_stay_min
        by_category = {"blue": settings.blue_max_stay_min, "loading": settings.loading_max_stay_min}
        return by_category.get(self.category)
