"""What a layout file says: a dashboard is a list of rows and panels, a panel asks a question and queries the answer.

Laws
- A title is the question that the panel answers; ``about`` tells how to read it and where the number comes from.
- Fields are vocabulary terms; units follow from them and are never written here.
- Panels flow from left to right in the order of the file: nothing has coordinates, so nothing can overlap.
- Colour never speaks alone: a step of a threshold says what it means, and the meaning ends in the description.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from gateway.grafana.palette import Colour

Function = Literal["", "count", "first", "last", "max", "mean", "median", "min", "sum", "difference"]
Fill = Literal["", "none", "null", "previous", "0"]
Scope = Literal["things", "pilots", "areas", "devices", "cities", "gateway", "everything"]
Look = Literal["series", "bars", "stat", "bar gauge", "states", "table", "map"]
Choice = Literal["city", "pilot", "area", "feature", "device", "gateway"]
Reduce = Literal["lastNotNull", "sum", "mean", "max"]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """``SELECT function(fields) FROM measurement WHERE scope and where GROUP BY every, by``.

    ``scope`` says which template variables narrow it: the things (and the pilots, areas and cities they are in), only
    pilots, the features named after an area, devices, only cities, or the gateway. ``names`` are for people, one a
    field. ``alias``: the name of a series, Grafana's ``$tag_feature``. ``inner``: a query in place of a measurement.
    """

    measurement: str
    fields: tuple[str, ...] = ()
    function: Function = "mean"
    by: tuple[str, ...] = ()
    every: str = ""
    fill: Fill = ""
    where: str = ""
    scope: Scope = "things"
    names: tuple[str, ...] = ()
    alias: str = ""
    beside: tuple[str, ...] = ()
    """Fields as they stand in the row that a selector such as ``last`` has found."""
    tags: tuple[str, ...] = ()
    """Tags to select beside the fields, for tables of raw rows."""
    inner: "Query | None" = None
    area_of: str = ""
    """With scope ``areas``: the feature type whose local names are areas."""
    newest: int = 0
    """So many rows at most, newest first."""


class Step(msgspec.Struct, frozen=True):
    """From ``value`` on (None: from the beginning) the number has this colour, and this is what that means."""

    value: float | None
    colour: Colour
    meaning: str


class Word(msgspec.Struct, frozen=True):
    """How a state or flag is shown: ``true`` → "taken"."""

    value: str
    text: str
    colour: Colour


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One question. ``width`` of 24 columns, ``height`` in Grafana's rows of 30 pixels.

    ``counts``: it counts rows, so the unit is a plain number and not that of the field. ``look_back`` replaces the
    dashboard's time range, for questions about now whose answer may be old. ``empty`` is shown when nothing is found.
    """

    title: str
    about: str
    look: Look
    queries: tuple[Query, ...]
    width: int = 12
    height: int = 8
    steps: tuple[Step, ...] = ()
    words: tuple[Word, ...] = ()
    low: float | None = None
    high: float | None = None
    counts: bool = False
    look_back: str = ""
    empty: str = ""
    reduce: Reduce = "lastNotNull"
    decimals: int | None = None
    stacked: bool = False
    legend: Literal["list", "none"] = "list"
    """``none`` where dozens of lines would need more room for their names than for themselves."""
    smallest_step: str = ""
    """The shortest ``$__interval``, for data that comes more seldom than pixels do."""
    columns: Mapping[str, str] = {}
    """Of a table: column → its heading; columns that are not named here are hidden."""
    first_by: str = ""
    """Of a table: the heading by which its rows are sorted, the smallest first."""


class Row(msgspec.Struct, frozen=True):
    """A heading across the page."""

    title: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """An annotation: something that happened, drawn on every panel over time."""

    name: str
    query: Query
    text: str
    """The column that says what happened."""
    colour: Colour
    shown: bool = True


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A page. ``kinds``: the feature types that its choices offer; ``thing`` is what one of them is called ("Bin")."""

    uid: str
    title: str
    about: str
    parts: tuple[Panel | Row, ...]
    kinds: tuple[str, ...] = ()
    thing: str = "Thing"
    marks: tuple[Mark, ...] = ()
    variables: tuple[Choice, ...] = ("city", "pilot", "area", "feature")
    back: str = "now-7d"
    refresh: str = "1m"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: somebody must know, also while nobody looks at a page.

    It fires for each series of ``query`` whose newest number is above ``above`` (where there is a ``below``: below
    that) for ``lasting``. ``page``, ``panel``: where one sees it. ``silence``: what it means that nothing is found.
    """

    uid: str
    title: str
    query: Query
    above: float = 0
    below: float | None = None
    look_back_s: int
    lasting: str = "0s"
    severity: Literal["warning", "critical"]
    summary: str
    mend: str
    page: str
    panel: str
    silence: Literal["OK", "Alerting"] = "OK"
