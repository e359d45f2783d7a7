"""``vectors.json``: what a profile must make of given frames, right and wrong ones. They stand beside the profile.

A vector has ``port`` and ``hex`` (or ``text``), or ``decoded`` for values that come decoded; and ``expect`` (vendor
readings; a list for a history, newest first) or ``error`` (part of the rejection's text). ``encodes = false``: the
frame is read, but the device could say the same in other bytes. ``source``: the maker's document, title and page,
that has this frame. ``witness``: somebody else who published the frame with these values.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, TypeAdapter, field_validator, model_validator

from device_profiles.layout_file import Scalar, Table
from pipelines.decode import CompiledProfile, Reading
from pipelines.layout.write import Unwritable
from pipelines.model import Rejected, Uplink

_HEX = re.compile(r"([0-9a-fA-F]{2} *)*")


class Vector(Table):
    """One frame and what it says."""

    about: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=0, le=255)
    hex: str | None = None
    text: str | None = None
    decoded: dict[str, Any] | None = None
    expect: dict[str, Scalar | list[Scalar]] | None = None
    error: str | None = None
    encodes: bool = True
    source: str = ""
    witness: str = ""

    @field_validator("hex")
    @classmethod
    def _whole_bytes(cls, text: str | None) -> str | None:
        if text is not None and not _HEX.fullmatch(text):
            raise ValueError(f"'{text[:40]}' is not hex: two digits a byte, such as 0ce1 0762")
        return text

    @model_validator(mode="after")
    def _one_input_and_one_outcome(self) -> Self:
        if sum(given is not None for given in (self.hex, self.text, self.decoded)) != 1:
            raise ValueError("needs hex, text, or decoded; one of them")
        if (self.expect is None) == (self.error is None):
            raise ValueError("needs expect, or error; one of them")
        return self

    @property
    def payload(self) -> bytes | None:
        """The frame's bytes; None for values that come decoded."""
        if self.text is not None:
            return self.text.encode()
        return None if self.hex is None else bytes.fromhex(self.hex)

    @property
    def uplink(self) -> Uplink:
        """The uplink that carries this frame."""
        return Uplink("vector", payload=self.payload, f_port=self.port, decoded=self.decoded)


VECTORS = TypeAdapter(list[Vector])

Verification = Literal["maker", "witness", "unverified"]


def verification(vectors: Sequence[Vector]) -> Verification:
    """Who vouches for a profile: the maker's own document, somebody else's published frame, or nobody but us."""
    right = [vector for vector in vectors if vector.expect]
    if any(vector.source for vector in right):
        return "maker"
    return "witness" if any(vector.witness for vector in right) else "unverified"


def difference(profile: CompiledProfile, vector: Vector) -> str:
    """What the profile makes of a vector that it should not; "" when all is right."""
    return judged(profile, vector, profile.decode(vector.uplink))


def judged(profile: CompiledProfile, vector: Vector, outcome: Sequence[Reading] | Rejected) -> str:
    """The same for an outcome that is there already, as a codec's answer is."""
    if isinstance(outcome, Rejected):
        if vector.error is not None and vector.error in outcome.detail:
            return ""
        return f"{vector.about}: rejected: {outcome.detail}"
    found = by_name(outcome)
    if vector.expect is None:
        return f"{vector.about}: must be rejected with {vector.error!r}, but gives {found}"
    if not _same(found, vector.expect):
        return f"{vector.about}: expected {vector.expect}, but found {found}"
    return _difference_of_bytes(profile, vector)


def _difference_of_bytes(profile: CompiledProfile, vector: Vector) -> str:
    if profile.encode is None or not vector.encodes or vector.payload is None:
        return ""
    assert vector.expect is not None
    try:
        payload = profile.encode(vector.expect, vector.port)
    except Unwritable as unwritable:
        return f"{vector.about}: cannot be encoded: {unwritable}"
    wanted = vector.payload
    return "" if payload == wanted else f"{vector.about}: encodes to {payload.hex()} instead of {wanted.hex()}"


def by_name(readings: Sequence[Reading]) -> dict[str, Scalar | list[Scalar]]:
    """Readings as a vector writes them: a list where a name comes more than once or has an age, newest first."""
    values: dict[str, Scalar | list[Scalar]] = {}
    for reading in readings:
        values[reading.name] = reading.value
    for name in values:
        same = [reading for reading in readings if reading.name == name]
        if len(same) > 1 or same[0].age_s or same[0].time_ns:
            values[name] = [reading.value for reading in same]
    return values


def _same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return found.keys() == expected.keys() and all(_equal(found[name], expected[name]) for name in found)


def _equal(found: Any, expected: Any) -> bool:
    """Equal, with true and 1 told apart, and numbers to the last digit that JSON carries."""
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_equal, found, expected))
    if isinstance(found, bool) or isinstance(expected, bool) or isinstance(found, str) or isinstance(expected, str):
        return type(found) is type(expected) and found == expected
    if isinstance(found, list) or isinstance(expected, list):
        return False
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
