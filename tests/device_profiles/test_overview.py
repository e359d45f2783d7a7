"""The table of the catalogue, and who vouches for a profile."""

from typing import Any

import pytest

from device_profiles.catalogue import Catalogue
from device_profiles.overview import markdown, overview
from device_profiles.vectors import Vector, verification

CATALOGUE = Catalogue.load()


def vector(**keys: Any) -> Vector:
    return Vector.model_validate({"about": "it", "hex": "00", "expect": {"a": 1}} | keys)


@pytest.mark.parametrize(
    ("vectors", "verified"),
    [
        ([], "unverified"),
        ([vector()], "unverified"),
        ([vector(), vector(witness="a colleague")], "witness"),
        ([vector(witness="a colleague"), vector(source="Manual, page 3")], "maker"),
        ([vector(expect=None, error="byte 0", source="Manual, page 3")], "unverified"),
    ],
)
def test_a_frame_from_the_maker_counts_more_than_a_witness(vectors: list[Vector], verified: str) -> None:
    assert verification(vectors) == verified


def test_every_profile_has_a_row_and_every_domain_of_a_city_a_profile() -> None:
    rows = overview(CATALOGUE)
    assert [row.name for row in rows] == sorted(CATALOGUE.names)
    served = {domain for row in rows for domain in row.domains}
    wanted = {
        "parking",
        "waste",
        "mobility",
        "cycling",
        "green",
        "agri",
        "air",
        "noise",
        "water",
        "energy",
        "weather",
        "safety",
    }
    assert wanted <= served
    assert len(rows) >= 40
    assert sum(row.verified == "maker" for row in rows) >= 40


def test_the_table_for_readers_has_a_line_for_each_row() -> None:
    rows = overview(CATALOGUE)
    lines = markdown(rows).splitlines()
    assert len(lines) == len(rows) + 2
    assert all(line.count("|") == 7 for line in lines)
