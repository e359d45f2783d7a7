"""Water in the root zone: what evaporates, what rain and watering bring, what drains; and how hard it is held.

- Reference evaporation: Makkink (J. Inst. Water Eng. 11 (1957) 277) in the form that the Dutch weather service
  publishes, 0.65 s/(s+g) K/L, with slope s and psychrometric constant g of FAO-56 (equations 13 and 8), radiation K and
  latent heat L. It needs radiation and temperature only.
- Bucket: FAO-56 chapter 8: water leaves at Kc ET0, less where more than the readily available share is gone (equation
  84); what rises above field capacity drains by a first-order law.
- Tension: Campbell's power law (Soil Sci. 117 (1974) 311) through two published points, field capacity and wilting
  point, whose water contents are middles of the ranges of FAO-56, table 19.
"""

import math
from dataclasses import dataclass
from typing import Literal

from simulators.signals.local_hours import HOUR_NS
from simulators.signals.weather import vapour_pressure_kpa

SoilClass = Literal["sand", "sandy_loam", "loam", "clay_loam"]
LATENT_HEAT_J_KG = 2.45e6
"""FAO-56, equation 3-1."""
MAKKINK = 0.65
WILTING_KPA = 1500.0
"""The wilting point: no plant and no sensor goes further."""


@dataclass(frozen=True)
class Retention:
    """Water contents (m³/m³) of full pores, of a drained soil and at wilting; ``capacity_kpa``: the drained suction."""

    saturated: float
    field_capacity: float
    wilting_point: float
    capacity_kpa: float

    @property
    def slope(self) -> float:
        """Campbell's b."""
        return math.log(WILTING_KPA / self.capacity_kpa) / math.log(self.field_capacity / self.wilting_point)

    def tension_kpa(self, content: float) -> float:
        """Suction of that water content; of full pores what the power law gives, a kilopascal or so."""
        if content <= self.wilting_point:
            return WILTING_KPA
        return self.capacity_kpa * math.pow(content / self.field_capacity, -self.slope)

    def content(self, tension_kpa: float) -> float:
        """Water content at that suction."""
        return min(self.saturated, self.field_capacity * math.pow(tension_kpa / self.capacity_kpa, -1 / self.slope))


RETENTION: dict[SoilClass, Retention] = {
    "sand": Retention(0.43, 0.12, 0.045, 10.0),
    "sandy_loam": Retention(0.41, 0.23, 0.11, 20.0),
    "loam": Retention(0.43, 0.25, 0.12, 33.0),
    "clay_loam": Retention(0.41, 0.33, 0.19, 33.0),
}
"""FAO-56, table 19; clay loam, which it lacks, between its neighbours. Suction at field capacity: the usual 10 kPa in
sands and 33 in loams, in between for sandy loam."""


def reference_evaporation_mm(temperature_c: float, solar_w_m2: float, pressure_hpa: float, seconds: float) -> float:
    """Makkink's reference evaporation of a span in mm (kg/m²)."""
    vapour_kpa = vapour_pressure_kpa(temperature_c)
    slope = 4098 * vapour_kpa / (temperature_c + 237.3) ** 2  # FAO-56, equation 13
    psychrometric = 0.665e-3 * pressure_hpa / 10  # FAO-56, equation 8
    return MAKKINK * slope / (slope + psychrometric) * solar_w_m2 * seconds / LATENT_HEAT_J_KG


class RootZone:
    """The bucket of one plant. Contents are m³/m³, depths mm over the zone's area."""

    def __init__(
        self, soil: SoilClass, *, depth_m: float, crop_factor: float, readily: float, drain_days: float
    ) -> None:
        self.retention = RETENTION[soil]
        self.field_capacity = self.retention.field_capacity
        self.wilting_point = self.retention.wilting_point
        self._depth_mm = depth_m * 1000
        self._crop_factor = crop_factor
        self._readily = readily
        self._drain_ns = drain_days * 24 * HOUR_NS
        self.available_mm = (self.field_capacity - self.wilting_point) * self._depth_mm
        self.water_mm = 0.9 * self.available_mm

    @property
    def content(self) -> float:
        """Volumetric water content, m³/m³."""
        return self.wilting_point + self.water_mm / self._depth_mm

    @property
    def depletion_mm(self) -> float:
        """Water missing to field capacity (FAO-56: Dr), never negative."""
        return max(0.0, self.available_mm - self.water_mm)

    @property
    def needs_water(self) -> bool:
        """Whether more than the readily available share is gone (FAO-56: Dr ≥ RAW)."""
        return self.depletion_mm >= self._readily * self.available_mm

    def add_mm(self, depth_mm: float) -> float:
        """Let water in; returns what the pores could not take."""
        room_mm = (self.retention.saturated - self.wilting_point) * self._depth_mm - self.water_mm
        taken_mm = min(depth_mm, max(0.0, room_mm))
        self.water_mm += taken_mm
        return depth_mm - taken_mm

    def dry(self, evaporation_mm: float, span_ns: int) -> float:
        """Transpire and drain for a span with that reference evaporation; returns what left, mm."""
        allowed_mm = (1 - self._readily) * self.available_mm
        stress = 1.0 if self.water_mm >= allowed_mm else self.water_mm / allowed_mm
        used_mm = min(self.water_mm, self._crop_factor * stress * evaporation_mm)
        above_mm = self.water_mm - used_mm - self.available_mm
        drained_mm = above_mm * (1 - math.exp(-span_ns / self._drain_ns)) if above_mm > 0 else 0.0
        self.water_mm -= used_mm + drained_mm
        return used_mm + drained_mm
