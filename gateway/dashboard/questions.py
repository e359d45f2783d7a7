"""What a query asks for, checked."""

from starlette.datastructures import QueryParams

from gateway.dashboard.answering import RefusalError
from gateway.dashboard.series import Wanted
from gateway.dashboard.units import NS_PER_MS
from pipelines.domains import HOUR_NS
from pipelines.vocabulary import PROPERTIES

DEFAULT_HOURS = 24.0
MAX_HOURS = 20 * 366 * 24.0
AHEAD_NS = HOUR_NS
"""What is said of today covers it to its end; instants a little ahead are clocks that differ."""


def wanted_series(query: QueryParams, now_ns: int) -> Wanted:
    """The series that a query names. Raises RefusalError."""
    feature, name = query.get("feature", ""), query.get("property", "")
    row = PROPERTIES.get(name)
    if not feature:
        raise RefusalError("bad-request", "feature")
    if row is None:
        raise RefusalError("bad-request", f"property '{name}'")
    if "from_ms" in query or "to_ms" in query:
        to_ns = int(_number(query, "to_ms", now_ns / NS_PER_MS)) * NS_PER_MS
        from_ns = int(_number(query, "from_ms", to_ns / NS_PER_MS - DEFAULT_HOURS * 3.6e6)) * NS_PER_MS
    else:
        to_ns = now_ns + AHEAD_NS
        from_ns = now_ns - int(_number(query, "hours", DEFAULT_HOURS) * HOUR_NS)
    if not 0 < to_ns - from_ns <= MAX_HOURS * HOUR_NS:
        raise RefusalError("bad-request", "from_ms, to_ms, hours")
    return Wanted(feature, row, from_ns, to_ns, query.get("device", ""))


def _number(query: QueryParams, name: str, default: float) -> float:
    given = query.get(name)
    if given is None:
        return default
    try:
        number = float(given)
    except ValueError as error:
        raise RefusalError("bad-request", f"{name}='{given[:40]}'") from error
    if not abs(number) < 1e15:  # noqa: PLR2004 - milliseconds of 30,000 years; also refuses what is no number
        raise RefusalError("bad-request", f"{name}='{given[:40]}'")
    return number
