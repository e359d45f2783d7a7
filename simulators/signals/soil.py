"""Water in the root zone: what evaporates, what rain and watering bring, what drains; and how hard it is held.

- Reference evaporation: Makkink (J. Inst. Water Eng. 11 (1957) 277) in the form that the Dutch weather service
  publishes, 0.65 s/(s+g) K/L, with slope s and psychrometric constant g of FAO-56 (equations 13 and 8), radiation K and
  latent heat L. It needs radiation and temperature only.
- Bucket: FAO-56 chapter 8: water leaves at Kc ET0, less where more than the readily available share is gone (equation
  84); what rises above field capacity drains by a first-order law.
- Tension: van Genuchten (Soil Sci. Soc. Am. J. 44 (1980) 892) with the mean parameters of Carsel and Parrish (Water
  Resour. Res. 24 (1988) 755) for the soil's class.
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
DRIEST = 1e-9
"""Share of the pores' water below which suction is beyond any wilting point."""
HIGHEST_KPA = 1500.0
"""The wilting point: no plant and no sensor goes further."""


@dataclass(frozen=True)
class Retention:
    """van Genuchten: residual and saturated water content (m³/m³), alpha (1/kPa), n."""

    residual: float
    saturated: float
    alpha_per_kpa: float
    n: float

    def tension_kpa(self, content: float) -> float:
        """Suction of that water content, 0 where the soil is saturated."""
        share = (content - self.residual) / (self.saturated - self.residual)
        if share >= 1:
            return 0.0
        m = 1 - 1 / self.n
        suction = math.pow(math.pow(max(share, DRIEST), -1 / m) - 1, 1 / self.n) / self.alpha_per_kpa
        return min(HIGHEST_KPA, suction)

    def content(self, tension_kpa: float) -> float:
        """Water content at that suction."""
        m = 1 - 1 / self.n
        share = math.pow(1 + math.pow(self.alpha_per_kpa * tension_kpa, self.n), -m)
        return self.residual + share * (self.saturated - self.residual)


CM_PER_KPA = 10.197
"""Centimetres of water column: Carsel and Parrish give alpha in 1/cm."""

RETENTION: dict[str, Retention] = {
    "sand": Retention(0.045, 0.43, 0.145 * CM_PER_KPA, 2.68),
    "sandy_loam": Retention(0.065, 0.41, 0.075 * CM_PER_KPA, 1.89),
    "loam": Retention(0.078, 0.43, 0.036 * CM_PER_KPA, 1.56),
    "clay_loam": Retention(0.095, 0.41, 0.019 * CM_PER_KPA, 1.31),
}
FIELD_CAPACITY_KPA = {"sand": 6.0, "sandy_loam": 10.0, "loam": 20.0, "clay_loam": 33.0}
"""Assumption: coarse soils drain to a lower suction than fine ones."""


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
        self.field_capacity = self.retention.content(FIELD_CAPACITY_KPA[soil])
        self.wilting_point = self.retention.content(HIGHEST_KPA)
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
        stress = min(1.0, max(0.0, self.water_mm) / allowed_mm)
        used_mm = min(self.water_mm, self._crop_factor * stress * evaporation_mm)
        above_mm = max(0.0, self.water_mm - used_mm - self.available_mm)
        drained_mm = above_mm * (1 - math.exp(-span_ns / self._drain_ns))
        self.water_mm -= used_mm + drained_mm
        return used_mm + drained_mm
