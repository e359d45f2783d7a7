"""Colours that people with any kind of colour vision can tell apart.

Source: Okabe and Ito, "Color Universal Design" (2008): eight colours, chosen for the three common kinds of colour
blindness. Meaning is never told by colour alone: thresholds stand in the description, states carry their word.
"""

from typing import Literal

Colour = Literal["orange", "sky", "green", "yellow", "blue", "vermilion", "purple", "grey"]

HEX: dict[Colour, str] = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#999999",
}
"""Grey stands in for the palette's black, which a dark page swallows."""

SERIES: tuple[Colour, ...] = ("blue", "orange", "green", "purple", "sky", "vermilion", "yellow", "grey")
"""The order in which the lines of one panel take them: neighbours differ in lightness too."""

_LETTERS = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "1234567890")


def by_name() -> dict[str, Colour]:
    """Regular expression of names → colour, by the first and the last character of a name together.

    So a thing has the same colour on every panel, and its neighbours have others: those that are numbered, those whose
    streets begin alike, the pilots of one city, which end alike. Grafana has no palette for names that nobody knows
    beforehand, and its own is not made for all eyes.
    """
    count = len(SERIES)
    groups = ["".join(letters[place::count] for letters in _LETTERS) for place in range(count)]
    return {
        "/^(?:" + "|".join(f"[{groups[first]}].*[{groups[place - first]}]" for first in range(count)) + ")$/": colour
        for place, colour in enumerate(SERIES)
    }
