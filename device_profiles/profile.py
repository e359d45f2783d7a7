"""``profile.toml``: everything Citygate knows of one model of device. ``example/example`` explains the format."""

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.downlink_file import DownlinkTable
from device_profiles.layout_file import Exact, PayloadTable, Scalar, Table
from pipelines.vocabulary import Domain


class IdentityTable(Table):
    """Which device this is, and where to read about it. ``source``: the document that describes the payload."""

    vendor: str = Field(min_length=1)
    model: str = Field(min_length=1)
    title: str = Field(min_length=1)
    firmware: str = ""
    lorawan: str = Field(default="", pattern=r"^(1\.[0-9](\.[0-9])?)?$")
    sensors: tuple[str, ...] = ()
    domains: tuple[Domain, ...] = ()
    data_sheet: str = Field(default="", pattern=r"^(https?://\S+)?$")
    source: str = ""


class MapTable(Table):
    """Where one vendor reading goes. Without ``unit`` the layout's unit counts, without that the vocabulary's.

    ``calibration = "required"``: the value means nothing without the device's own calibration of the property.
    """

    property: str
    unit: str | None = None
    factor: Exact | None = None
    offset: Exact | None = None
    low: float | None = None
    high: float | None = None
    values: dict[str, Scalar] | None = None
    calibration: Literal["optional", "required"] = "optional"

    @model_validator(mode="after")
    def _one_way_of_converting(self) -> Self:
        if self.values is not None and (self.factor is not None or self.offset is not None or self.unit):
            raise ValueError("either values, or unit, factor and offset")
        if self.unit is not None and (self.factor is not None or self.offset is not None):
            raise ValueError("either unit, or factor and offset")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class BatteryTable(Table):
    """What a voltage says about the charge: rising points of (V, %), straight lines between them."""

    curve: list[tuple[float, float]] = Field(min_length=2)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        volts, percents = zip(*self.curve, strict=True)
        if list(volts) != sorted(set(volts)) or list(percents) != sorted(percents):
            raise ValueError("the points of the curve must rise, in V and in %")
        if percents[0] < 0 or percents[-1] > 100:  # noqa: PLR2004 - per cent
            raise ValueError("the curve's second numbers are per cent, 0 to 100")
        return self


class ProfileFile(Table):
    """The whole file. ``sum``: a reading of its own that adds up others, like both directions of a counter.

    ``enabled = false``: read and checked, but no device can have it; imported profiles begin so.
    ``privacy_class``: A environment, B asset, C use of public space, D household or business.
    """

    enabled: bool = True
    identity: IdentityTable
    reporting_interval_s: float | None = Field(default=None, gt=0)
    privacy_class: Literal["A", "B", "C", "D"]
    payload: PayloadTable
    sum: dict[str, list[str]] = Field(default_factory=dict)
    map: dict[str, MapTable] = Field(default_factory=dict)
    battery: BatteryTable | None = None
    downlink: dict[str, DownlinkTable] = Field(default_factory=dict)
