"""SenML: resolution of base values, times and names (RFC 8428, section 4)."""

import pytest

from pipelines.decoders.senml import decode_cbor, decode_json, encode_cbor, encode_json
from pipelines.layout.notation import Reading
from pipelines.layout.read import Unreadable
from pipelines.layout.write import Given, Unwritable


def read(text: str) -> list[Reading]:
    return decode_json(text.encode())


def test_base_values_hold_until_they_are_changed() -> None:
    found = read('[{"bv":20,"n":"a","v":1},{"n":"b","v":2},{"bv":0,"n":"c","v":3}]')
    assert [(one.name, one.value) for one in found] == [("a", 21), ("b", 22), ("c", 3)]


def test_a_late_time_is_an_instant_and_an_early_one_an_age() -> None:
    instant, past, now = read('[{"bt":1700000000.5,"n":"a","v":1},{"bt":-60,"n":"b","v":1},{"bt":0,"n":"c","v":1}]')
    assert (instant.time_ns, instant.age_s) == (1_700_000_000_500_000_000, 0.0)
    assert (past.time_ns, past.age_s) == (None, 60.0)
    assert (now.time_ns, now.age_s) == (None, 0.0)


def test_without_a_name_the_base_name_names_the_value() -> None:
    assert read('[{"bn":"urn:dev:mac:0024be:","v":1}]')[0].name == "urn:dev:mac:0024be:"


def test_a_sum_is_a_reading_of_its_own() -> None:
    assert [(one.name, one.value) for one in read('[{"bs":100,"n":"energy","v":5,"s":7}]')] == [
        ("energy", 5),
        ("energy.sum", 107),
    ]


def test_what_is_no_measurement_is_left_aside() -> None:
    assert read('[{"bn":"x"},{"n":"blob","vd":"aGk"},{"n":"y","vb":true}]') == [Reading("y", value=True)]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[", "no JSON"),
        ("{}", "a SenML pack is a list of records, at least one"),
        ("[]", "a SenML pack is a list of records, at least one"),
        ("[1]", "record 0: not a table"),
        ('[{"n":"a","v":1},{"n":"b","v":true}]', "record 1: v is not a finite number"),
        ('[{"n":"a","v":1,"q_":1}]', "record 0: label 'q_' must be understood"),
        ('[{"bver":11,"n":"a","v":1}]', "record 0: version 11 is not known"),
        ('[{"v":1}]', "record 0: neither n nor bn"),
        ('[{"n":"a","v":1,"t":1e300}]', "behind the year 2242"),
        ("[" + ",".join(['{"n":"a","v":1}'] * 600) + "]", "600 records; at most 512"),
    ],
)
def test_says_which_record_is_wrong(text: str, finding: str) -> None:
    with pytest.raises(Unreadable, match=finding.replace("[", r"\[")):
        read(text)


def test_json_and_cbor_say_the_same() -> None:
    readings: dict[str, Given] = {"temperature": 21.5, "occupied": True, "state": "open", "count": 7}
    assert decode_json(encode_json(readings)) == decode_cbor(encode_cbor(readings))


def test_numbers_that_the_rfc_does_not_give_are_passed_over() -> None:
    assert decode_cbor(bytes.fromhex("81 a3 00 6161 02 01 18 63 05")) == [Reading("a", 1)]


def test_numbers_beyond_any_float_are_refused() -> None:
    with pytest.raises(Unreadable):
        read('[{"n":"a","v":1' + "0" * 400 + "}]")
    with pytest.raises(Unwritable, match="more than 64 bits"):
        encode_cbor({"a": 2**70})
