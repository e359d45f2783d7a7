"""What people write of an electricity meter."""

from typing import Annotated, Literal

import msgspec

from pipelines.domains import Site
from pipelines.domains.register import Limits, limits_of

IMPORT = "energy_import_kwh"
EXPORT = "energy_export_kwh"


class MeterDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``details`` of an ``electricity-meter``.

    ``register_digits``: digits before the decimal point; 6 is what DSMR writes, F9(3,3) in P1 Companion Standard 5.0.2.
    ``fuse_kw``: what the connection can carry; the default is three phases of 80 A at 230 V, the largest that a Dutch
    small user can have.
    ``connection``: name of the building that the meter belongs to, the same for all its meters; "" for none.
    ``role``: at the border with the grid, or at the panels. ``counts_in``: the register in which a meter at the panels
    counts what they produce.
    """

    register_digits: Annotated[int, msgspec.Meta(ge=3, le=9)] = 6
    fuse_kw: Annotated[float, msgspec.Meta(gt=0)] = 55.2
    connection: str = ""
    role: Literal["grid", "production"] = "grid"
    counts_in: Literal["energy_export_kwh", "energy_import_kwh"] = "energy_export_kwh"

    @property
    def limits(self) -> Limits:
        """What the meter's registers can do."""
        return limits_of(self.register_digits, self.fuse_kw)


def details_of(feature: str, site: Site) -> MeterDetails:
    """The details of a meter, or their defaults."""
    return site.place(feature).details_as(MeterDetails)
