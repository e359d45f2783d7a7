"""What can be asked of SensorThings: an address below ``/sta/v1.1/`` and its query options, read strictly.

    Datastreams(123)/Observations?$filter=phenomenonTime ge 2026-11-03T00:00:00Z&$orderby=phenomenonTime desc&$top=10

Law: an option, a property or an operator that the subset lacks is refused by its name (501); none is passed over.
"""

import re
from typing import Literal, cast
from urllib.parse import unquote

import msgspec
from starlette.requests import Request

from gateway.open_data.params import LONGEST_QUERY, SECRETS, instant_of
from gateway.open_data.problems import Problem, quoted
from gateway.open_data.told import EARLIEST_NS, LATEST_NS

Set = Literal["Things", "Locations", "Datastreams", "ObservedProperties", "Observations"]
SETS: tuple[Set, ...] = ("Things", "Locations", "Datastreams", "ObservedProperties", "Observations")
LACKING_SETS = ("Sensors", "FeaturesOfInterest", "HistoricalLocations")

NAVIGATION: dict[str, dict[str, tuple[Set, bool]]] = {
    "Things": {"Locations": ("Locations", True), "Datastreams": ("Datastreams", True)},
    "Locations": {"Things": ("Things", True)},
    "Datastreams": {
        "Thing": ("Things", False),
        "ObservedProperty": ("ObservedProperties", False),
        "Observations": ("Observations", True),
    },
    "ObservedProperties": {"Datastreams": ("Datastreams", True)},
    "Observations": {"Datastream": ("Datastreams", False)},
}
"""Set → what leads on from one of its entities: the set it leads to, and whether to many."""

EXPANDABLE: dict[str, frozenset[str]] = {
    "Things": frozenset({"Locations", "Datastreams"}),
    "Datastreams": frozenset({"Thing", "ObservedProperty"}),
}

OPTIONS = frozenset({"$filter", "$top", "$skip", "$orderby", "$count", "$expand"})
DEFAULT_TOP, MOST_TOP, MOST_SKIP = 100, 1_000, 100_000

_PATH = re.compile(r"([A-Za-z]{1,32})(?:\(('?)([0-9-]{1,64})\2\))?(?:/([A-Za-z]{1,32}))?")
_TERM = re.compile(r"\s*phenomenonTime\s+(ge|gt|le|lt|eq)\s+(?:datetime)?'?([0-9TZtz:.+\- ]{1,64}?)'?\s*")
_ORDER = re.compile(r"\s*phenomenonTime(?:\s+(asc|desc))?\s*")


class Path(msgspec.Struct, frozen=True):
    """``set`` alone is a collection, with ``id`` an entity of it, with ``leads_to`` what belongs to that one."""

    set: Set
    id: str = ""
    leads_to: str = ""


class Options(msgspec.Struct, frozen=True):
    """Query options. Times are of the begin of phenomenonTime: ``[from_ns, to_ns)``."""

    top: int = DEFAULT_TOP
    skip: int = 0
    counts: bool = False
    expand: frozenset[str] = frozenset()
    backwards: bool = False
    from_ns: int = EARLIEST_NS
    to_ns: int = LATEST_NS
    given: tuple[tuple[str, str], ...] = ()


def path_of(text: str) -> Path:
    """Read an address below the root. Raises Problem."""
    found = _PATH.fullmatch(unquote(text).strip("/")) if len(text) <= LONGEST_QUERY else None
    if found is None:
        mend = (
            f"It begins with {', '.join(SETS)}; an entity is Things(123), what belongs to it Things(123)/Datastreams."
        )
        raise Problem(404, f"{quoted(text)} is no address of SensorThings here", mend, where="path")
    name, _, number, leads_to = found.groups()
    if name in LACKING_SETS:
        raise Problem(501, f"{name} of SensorThings is not supported here", f"One of {', '.join(SETS)}.", where="path")
    if name not in NAVIGATION or (leads_to and not number):
        raise Problem(
            404, f"{quoted(text)} is no address of SensorThings here", f"One of {', '.join(SETS)}.", where="path"
        )
    if leads_to and leads_to not in NAVIGATION[name]:
        mend = f"{name}(…) leads to {', '.join(NAVIGATION[name])}."
        raise Problem(501, f"{quoted(leads_to)} of {name} is not supported here", mend, where="path")
    return Path(cast("Set", name), number or "", leads_to or "")


def options_of(request: Request, of: Set, *, many: bool) -> Options:
    """Read the query options for entities of a set, ``many`` of them or one. Raises Problem."""
    if len(request.url.query) > LONGEST_QUERY:
        raise Problem(414, f"the query has more than {LONGEST_QUERY} characters", "Ask for less at a time.")
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name.lower() in SECRETS:
            raise Problem(400, "a key must not be part of an address", "Send it as a header.", where=quoted(name))
        if name not in OPTIONS:
            mend = f"This subset understands {', '.join(sorted(OPTIONS))}."
            raise Problem(501, f"{quoted(name)} is not supported here", mend, where=quoted(name))
        if name in given:
            raise Problem(400, f"{name} is given twice", "Write it once.", where=name)
        if not many and name != "$expand":
            raise Problem(400, f"{name} means nothing for a single entity", "Leave it out.", where=name)
        given[name] = value
    from_ns, to_ns = _period(given.get("$filter", ""), of)
    return Options(
        top=_number(given, "$top", DEFAULT_TOP, MOST_TOP),
        skip=_number(given, "$skip", 0, MOST_SKIP),
        counts=_flag(given),
        expand=_expand(given.get("$expand", ""), of),
        backwards=_backwards(given.get("$orderby", ""), of),
        from_ns=from_ns,
        to_ns=to_ns,
        given=tuple(given.items()),
    )


def _number(given: dict[str, str], name: str, otherwise: int, most: int) -> int:
    text = given.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= most):  # noqa: PLR2004 - digits
        mend = f"Write a number from 0 to {most}; to go further, narrow $filter."
        raise Problem(400, f"{name} cannot be {quoted(text)}", mend, where=name)
    return int(text)


def _flag(given: dict[str, str]) -> bool:
    text = given.get("$count", "false")
    if text not in ("true", "false"):
        raise Problem(400, f"$count cannot be {quoted(text)}", "Write true or false.", where="$count")
    return text == "true"


def _expand(text: str, of: Set) -> frozenset[str]:
    wanted = frozenset(word.strip() for word in text.split(",") if word.strip())
    possible = EXPANDABLE.get(of, frozenset())
    for word in sorted(wanted - possible):
        mend = f"{of} can expand {', '.join(sorted(possible)) or 'nothing'}."
        raise Problem(501, f"$expand={quoted(word)} is not supported here", mend, where="$expand")
    return wanted


def _backwards(text: str, of: Set) -> bool:
    if not text:
        return False
    found = _ORDER.fullmatch(text)
    if of != "Observations" or found is None:
        mend = "Observations of a Datastream can be ordered by phenomenonTime asc or phenomenonTime desc."
        raise Problem(501, f"$orderby={quoted(text)} is not supported here", mend, where="$orderby")
    return found[1] == "desc"


def _period(text: str, of: Set) -> tuple[int, int]:
    """``[from, to)`` of a filter."""
    from_ns, to_ns = EARLIEST_NS, LATEST_NS
    if not text:
        return from_ns, to_ns
    for term in re.split(r"\band\b", text):
        found = _TERM.fullmatch(term)
        if of != "Observations" or found is None:
            mend = "Observations can be filtered by phenomenonTime with ge, gt, le, lt, eq and 'and' between them."
            raise Problem(501, f"{quoted(term.strip())} in $filter is not supported here", mend, where="$filter")
        at_ns = instant_of(found[2], where="$filter")
        match found[1]:
            case "ge":
                from_ns = max(from_ns, at_ns)
            case "gt":
                from_ns = max(from_ns, at_ns + 1)
            case "lt":
                to_ns = min(to_ns, at_ns)
            case "le":
                to_ns = min(to_ns, at_ns + 1)
            case _:
                from_ns, to_ns = max(from_ns, at_ns), min(to_ns, at_ns + 1)
    return from_ns, max(to_ns, from_ns)
