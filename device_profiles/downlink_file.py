"""``[downlink.<name>]`` tables of a profile as people write them: shape and words; the sense is ``downlinks.py``'s."""

from typing import Self

from pydantic import Field, model_validator

from device_profiles.layout_file import FieldTable, Scalar, Table
from pipelines.downlinks.notation import Checksum


class ByteTable(FieldTable):
    """A field of the frame, as in ``[payload]``, with what a person must know of it."""

    title: str = ""
    low: float | None = None
    high: float | None = None
    default: Scalar | None = None


class InputTable(Table):
    """A value that the codec's ``encodeDownlink`` takes. ``choices``: the only words that it can be."""

    field: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    title: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: list[Scalar] = Field(default_factory=list)
    default: Scalar | None = None
    optional: bool = False


class ValveTable(Table):
    """An actuator. ``duration``: the field of the device's own timer, in seconds."""

    field: str
    open: Scalar
    closed: Scalar
    duration: str = ""


class ExampleTable(Table):
    """Values and the bytes that must come of them. ``source``: the maker's document; ``witness``: somebody else's."""

    set: dict[str, Scalar]
    hex: str = Field(pattern=r"^([0-9a-fA-F]{2} *)+$")
    source: str = ""
    witness: str = ""


class DownlinkTable(Table):
    """One command. The bytes are written by ``bytes``, or by codec.js out of ``inputs`` and ``codec_input``."""

    title: str = Field(min_length=1)
    f_port: int | None = Field(default=None, ge=1, le=223)
    bytes: list[ByteTable] = Field(default_factory=list)
    checksum: Checksum = ""
    inputs: list[InputTable] = Field(default_factory=list)
    codec_input: dict[str, Scalar] = Field(default_factory=dict)
    valve: ValveTable | None = None
    confirmed_by: dict[str, str] = Field(default_factory=dict)
    examples: list[ExampleTable] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_way_to_its_bytes(self) -> Self:
        if bool(self.bytes) == bool(self.inputs):
            raise ValueError("needs bytes (a layout), or inputs (for codec.js); one of them")
        if self.bytes and self.f_port is None:
            raise ValueError("bytes need f_port, the port that the device listens on")
        if self.bytes and self.codec_input:
            raise ValueError("codec_input goes with inputs; a fixed byte is { type = 'u8', const = 1 }")
        if self.inputs and self.checksum:
            raise ValueError("checksum goes with bytes; a codec works out its own")
        return self
