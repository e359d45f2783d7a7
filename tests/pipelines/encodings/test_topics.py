"""Topic segments and ids: always well-formed, never a device's."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.encodings.topics import Address, digest, distinct, gateway_topic, holds_eui, segment

SEGMENT = re.compile(r"^[a-z0-9-]{1,64}$")


def test_an_address_gives_the_documented_topics_and_id() -> None:
    address = Address("mechelen", "parking", "parking-mechelen", "a-12")
    assert address.topic("state") == "open/v1/mechelen/parking/parking-mechelen/a-12/state"
    assert address.topic("obs") == "open/v1/mechelen/parking/parking-mechelen/a-12/obs"
    assert address.urn("ParkingSpot") == "urn:ngsi-ld:ParkingSpot:mechelen:parking-mechelen:a-12"
    assert gateway_topic("mechelen", "gw-1") == "open/v1/mechelen/_gateway/gw-1/state"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("A-12", "a-12"),
        ("Bin 7 / Süd", "bin-7-sud"),
        ("Straße", "strasse"),
        ("--x--", "x"),
        ("north+#/south", "north-south"),
        ("a" * 80, "a" * 64),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_names_become_readable_segments(name: str, slug: str) -> None:
    assert segment(name) == slug


@given(st.text())
def test_any_name_becomes_a_segment_that_stays_as_it_is(name: str) -> None:
    slug = segment(name)
    assert SEGMENT.match(slug)
    assert segment(slug) == slug


@given(st.text(min_size=1), st.text(min_size=1))
def test_features_with_the_same_segment_can_be_kept_apart(one: str, other: str) -> None:
    apart = distinct(segment(one), f"waste-container/{one}"), distinct(segment(one), f"waste-container/{other}")
    assert all(SEGMENT.match(slug) for slug in apart)
    assert (apart[0] == apart[1]) == (one == other)


@pytest.mark.parametrize(
    "name",
    [
        "a81758fffe0462b9",
        "A8-17-58-FF-FE-04-62-B9",
        "a8:17:58:ff:fe:04:62:b9",
        "0xA81758FFFE0462B9",
        "bin-a81758fffe0462b9-north",
    ],
)
def test_the_id_of_a_device_is_recognised(name: str) -> None:
    assert holds_eui(name)


@pytest.mark.parametrize("name", ["a-12", "a81758fffe0462b", "a81758fffe0462b99", "2026-11-03 deadbeef"])
def test_other_names_are_not_taken_for_a_device(name: str) -> None:
    assert not holds_eui(name)


def test_a_salted_digest_cannot_be_made_without_the_salt() -> None:
    assert digest("x", salt=b"one") != digest("x", salt=b"two") != digest("x")
