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


EMPTY: tuple[Empty, ...] = ()
