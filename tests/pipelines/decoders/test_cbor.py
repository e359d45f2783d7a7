"""CBOR: the examples of RFC 8949, appendix A, that measurements need, and every way of being wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.decoders.cbor import read_cbor, write_cbor
from pipelines.layout.read import Unreadable

SHORTEST = [  # RFC 8949, appendix A
    ("00", 0),
    ("17", 23),
    ("1818", 24),
    ("1903e8", 1000),
    ("1a000f4240", 1_000_000),
    ("1bffffffffffffffff", 18446744073709551615),
    ("20", -1),
    ("3903e7", -1000),
    ("f90000", 0.0),
    ("f93c00", 1.0),
    ("f93e00", 1.5),
    ("fa47c35000", 100_000.0),
    ("fb3ff199999999999a", 1.1),
    ("fbc010666666666666", -4.1),
    ("f4", False),
    ("f5", True),
    ("f6", None),
    ("4401020304", b"\x01\x02\x03\x04"),
    ("6449455446", "IETF"),
    ("62c3bc", "ü"),
    ("83010203", [1, 2, 3]),
    ("a201020304", {1: 2, 3: 4}),
    ("a26161016162820203", {"a": 1, "b": [2, 3]}),
]


@pytest.mark.parametrize(("hexed", "value"), SHORTEST)
def test_the_examples_of_the_rfc_there_and_back(hexed: str, value: object) -> None:
    found = read_cbor(bytes.fromhex(hexed))
    assert found == value
    assert type(found) is type(value)
    assert write_cbor(value).hex() == hexed


def test_a_decimal_fraction_is_a_number() -> None:
    assert read_cbor(bytes.fromhex("c48221196ab3")) == 273.15
    assert read_cbor(bytes.fromhex("c482 1840 1bffffffffffffffff".replace(" ", ""))) == pytest.approx(1.8446744e83)


@pytest.mark.parametrize(
    ("hexed", "finding"),
    [
        ("", "byte 0: a CBOR item is missing"),
        ("19 03", "byte 1: 2 bytes of a CBOR item, but only 1 left"),
        ("82 01", "byte 2: a CBOR item is missing"),
        ("9f 01 ff", "byte 0: CBOR of indefinite length"),
        ("fb 3ff1", "byte 1: 8 bytes of a CBOR item"),
        ("f8 20", "byte 0: CBOR simple value 24"),
        ("61 ff", "byte 0: a CBOR text that is not UTF-8"),
        ("a1 80 01", "byte 1: a CBOR label is a number or a text"),
        ("a2 01 01 01 02", "byte 3: a CBOR label is a number or a text, each once"),
        ("c1 00", "byte 0: CBOR tag 1"),
        ("c4 80", "byte 0: a decimal fraction is"),
        ("9a ffffffff", "byte 0: CBOR promises 4294967295 items"),
        ("81" * 12 + "00", "deeper than 8 levels"),
        ("00 00", "byte 1: the CBOR item ends here"),
    ],
)
def test_says_which_byte_is_wrong(hexed: str, finding: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_cbor(bytes.fromhex(hexed))
    assert finding in str(caught.value)


@pytest.mark.parametrize("value", [object(), 1 << 64, -(1 << 64) - 1])
def test_what_has_no_place_in_it_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"cannot be written|more than 64 bits"):
        write_cbor(value)


LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=20)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(TREES.filter(lambda tree: str(tree).count("[") + str(tree).count("{") < 8))
def test_whatever_is_written_is_read_again(tree: object) -> None:
    assert read_cbor(write_cbor(tree)) == tree
