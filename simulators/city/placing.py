"""Where in a street the devices of each kind of feature stand."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Placing:
    """``spacing_m`` between two of them, ``aside_m`` from the street's middle, ``per_street`` unless the site says."""

    word: str
    spacing_m: float
    aside_m: float
    per_street: int


PLACING: Mapping[str, Placing] = {
    "parking-spot": Placing("bay", 6.0, 4.5, 24),
    "waste-container": Placing("bin", 40.0, 7.0, 8),
    "bike-counter": Placing("counter", 4.0, 5.0, 2),
    "people-counter": Placing("counter", 60.0, 6.0, 1),
    "vehicle-counter": Placing("counter", 60.0, 5.0, 1),
    "tree": Placing("tree", 9.0, 8.0, 12),
    "parcel": Placing("parcel", 45.0, 60.0, 8),
    "air-station": Placing("air station", 120.0, 6.0, 2),
    "noise-station": Placing("sound meter", 120.0, 6.5, 2),
    "weather-station": Placing("weather station", 150.0, 9.0, 1),
    "water-level": Placing("gauge", 150.0, 12.0, 1),
    "water-meter": Placing("water meter", 12.0, 9.0, 20),
    "water-quality": Placing("probe", 150.0, 12.0, 1),
    "electricity-meter": Placing("electricity meter", 12.0, 9.0, 20),
    "street-light": Placing("street light", 28.0, 5.5, 14),
    "safety-point": Placing("point", 50.0, 6.0, 4),
}
"""Feature type → placing; one row for each feature type that a device can look at."""
