"""Two worlds: one that behaves as the analytics assume, and one that does not.

``breaks-assumptions`` puts another model in a site's place, or wilder parameters into its model: stays that are not
exponential, days busier than Poisson counts allow, sensors that fail together or are worse than their data sheet.
What the estimators then still get right is worth knowing. What a scenario's own parameters say goes before it.
"""

from collections.abc import Mapping

from simulators.scenario import World

COUNTERPARTS: Mapping[str, str] = {"parking_mmcc": "parking_overdispersed"}
"""Kind of signal → the kind that takes its place."""

WILDER: Mapping[str, Mapping[str, float]] = {
    "waste": {
        "increment_shape": 1.0,
        "bridging_per_year": 24.0,
        "lids_open_per_year": 12.0,
        "collect_spread_min": 150.0,
    },
    "cycling": {"day_dispersion": 0.35, "rain_effect": -0.45, "events_per_year": 20.0},
    "people": {"day_dispersion": 0.35, "events_per_year": 20.0},
    "vehicles": {"day_dispersion": 0.20},
    "trees": {"moisture_bias_percent": 4.0, "moisture_noise_percent": 1.0},
    "parcels": {"moisture_bias_percent": 4.0, "moisture_noise_percent": 1.0},
    "air": {"gain_sigma": 0.35, "noise_share": 0.20, "offset_ug_m3": 3.0},
    "noise": {"whim_db": 3.5, "tolerance_db": 1.5},
    "water_level": {"reflections_share": 0.02, "noise_mm": 15.0},
    "water_meters": {"leak_sigma": 1.2, "leaks_per_year": 2.0},
    "electricity": {"use_shape": 2.5},
}
"""Kind of signal → parameters in place of its usual ones. How wild is our choice: a bad, but not an absurd, city."""


def kind_in(world: World, kind: str) -> str:
    """The kind of signal that this one is in that world."""
    return COUNTERPARTS.get(kind, kind) if world == "breaks-assumptions" else kind


def parameters_in(world: World, kind: str) -> Mapping[str, float]:
    """What that world changes in a kind's usual parameters."""
    return WILDER.get(kind, {}) if world == "breaks-assumptions" else {}
