"""Formats with a reader of their own: what a table of fields cannot say. Milesight, Elsys and Decentlab are tables.

Laws
- Pure: bytes and port in, readings out, and back. ``decode`` raises nothing but Unreadable and NothingToRead,
  ``encode`` nothing but Unwritable; each text names the byte (or the record) and the rule.
- ``decode(encode(readings), port)`` gives the readings again.

To add one: a file with ``decode`` and ``encode``, a row here, its kind in ``device_profiles/layout_file.py``.
"""

from collections.abc import Mapping

import msgspec

from pipelines.decoders import cayenne_lpp, dsmr_p1, senml
from pipelines.layout.frames import FrameReader
from pipelines.layout.write import Encoder


class BuiltIn(msgspec.Struct, frozen=True):
    """One format. ``names`` says in words which reading names it gives."""

    title: str
    decode: FrameReader
    encode: Encoder
    names: str


DECODERS: Mapping[str, BuiltIn] = {
    "cayenne-lpp": BuiltIn("Cayenne LPP", cayenne_lpp.decode, cayenne_lpp.encode, "temperature_1: type and channel"),
    "senml-json": BuiltIn("SenML in JSON", senml.decode_json, senml.encode_json, "the records' own names"),
    "senml-cbor": BuiltIn("SenML in CBOR", senml.decode_cbor, senml.encode_cbor, "the records' own names"),
    "dsmr-p1": BuiltIn("DSMR P1 telegram", dsmr_p1.decode, dsmr_p1.encode, "energy_import, power_import, gas, …"),
}
