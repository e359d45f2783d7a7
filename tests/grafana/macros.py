"""What Grafana puts in place of ``$timeFilter``, ``$__interval`` and ``${variable:format}`` before it sends InfluxQL.

Rules: Grafana's documentation of the InfluxDB data source and of variable syntax. A macro that is not known here is an
error: Grafana would send it as it stands.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

MAX_POINTS = 1_000
"""About what a panel of half a screen asks for."""
LEAST_INTERVAL_MS = 30_000
"""``timeInterval`` of the provisioned data source."""
_STEPS_MS = [
    seconds * 1_000
    for seconds in (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
                    86_400, 604_800)
]  # fmt: skip
_USE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)|\[\[(\w+)(?::(\w+))?\]\]")
_REGEX_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")


class MacroError(ValueError):
    """A macro or variable that nobody defines, or a format that is not known."""


class Chosen(msgspec.Struct, frozen=True):
    """What is chosen of a variable: one value, several, or (``all_value``) the dashboard's own words for all."""

    values: tuple[str, ...]
    multi: bool = False
    all_value: str = ""


class Span(msgspec.Struct, frozen=True):
    """A time range in milliseconds since 1970, and how wide one point of it may be."""

    from_ms: int
    to_ms: int
    least_interval_ms: int = LEAST_INTERVAL_MS
    max_points: int = MAX_POINTS

    @property
    def interval_ms(self) -> int:
        """``$__interval``: the range by the points that are wanted, rounded to a step that people know."""
        wanted = max((self.to_ms - self.from_ms) / self.max_points, self.least_interval_ms)
        return next((step for step in _STEPS_MS if step >= wanted * 0.75), _STEPS_MS[-1])


def duration(milliseconds: int) -> str:
    """As InfluxQL writes it."""
    for size, word in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{word}"
    return f"{milliseconds}ms"


def milliseconds(text: str) -> int:
    """Of a duration such as ``30s``, ``10m``, ``1d``. Raises MacroError."""
    found = re.fullmatch(r">?(\d+)(ms|s|m|h|d|w|M|y)", text)
    if found is None:
        raise MacroError(f"no duration: {text!r}")
    sizes = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
    return int(found[1]) * (sizes | {"M": 30 * 86_400_000, "y": 365 * 86_400_000})[found[2]]


def filled_in(query: str, span: Span, variables: Mapping[str, Chosen]) -> str:
    """The query as the database gets it; ``now()`` becomes the end of the span. Raises MacroError."""
    built_in = {
        "timeFilter": f"time >= {span.from_ms}ms and time <= {span.to_ms}ms",
        "__timeFilter": f"time >= {span.from_ms}ms and time <= {span.to_ms}ms",
        "__interval": duration(span.interval_ms),
        "interval": duration(span.interval_ms),
        "__interval_ms": str(span.interval_ms),
        "__rate_interval": duration(4 * span.interval_ms),
        "__from": str(span.from_ms),
        "__to": str(span.to_ms),
        "__range": f"{(span.to_ms - span.from_ms) // 1_000}s",
        "__range_s": str((span.to_ms - span.from_ms) // 1_000),
        "__range_ms": str(span.to_ms - span.from_ms),
    }

    def replaced(found: re.Match[str]) -> str:
        name = found[1] or found[3] or found[4]
        form = found[2] or found[5] or ""
        if name in variables:
            return interpolated(variables[name], form)
        if name in built_in:
            return built_in[name]
        raise MacroError(f"${name} is neither a macro nor a variable of the dashboard: {query}")

    return re.sub(r"(?i)\bnow\(\)", f"{span.to_ms}ms", _USE.sub(replaced, query))


def interpolated(chosen: Chosen, form: str) -> str:
    """The words that stand for a variable. Without a format: as in a regular expression where it is multi-value."""
    if chosen.all_value:
        return chosen.all_value
    values = chosen.values
    match form or ("regex" if chosen.multi else "raw"):
        case "regex":
            return _alternatives([_REGEX_SPECIAL.sub(r"\\\g<0>", value) for value in values])
        case "pipe":
            return "|".join(values)
        case "raw" | "csv" | "text":
            return ",".join(values)
        case "singlequote" | "sqlstring":
            return ",".join(f"'{value}'" for value in values)
        case "doublequote":
            return ",".join(f'"{value}"' for value in values)
        case unknown:
            raise MacroError(f"the format {unknown!r} is not known here")


def _alternatives(escaped: Sequence[str]) -> str:
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
