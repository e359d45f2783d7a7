"""What people write of a street light, and of when it should burn."""

from typing import Annotated

import msgspec

from pipelines.domains.light.sun import HORIZON_DEG

Positive = Annotated[float, msgspec.Meta(gt=0)]


class LampDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``details`` of a ``street-light``.

    ``rated_w``: power of the undimmed lamp with its driver; without it no energy is expected and no lamp found out.
    ``register_digits``: of whole kWh of its meter, if it has one.
    """

    rated_w: Positive | None = None
    register_digits: Annotated[int, msgspec.Meta(ge=3, le=9)] = 6


class LightSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[settings.light]``. ``sun_below_deg``: elevation of the sun below which it is dark, sunset.

    ``unlit_below_deg``: below which every lamp should burn, civil dusk: lamps are switched some time after sunset.

    ``hold_h``: for how long a lamp is taken to be as it last reported.
    """

    sun_below_deg: Annotated[float, msgspec.Meta(ge=-18, le=5)] = HORIZON_DEG
    unlit_below_deg: Annotated[float, msgspec.Meta(ge=-18, le=5)] = -6.0
    hold_h: Positive = 3.0
