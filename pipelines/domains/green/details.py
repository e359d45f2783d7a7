"""What people write of soil and of watering."""

from typing import Annotated, Literal

import msgspec

from pipelines.domains.green.formulas import SOILS, Soil, SoilClass, total_available_water

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class SoilDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``details`` of a ``tree`` or a ``parcel``.

    ``soil``: its texture class. ``field_capacity``, ``wilting_point``: m³ of water in m³ of soil; those of the class
    when not given. ``root_depth_m``: of the zone to keep moist; 0.6 m is the root ball of a street tree in its first
    years. ``area_m2``: wetted by watering; a tree's is the pilot's when not given; a parcel without one gets advice,
    no litres.
    ``depletion_share``: of the available water that may be used before the plant suffers; FAO-56 table 22 has 0.5 for
    most trees. ``efficiency``: share of the water given that stays in the root zone.
    ``trigger_kpa``: tension at which to water; that of the class when not given.
    """

    soil: SoilClass = "loam"
    field_capacity: Share | None = None
    wilting_point: Share | None = None
    root_depth_m: Positive = 0.6
    area_m2: Positive | None = None
    depletion_share: Share = 0.5
    efficiency: Share = 0.8
    trigger_kpa: Positive | None = None

    @property
    def texture(self) -> Soil:
        """What is known of the class."""
        return SOILS[self.soil]

    @property
    def full(self) -> float:
        """Field capacity, m³/m³."""
        return self.texture.field_capacity if self.field_capacity is None else self.field_capacity

    @property
    def empty(self) -> float:
        """Wilting point, m³/m³; never above field capacity."""
        point = self.texture.wilting_point if self.wilting_point is None else self.wilting_point
        return min(point, self.full)

    @property
    def available_mm(self) -> float:
        """Total available water of the root zone."""
        return total_available_water(self.full, self.empty, self.root_depth_m)

    @property
    def trigger(self) -> float:
        """Tension at which to water, kPa."""
        return self.texture.trigger_kpa if self.trigger_kpa is None else self.trigger_kpa


class GreenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[settings.green]``: the fixed schedule that advice is compared with.

    ``round_litres``: per tree and round. ``round_weekdays``: the days of a round; what a city does without sensors is
    its own, so the defaults are only an example. ``tree_area_m2``: of a tree whose details name none.
    """

    round_litres: Annotated[float, msgspec.Meta(ge=0)] = 80.0
    round_weekdays: tuple[Weekday, ...] = ("monday", "thursday")
    tree_area_m2: Positive = 3.0
