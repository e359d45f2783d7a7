"""Colours by name: every name has exactly one, numbered neighbours differ."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.grafana.palette import HEX, SERIES, by_name


def colour_of(name: str) -> str:
    (colour,) = [colour for pattern, colour in by_name().items() if re.search(pattern.strip("/"), name)]
    return colour


@given(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]*[a-zA-Z0-9]", fullmatch=True))
@settings(max_examples=200)
def test_every_name_has_one_colour(name: str) -> None:
    assert colour_of(name) in SERIES


def test_eight_neighbours_have_eight_colours() -> None:
    assert len({colour_of(f"elzenstraat-{number:02}") for number in range(1, 9)}) == len(SERIES)


def test_pilots_of_one_city_differ_by_their_beginning() -> None:
    assert len({colour_of(f"{domain}-mechelen") for domain in ("air", "cycling", "energy", "green", "parking")}) == 5


def test_the_first_thing_of_one_street_is_not_like_the_first_of_another() -> None:
    assert len({colour_of(f"{street}-01") for street in ("bakkerskade", "meidoornlaan", "populierenplein")}) == 3


def test_the_colours_are_okabes_and_itos() -> None:
    """As in "Color Universal Design", figure 16; grey in place of black."""
    published = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
    assert set(HEX.values()) - published == {HEX["grey"]}
