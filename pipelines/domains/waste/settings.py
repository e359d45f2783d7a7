"""What people may write of waste: ``[settings.waste]`` of a pilot, ``details`` of a container."""

from typing import Annotated, Literal

import msgspec

Percent = Annotated[float, msgspec.Meta(gt=0, le=100)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class WasteSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the pilot reads its containers.

    ``full_percent``: the level that counts as full. ``overflow_percent``: from here on waste may lie beside it.
    ``drop_percent`` and ``empty_below_percent``: a fall by so much, or to below so much, is a collection when a second
    reading confirms it. ``longest_gap_h``: a level is known for so long after a reading. ``fire_c`` and
    ``fire_rise_c_min``: temperature, and its rise in a minute, that are an alarm. ``tilt_s``: a tilt that lasts longer.
    """

    full_percent: Percent = 90.0
    overflow_percent: Percent = 98.0
    drop_percent: Percent = 30.0
    empty_below_percent: Percent = 15.0
    longest_gap_h: Positive = 6.0
    min_capture_percent: Annotated[float, msgspec.Meta(ge=0, le=100)] = 75.0
    fire_c: float = 60.0
    fire_rise_c_min: Positive = 5.0
    tilt_s: Annotated[float, msgspec.Meta(ge=0)] = 60.0


class ContainerDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One container. With ``empty_mm`` and ``full_mm`` its level comes from the distance, else from the level sent.

    ``empty_mm``: sensor to floor; ``full_mm``: sensor to what counts as full; ``dead_zone_mm``: nearer than this the
    sensor sees nothing. ``address``: a household's own container is ``private``; open data do not tell which it is.
    """

    empty_mm: Positive | None = None
    full_mm: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    dead_zone_mm: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    volume_l: Positive | None = None
    kind: Literal["residual", "paper", "glass", "organic", "packaging", "textile", "other"] = "residual"
    address: Literal["public", "private"] = "public"
