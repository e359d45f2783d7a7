"""Water in soil. Pure; sources with each formula and table.

Water contents are m³ of water in m³ of soil, depths m, amounts of water mm over the area, tensions kPa (positive
suction).
"""

from typing import Literal

import msgspec

M_PER_KPA = 0.10197
"""Metres of water column in a kilopascal."""
WILTING_KPA = 1_500.0

SoilClass = Literal[
    "sand",
    "loamy_sand",
    "sandy_loam",
    "loam",
    "silt_loam",
    "silt",
    "clay_loam",
    "silty_clay_loam",
    "silty_clay",
    "clay",
]


class Soil(msgspec.Struct, frozen=True):
    """A texture class. ``alpha`` per m and ``n`` shape its retention curve between ``residual`` and ``saturated``.

    ``capacity_kpa``: the tension at field capacity, 10 kPa in sands, 33 in others, and in between for sandy loam, so
    that half of its available water is gone at about 40 kPa, as irrigation practice has it.
    """

    field_capacity: float
    wilting_point: float
    residual: float
    saturated: float
    alpha: float
    n: float
    trigger_kpa: float
    capacity_kpa: float = 33.0


SOILS: dict[SoilClass, Soil] = {
    "sand": Soil(0.12, 0.045, 0.045, 0.43, 14.5, 2.68, 25.0, 10.0),
    "loamy_sand": Soil(0.15, 0.065, 0.057, 0.41, 12.4, 2.28, 30.0, 10.0),
    "sandy_loam": Soil(0.23, 0.11, 0.065, 0.41, 7.5, 1.89, 40.0, 20.0),
    "loam": Soil(0.25, 0.12, 0.078, 0.43, 3.6, 1.56, 60.0),
    "silt_loam": Soil(0.29, 0.15, 0.067, 0.45, 2.0, 1.41, 60.0),
    "silt": Soil(0.32, 0.17, 0.034, 0.46, 1.6, 1.37, 60.0),
    "clay_loam": Soil(0.33, 0.19, 0.095, 0.41, 1.9, 1.31, 70.0),
    "silty_clay_loam": Soil(0.335, 0.205, 0.089, 0.43, 1.0, 1.23, 70.0),
    "silty_clay": Soil(0.36, 0.23, 0.07, 0.36, 0.5, 1.09, 80.0),
    "clay": Soil(0.36, 0.22, 0.068, 0.38, 0.8, 1.09, 80.0),
}
"""Field capacity and wilting point: middles of the ranges of FAO-56, table 19 (clay loam, which it lacks: between its
neighbours). Retention: Carsel and Parrish, "Developing joint probability distributions of soil water retention
characteristics", Water Resources Research 24 (1988), table of means. Tension at which to water: within the ranges of
Irrometer's guideline for its sensors (30 to 60 kPa usual, 60 to 100 in heavy clay), and not above the 70 kPa or so at
which trees in lighter soil begin to suffer; sandy loam has lost half of its available water at about 40 kPa."""


def total_available_water(full: float, empty: float, root_depth_m: float) -> float:
    """Water between field capacity and wilting point in mm, ``TAW = 1000 (fc - wp) Zr``: FAO-56 eq. 82."""
    return 1_000 * (full - empty) * root_depth_m


def readily_available_water(available_mm: float, depletion_share: float) -> float:
    """Water that may be used before the plant suffers in mm, ``RAW = p TAW``: FAO-56 eq. 83."""
    return depletion_share * available_mm


def depletion(full: float, water_content: float, root_depth_m: float) -> float:
    """Water that the root zone lacks in mm, ``Dr = 1000 (fc - theta) Zr``, not below 0: FAO-56 eq. 87."""
    return max(1_000 * (full - water_content) * root_depth_m, 0.0)


def litres(dose_mm: float, area_m2: float, efficiency: float) -> float:
    """To give, so that ``dose_mm`` stay in the root zone of ``area_m2``: 1 mm on 1 m² is a litre."""
    return dose_mm * area_m2 / efficiency


def retained(soil: Soil, tension_kpa: float) -> float:
    """Water content at a tension: van Genuchten, Soil Science Society of America Journal 44 (1980), eq. 3."""
    suction = (soil.alpha * max(tension_kpa, 0.0) * M_PER_KPA) ** soil.n
    share: float = (1 + suction) ** (1 / soil.n - 1)
    return soil.residual + (soil.saturated - soil.residual) * share


def water_content_at(soil: Soil, tension_kpa: float, full: float, empty: float) -> float:
    """Water content at a tension, on the curve of the class as it is stretched to this soil's own two points.

    The mean curve is right in shape and wrong in place: field capacity and wilting point of the soil at hand are kept.
    """
    at_capacity, at_wilting = retained(soil, soil.capacity_kpa), retained(soil, WILTING_KPA)
    share = (retained(soil, tension_kpa) - at_wilting) / (at_capacity - at_wilting)
    return empty + (full - empty) * max(share, 0.0)


WORDS = ("saturated", "wet", "moist", "dry", "very_dry")


def word_for_tension(tension_kpa: float, trigger_kpa: float) -> str:
    """Irrometer's guideline: to 10 saturated, to 30 wet, then by the tension at which to water; from 100 dangerous."""
    if tension_kpa < 10:  # noqa: PLR2004 (the guideline's own figures, as named above)
        return "saturated"
    if tension_kpa < min(30.0, trigger_kpa):
        return "wet"
    if tension_kpa < trigger_kpa:
        return "moist"
    return "dry" if tension_kpa < 100 else "very_dry"  # noqa: PLR2004 (ditto)


def word_for_depletion(water_content: float, full: float, available_mm: float, missing_mm: float, share: float) -> str:
    """By what is missing: nothing, less than half of what may be, up to what may be, up to half of the rest, more."""
    readily_mm = readily_available_water(available_mm, share)
    if water_content > full * 1.1:
        return "saturated"
    if missing_mm < readily_mm / 2:
        return "wet"
    if missing_mm < readily_mm:
        return "moist"
    return "dry" if missing_mm < (readily_mm + available_mm) / 2 else "very_dry"
