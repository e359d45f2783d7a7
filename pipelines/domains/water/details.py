"""What people write of water: gauges, meters and a pilot's limits. None: not known, or not wanted."""

from typing import Annotated, Literal

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]


class LevelDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``details`` of a ``water-level``; heights in metres above ``datum``.

    ``reference_m``: where the sensor hangs; a distance means nothing without it.
    ``alert_m``, ``danger_m``: thresholds; ``hysteresis_m``: how far below one the water must fall to leave its state.
    ``sound``: whether the sensor corrects the speed of sound itself (``compensated``), or takes it as that of
    ``assumed_temperature_c``, so that it is corrected here with the air temperature that it reports.
    """

    reference_m: float | None = None
    datum: Literal["local", "NAP", "TAW"] = "local"
    alert_m: float | None = None
    danger_m: float | None = None
    hysteresis_m: Annotated[float, msgspec.Meta(ge=0)] = 0.05
    sound: Literal["compensated", "assumed"] = "compensated"
    assumed_temperature_c: Annotated[float, msgspec.Meta(ge=-40, le=60)] = 20.0


class WaterMeterDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``details`` of a ``water-meter``.

    ``register_digits``: digits of whole cubic metres. ``most_m3_h``: the most that the pipe lets through.
    ``litres_per_pulse``: for a pulse counter on the meter; none: its pulses are not water.
    ``use``: only of a household is it suspicious that water never stands still.
    """

    register_digits: Annotated[int, msgspec.Meta(ge=3, le=9)] = 5
    most_m3_h: Positive = 10.0
    litres_per_pulse: Positive | None = None
    use: Literal["household", "other"] = "household"


class WaterSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[settings.water]``: what is plausible in this pilot's water. A change is per hour.

    The defaults are wide for surface water in Europe: an assumption, to be narrowed by those who know their water.
    Rain makes turbidity jump, so its change has no limit unless one is set.
    """

    ph_low: float = 4.0
    ph_high: float = 10.0
    ph_change: Positive | None = 1.0
    turbidity_low_ntu: float = 0.0
    turbidity_high_ntu: float = 1_000.0
    turbidity_change_ntu: Positive | None = None
    temperature_low_c: float = -1.0
    temperature_high_c: float = 35.0
    temperature_change_c: Positive | None = 3.0
    stuck_after_h: Positive = 24.0
