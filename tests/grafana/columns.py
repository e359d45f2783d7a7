"""What a SELECT selects: its columns, where from, which functions it calls, and the unit of each column.

The unit follows from the vocabulary and from what the query does to a field. What stands in WHERE, GROUP BY and fill
changes no unit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pipelines.encodings.own_points import OWN_WORDS
from pipelines.vocabulary import PROPERTIES

KEEPS_UNIT = frozenset(
    (
        "mean",
        "median",
        "mode",
        "max",
        "min",
        "first",
        "last",
        "sum",
        "spread",
        "stddev",
        "percentile",
        "top",
        "bottom",
        "sample",
        "distinct",
        "moving_average",
        "difference",
        "non_negative_difference",
        "cumulative_sum",
        "abs",
        "ceil",
        "floor",
        "round",
        "holt_winters",
    )
)
PER = frozenset(("derivative", "non_negative_derivative"))
SCALED: Mapping[tuple[str, float], str] = {
    ("W", 1e-3): "kW", ("L", 1e-3): "m3", ("m", 1e3): "mm", ("mm", 1e-3): "m", ("ratio", 100.0): "%", ("1", 100.0): "%",
    ("%", 1e-2): "ratio", ("min", 60.0): "s", ("h", 3600.0): "s", ("h", 60.0): "min", ("min", 1 / 60): "h",
    ("s", 1 / 60): "min", ("s", 1 / 3600): "h", ("s", 1e3): "ms",
}  # fmt: skip
UNKNOWN = "?"


class Call(msgspec.Struct, frozen=True):
    """A function of arguments."""

    name: str
    arguments: tuple["Expression", ...]


class Name(msgspec.Struct, frozen=True):
    """A field, a tag, or ``*``."""

    name: str


class Number(msgspec.Struct, frozen=True):
    """A number, or a duration with its text."""

    value: float
    text: str


class Sum(msgspec.Struct, frozen=True):
    """Two expressions and what stands between them."""

    sign: str
    left: "Expression"
    right: "Expression"


Expression = Call | Name | Number | Sum


class Column(msgspec.Struct, frozen=True):
    """What is selected, and under which name the answer has it."""

    name: str
    expression: Expression


class Select(msgspec.Struct, frozen=True):
    """A SELECT: its columns and where from: measurements by name (or regex), or other SELECTs."""

    columns: tuple[Column, ...]
    sources: tuple["str | Select", ...]

    def unit(self, column: str) -> str:
        """Unit of a column of the answer: UCUM, ``text``, or ``?`` where the rules below cannot tell."""
        if column == "time":
            return "time"
        for one in self.columns:
            if one.name == column:
                return self._unit(one.expression)
        names = {one.expression.name for one in self.columns if isinstance(one.expression, Name)}
        return self._of_field(column) if "*" in names else UNKNOWN

    def functions(self) -> set[str]:
        """Every function that it or a SELECT inside it calls."""
        found = {call.name for column in self.columns for call in _calls(column.expression)}
        return found.union(*(source.functions() for source in self.sources if isinstance(source, Select)))

    def measurements(self) -> set[str]:
        """Where all of it comes from in the end."""
        inner = (source.measurements() if isinstance(source, Select) else {source} for source in self.sources)
        return set().union(*inner)

    def _unit(self, of: Expression) -> str:
        match of:
            case Number():
                return "1"
            case Name(name):
                return self._of_field(name)
            case Call():
                return self._of_call(of)
            case Sum():
                return self._of_sum(of)

    def _of_call(self, of: Call) -> str:
        if of.name == "count":
            return "{count}"
        if of.name == "elapsed":
            return _per(of.arguments) if len(of.arguments) > 1 else "ns"
        if of.name in PER:
            return f"{self._unit(of.arguments[0])}/{_per(of.arguments)}"
        return self._unit(of.arguments[0]) if of.name in KEEPS_UNIT else UNKNOWN

    def _of_field(self, name: str) -> str:
        inner = [source for source in self.sources if isinstance(source, Select)]
        found = {source.unit(name) for source in inner} - {UNKNOWN}
        if found:
            return found.pop() if len(found) == 1 else UNKNOWN
        if (row := PROPERTIES.get(name) or OWN_WORDS.get(name)) is not None:
            return "text" if row.kind == "state" else row.unit
        return "text"  # a tag, a quality, the source of time, a gateway's id

    def _of_sum(self, of: Sum) -> str:
        if of.sign in "+-":
            left, right = self._unit(of.left), self._unit(of.right)
            if left == right or isinstance(of.right, Number):
                return left
            return right if isinstance(of.left, Number) else UNKNOWN
        over, under, factor = self._parts(of)
        common = [unit for unit in over if unit in under]
        for unit in common:
            over.remove(unit)
            under.remove(unit)
        if len(over) > 1 or len(under) > 1 or "%" in of.sign:
            return UNKNOWN
        unit = "/".join([*(over or ["ratio" if common and not under else "1"]), *under])
        return unit if factor == 1 else _scaled(unit, factor)

    def _parts(self, of: Expression) -> tuple[list[str], list[str], float]:
        """Units above and below the line, and the number that all is multiplied with."""
        if isinstance(of, Number):
            return [], [], of.value
        if not isinstance(of, Sum) or of.sign not in "*/":
            return [self._unit(of)], [], 1.0
        over, under, factor = self._parts(of.left)
        right_over, right_under, right_factor = self._parts(of.right)
        if of.sign == "*":
            return over + right_over, under + right_under, factor * right_factor
        return over + right_under, under + right_over, factor / (right_factor or 1.0)


def _scaled(unit: str, factor: float) -> str:
    """The unit of a quantity that was multiplied with ``factor``; ``?`` where no unit is so much smaller."""
    return next((to for (one, by), to in SCALED.items() if one == unit and abs(by / factor - 1) < 1e-9), UNKNOWN)


def _per(arguments: Sequence[Expression]) -> str:
    text = arguments[1].text if len(arguments) > 1 and isinstance(arguments[1], Number) else "1s"
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr] # the tokenizer read it so
    return {"m": "min"}.get(unit, unit) if number == "1" else text


def _calls(of: Expression) -> Iterator[Call]:
    match of:
        case Call():
            yield of
            for argument in of.arguments:
                yield from _calls(argument)
        case Sum():
            yield from _calls(of.left)
            yield from _calls(of.right)
        case _:
            return
