"""The protobuf reader on its own: the bytes of each wire type, whole, cut and wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.dialects import protobuf

MESSAGE = bytes.fromhex(
    "08 9601"  # field 1, varint 150
    "12 07 74657374696e67"  # field 2, length 7, "testing"
    "1d 0000803f"  # field 3, fixed32, 1.0
    "21 000000000000f03f"  # field 4, fixed64, 1.0
    "28 ffffffffffffffffff01"  # field 5, varint -1
    "ca3e 00"  # field 1001, two-byte tag, length 0
)


def test_reads_every_wire_type() -> None:
    fields = protobuf.read_fields(MESSAGE)
    assert [field[0] for field in fields] == [1, 2, 3, 4, 5, 1001]
    assert protobuf.as_uint32(fields[0]) == 150
    assert protobuf.as_text(fields[1]) == "testing"
    assert protobuf.as_float(fields[2]) == protobuf.as_float(fields[3]) == 1.0
    assert protobuf.as_int(fields[4]) == -1
    assert protobuf.as_bytes(fields[5]) == b""


def test_a_message_cut_between_fields_is_shorter_and_elsewhere_an_error() -> None:
    whole = 0
    for cut in range(len(MESSAGE)):
        try:
            protobuf.read_fields(MESSAGE[:cut])
            whole += 1
        except protobuf.ProtobufError:
            continue
    assert whole == 6


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_protobuf_error(message: bytes) -> None:
    try:
        fields = protobuf.read_fields(message)
    except protobuf.ProtobufError:
        return
    assert all(number >= 0 for number, _, _ in fields)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("08", "ends inside"),  # a tag and nothing
        ("08 80", "ends inside"),  # a varint that never ends
        ("08 ffffffffffffffffffff01", "64 bits"),  # eleven bytes
        ("08 ffffffffffffffffff02", "64 bits"),  # the tenth byte carries more than one bit
        ("0b", "wire type 3"),  # a group begins
        ("0c", "wire type 4"),
        ("0e", "wire type 6"),
        ("12 7f 00", "wants 127 bytes"),
        ("1d 000000", "wants 4 bytes"),
        ("00 00" * 4_097, "4097 fields"),
    ],
)
def test_wrong_bytes_are_named(message: str, says: str) -> None:
    with pytest.raises(protobuf.ProtobufError, match=says):
        protobuf.read_fields(bytes.fromhex(message))


@pytest.mark.parametrize(
    ("read", "field"),
    [
        (protobuf.as_int, (1, 2, b"")),
        (protobuf.as_uint32, (1, 0, 2**32)),
        (protobuf.as_uint32, (1, 5, b"\x00" * 4)),
        (protobuf.as_bytes, (1, 0, 5)),
        (protobuf.as_bytes, (1, 5, b"\x00" * 4)),
        (protobuf.as_text, (1, 2, b"\xff")),
        (protobuf.as_float, (1, 0, 5)),
        (protobuf.as_float, (1, 2, b"\x00" * 4)),
    ],
)
def test_a_field_of_another_type_is_an_error(read: object, field: protobuf.Field) -> None:
    assert callable(read)
    with pytest.raises(protobuf.ProtobufError, match="field 1"):
        read(field)
