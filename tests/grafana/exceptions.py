"""Queries that find nothing in the simulated city's days, each with its reason. One that finds rows after all fails.

To take one away: let the city of ``city.toml`` do what the panel shows.
"""

import msgspec


class Empty(msgspec.Struct, frozen=True):
    """A panel, annotation or alert rule by its titles. ``below_days``: with so many days of data it must find rows."""

    dashboard: str
    title: str
    reason: str
    ref: str = ""
    below_days: float = float("inf")


EMPTY: tuple[Empty, ...] = (
    Empty(
        "Cycling",
        "How many on an average day of the year?",
        "an annual average is said after three months of counted hours, and the city lives a month at most",
    ),
    Empty(
        "Device health",
        "How many months will the batteries last?",
        "a slope is said after thirty days with a reading",
        below_days=30,
    ),
    Empty(
        "Waste",
        "Do the forecasts hold what they promise?",
        "most fillings end by a collection, which says little of the forecast; enough of the others take weeks",
        below_days=30,
    ),
)
