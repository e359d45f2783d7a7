"""What a downlink of a profile is, as frozen data. The files that people write are checked elsewhere."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from pipelines.layout.notation import Layout
from pipelines.model import Value

Checksum = Literal["", "crc16-modbus"]


class Unsendable(ValueError):  # noqa: N818 - a verdict on a wish
    """It is not sent; the text says what and where, ``mend`` what to do."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


class DownlinkField(msgspec.Struct, frozen=True, kw_only=True):
    """One value that a person gives. ``low`` and ``high`` are the maker's limits, in ``unit``.

    ``choices``: the only words it can be. ``default``: what it is where nobody gives it; a field that is not
    ``needed`` may be left out of the frame.
    """

    name: str
    title: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    default: Value | None = None
    needed: bool = True


class Valve(msgspec.Struct, frozen=True):
    """What makes a downlink an actuator: ``field`` says ``open`` or ``closed``.

    ``duration``: the field, in seconds, after which the device closes by its own timer; "" where it has none.
    """

    field: str
    open: Value
    closed: Value
    duration: str = ""


class Downlink(msgspec.Struct, frozen=True, kw_only=True):
    """One command that a model of device understands.

    The bytes come from ``layout`` (kind ``fixed``), or from the profile's codec, which gets ``codec_input`` and the
    fields. ``f_port`` None: the codec says it. ``confirmed_by``: field → reading of an uplink that shows its value.
    """

    name: str
    title: str
    fields: tuple[DownlinkField, ...]
    f_port: int | None = None
    layout: Layout | None = None
    checksum: Checksum = ""
    codec_input: Mapping[str, Value] = {}
    valve: Valve | None = None
    confirmed_by: Mapping[str, str] = {}

    def field(self, name: str) -> DownlinkField | None:
        """The field of this name."""
        return next((field for field in self.fields if field.name == name), None)


class Command(msgspec.Struct, frozen=True):
    """A downlink with its values, ready to be wrapped for a network server."""

    downlink: str
    values: Mapping[str, Value]
    payload: bytes
    f_port: int
