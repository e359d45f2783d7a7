from fractions import Fraction

import pytest

from pipelines.layout.notation import Field, Part, Reading, Repeat
from pipelines.layout.read import Unreadable, compile_parts
from pipelines.layout.wire import wire_type


def field(name: str | None, wire: str | None = None, **rules: object) -> Field:
    return Field(name=name, wire=wire_type(wire) if wire else None, **rules)  # type: ignore[arg-type]


def read(parts: list[Part], frame: str) -> list[Reading]:
    payload = bytes.fromhex(frame)
    readings: list[Reading] = []
    at = compile_parts(parts)(payload, 0, len(payload), readings)
    assert at <= len(payload)
    return readings


def values(parts: list[Part], frame: str) -> dict[str, object]:
    return {reading.name: reading.value for reading in read(parts, frame)}


def test_fields_follow_each_other() -> None:
    parts: list[Part] = [field("a", "u8"), field(None, skip=2), field("b", "s16le", scale=Fraction(1, 10))]
    assert values(parts, "07 ffff e7ff") == {"a": 7, "b": -2.5}


def test_no_fields_read_nothing() -> None:
    assert read([], "") == []


def test_a_field_may_name_its_place() -> None:
    assert values([field("b", "u8", at=2), field("a", "u8", at=0), field("next", "u8")], "010203") == {
        "b": 3,
        "a": 1,
        "next": 2,
    }


def test_bits_come_from_the_number_read_last() -> None:
    parts: list[Part] = [
        field(None, "u16"),
        field("low", bits=(0, 3)),
        field("signed", bits=(4, 7), signed=True),
        field("top", bits=(15, 15), words={0: False, 1: True}),
        field("after", "u8"),
    ]
    assert values(parts, "80e5 01") == {"low": 5, "signed": -2, "top": True, "after": 1}


def test_a_number_and_its_bits_can_both_be_readings() -> None:
    assert values([field("all", "u8"), field("low", bits=(0, 0))], "03") == {"all": 3, "low": 1}
    assert values([field("high", "u8", bits=(4, 7)), field("low", bits=(0, 3))], "a5") == {"high": 10, "low": 5}


def test_a_missing_value_makes_no_reading_whether_bits_or_not() -> None:
    assert values([field("a", "u8", missing=(255,)), field("b", bits=(0, 3), missing=(15,))], "ff") == {}
    assert values([field("a", "u8", missing=(255,)), field("b", "u8")], "ff01") == {"b": 1}


def test_a_fixed_number_is_checked_and_not_reported() -> None:
    parts: list[Part] = [field("version", "u8", const=2), field(None, "u8"), field("mode", bits=(7, 7), const=0)]
    assert values(parts, "0200") == {}
    with pytest.raises(Unreadable, match="byte 0: version is 0x03, the layout says 0x02"):
        read(parts, "0300")
    with pytest.raises(Unreadable, match="byte 1: mode is 0x01, the layout says 0x00"):
        read(parts, "0280")
    with pytest.raises(Unreadable, match="byte 0: a number is 0x03"):
        read([field(None, "u8", const=2)], "03")


def test_an_optional_field_may_be_absent_but_not_cut() -> None:
    parts: list[Part] = [field("a", "u8"), field("b", "u16", optional=True), field("c", "u8", optional=True)]
    assert values(parts, "01") == {"a": 1}
    assert values(parts, "010002") == {"a": 1, "b": 2}
    assert values(parts, "01000203") == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(Unreadable, match="byte 1: b is u16, but only 1 left"):
        read(parts, "0100")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (field("a", "u16"), "byte 0: a is u16, but only 1 left"),
        (field("a", "u16", scale=Fraction(1, 10)), "byte 0: a is u16, but only 1 left"),
        (field("a", "u16", bits=(0, 3)), "byte 0: a is u16, but only 1 left"),
        (field(None, skip=3), "byte 0: 3 bytes to pass over, but only 1 left"),
        (field("a", "u8", at=9), "byte 9: a is u8, but only 0 left"),
        (field("a", "u8", words={0: "x"}), "byte 0: a has no meaning for 1"),
        (field("a", "u8", bits=(0, 0), words={0: "x"}), "byte 0: a has no meaning for 1"),
    ],
)
def test_what_is_not_there_is_named_with_its_byte(part: Field, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read([part], "01")


def ages(parts: list[Part], frame: str) -> list[tuple[object, float]]:
    return [(reading.value, reading.age_s) for reading in read(parts, frame)]


def test_a_history_gets_older_block_by_block() -> None:
    block = (field("t", "s8"),)
    newest = Repeat(fields=block, step_s=600)
    assert ages([newest], "010203") == [(1, 0), (2, 600), (3, 1200)]
    oldest = Repeat(fields=block, step_s=600, first_age_s=60, order="oldest_first")
    assert ages([oldest], "010203") == [(3, 60), (2, 660), (1, 1260)]


def test_a_history_has_as_many_blocks_as_are_fixed_or_sent_or_fit() -> None:
    block = (field("t", "u16"),)
    after = field("after", "u8")
    assert values([Repeat(fields=block, count=1), after], "000107") == {"t": 1, "after": 7}
    assert ages([Repeat(fields=block, count=wire_type("u8")), after], "02 0001 0002 07") == [(1, 0), (2, 0), (7, 0)]
    assert ages([Repeat(fields=block, count=wire_type("u8"))], "00") == []
    with pytest.raises(Unreadable, match="byte 0: the number of blocks is missing"):
        read([Repeat(fields=block, count=wire_type("u8"))], "")
    with pytest.raises(Unreadable, match="byte 3: t is u16, but only 0 left"):
        read([Repeat(fields=block, count=wire_type("u8"))], "ff 0001")
    with pytest.raises(Unreadable, match="byte 2: t is u16, but only 1 left"):
        read([Repeat(fields=block)], "0001 00")


def test_a_time_goes_to_the_readings_beside_it() -> None:
    block = (field("at", "u32", time="unix_s"), field("t", "u8"), field("u", "u8"))
    first, second, third, fourth = read([Repeat(fields=block)], "00000001 0203 00000002 0405")
    assert first == Reading("t", 2, 0.0, 1_000_000_000)
    assert second == Reading("u", 3, 0.0, 1_000_000_000)
    assert third == Reading("t", 4, 0.0, 2_000_000_000)
    assert fourth.time_ns == 2_000_000_000


def test_a_time_counts_for_the_fields_that_were_there() -> None:
    parts: list[Part] = [field("at", "u32", time="unix_s"), field("t", "u8"), field("u", "u8", optional=True)]
    assert read(parts, "00000001 02") == [Reading("t", 2, 0.0, 1_000_000_000)]
