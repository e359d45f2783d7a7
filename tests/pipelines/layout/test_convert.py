import math
from fractions import Fraction
from typing import Literal

import pytest

from pipelines.layout.convert import Unmapped, converter, raw_of, with_sign, without_sign
from pipelines.layout.notation import Field
from pipelines.layout.wire import wire_type

S16 = wire_type("s16")


def test_a_field_without_rules_needs_no_conversion() -> None:
    assert converter(Field(name="a", wire=S16)) is None


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (Field(scale=Fraction(1, 10)), 231, 23.1),
        (Field(scale=Fraction(1, 10)), 3, 0.3),
        (Field(scale=Fraction(5)), 3, 15),
        (Field(offset=Fraction(-40)), 100, 60),
        (Field(scale=Fraction(1, 2), offset=Fraction(-40)), 33, -23.5),
        (Field(scale=Fraction(1, 100), offset=Fraction(500), digits=1), 41_248, 912.5),
        (Field(scale=Fraction(-1, 3)), 1, -1 / 3),
    ],
)
def test_scale_and_offset_are_one_exact_division(field: Field, raw: int, value: float) -> None:
    convert = converter(field)
    assert convert is not None
    assert convert(raw) == value


def test_division_gives_the_decimal_that_a_person_would_write_for_every_16_bit_number() -> None:
    convert = converter(Field(scale=Fraction(1, 100)))
    assert convert is not None
    assert all(str(convert(raw)) == str(float(f"{raw}e-2")) for raw in range(-32_768, 32_768, 7))


def test_a_missing_value_and_a_float_that_is_no_number_make_no_reading() -> None:
    missing = converter(Field(scale=Fraction(1, 10), missing=(0x7FFF, -1)))
    assert missing is not None
    assert missing(0x7FFF) is None
    assert missing(-1) is None
    assert missing(10) == 1.0
    number = converter(Field(wire=wire_type("f32")))
    assert number is not None
    assert number(math.nan) is None
    assert number(-math.inf) is None
    assert number(3.5) == 3.5


def test_a_map_knows_its_words_or_the_word_for_all_others() -> None:
    strict = converter(Field(name="position", words={0: "normal", 1: "tilt"}))
    lenient = converter(Field(name="position", words={0: "normal"}, otherwise="odd"))
    assert strict is not None
    assert lenient is not None
    assert strict(1) == "tilt"
    assert lenient(9) == "odd"
    with pytest.raises(Unmapped, match="position has no meaning for 9"):
        strict(9)


@pytest.mark.parametrize(
    ("field", "value", "raw"),
    [
        (Field(scale=Fraction(1, 10)), 23.4, 234),
        (Field(scale=Fraction(1, 63)), -3 / 63, -3),
        (Field(offset=Fraction(-40), scale=Fraction(1, 2)), -23.5, 33),
        (Field(words={0: False, 1: True}), True, 1),
        (Field(words={0: 1, 1: True}), True, 1),
        (Field(missing=(0xFFFF,)), None, 0xFFFF),
        (Field(wire=wire_type("f32"), scale=Fraction(1, 2)), 1.75, 3.5),
    ],
)
def test_raw_of_is_the_inverse(field: Field, value: float | None, raw: float) -> None:
    assert raw_of(field, value) == raw


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        (Field(), None, "no sign for a missing one"),
        (Field(words={0: "a"}), "b", "'b' is none of 'a'"),
        (Field(), "12", "not a number"),
        (Field(), math.nan, "not a number"),
    ],
)
def test_raw_of_says_why_there_is_no_raw_number(field: Field, value: float | str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        raw_of(field, value)


@pytest.mark.parametrize(
    ("signed", "raw", "number"),
    [
        (False, 0b1000_0001, 129),
        (True, 0b1000_0001, -127),
        ("magnitude", 0b1000_0001, -1),
        ("magnitude", 0b0000_0001, 1),
    ],
)
def test_bits_carry_a_sign_in_either_way(signed: bool | Literal["magnitude"], raw: int, number: int) -> None:
    field = Field(name="a", bits=(8, 15), signed=signed)
    assert with_sign(field, raw) == number
    assert without_sign(field, number, 8) == raw


@pytest.mark.parametrize(
    ("signed", "number"), [(False, -1), (False, 256), (True, 128), (True, -129), ("magnitude", -128)]
)
def test_a_number_that_does_not_fit_its_bits_is_refused(signed: bool | Literal["magnitude"], number: int) -> None:
    with pytest.raises(ValueError, match="does not fit 8 bits"):
        without_sign(Field(name="a", bits=(0, 7), signed=signed), number, 8)
