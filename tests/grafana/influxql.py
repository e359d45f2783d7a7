"""InfluxQL as far as dashboards use it: what a SELECT names, which functions it calls, and each column's unit.

Grammar: InfluxDB 1's ``influxql`` specification. What is not read here (WHERE, GROUP BY, fill) changes no unit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pipelines.encodings.own_points import OWN_WORDS
from pipelines.vocabulary import PROPERTIES

_TOKEN = re.compile(
    r"""\s*(?: (?P<quoted>"(?:[^"\\]|\\.)*") | (?P<text>'(?:[^'\\]|\\.)*') | (?P<number>\d+(?:\.\d+)?(?![\w.]))
      | (?P<duration>(?:\d+(?:ns|u|µ|ms|s|m|h|d|w))+) | (?P<word>[A-Za-z_$][\w$]*)
      | (?P<sign>=~|!~|<>|!=|<=|>=|::|[-+*/%=<>(),.;])
    )""",
    re.VERBOSE,
)
_REGEX = re.compile(r"\s*(/(?:[^/\\]|\\.)*/)")
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


class Word(msgspec.Struct, frozen=True):
    """One token; ``kind``: the group of the pattern, or regex."""

    kind: str
    text: str


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


class InfluxqlError(ValueError):
    """Not a query that is understood here; the text says from where on."""


def read_select(query: str) -> Select:
    """A SELECT with macros filled in. Raises InfluxqlError."""
    reader = _Reader(list(_words(query)))
    reader.expect("select")
    return reader.select()


def _words(query: str) -> Iterator[Word]:
    at, before = 0, ""
    while at < len(query.rstrip()):
        if before.lower() in ("=~", "!~", "from") and (regex := _REGEX.match(query, at)):
            at, before = regex.end(), ""
            yield Word("regex", regex[1])
            continue
        found = _TOKEN.match(query, at)
        if found is None or found.lastgroup is None:
            raise InfluxqlError(f"not understood from here on: {query[at : at + 60]!r}")
        at, before = found.end(), found[found.lastgroup]
        yield Word(found.lastgroup, before)


class _Reader:
    """Reads by descent; one word ahead is enough."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._at = 0

    def select(self) -> Select:
        columns = [self._column(0)]
        while self._took(","):
            columns.append(self._column(len(columns)))
        self.expect("from")
        sources = [self._source()]
        while self._took(","):
            sources.append(self._source())
        self._skip_to_the_end()
        return Select(_named_apart(columns), tuple(sources))

    def _column(self, _number: int) -> Column:
        expression = self._sum()
        if self._took("as"):
            return Column(self._name(), expression)
        return Column(_usual_name(expression), expression)

    def _source(self) -> str | Select:
        if self._took("("):
            self.expect("select")
            inner = self.select()
            self.expect(")")
            return inner
        parts = [self._name()]
        while self._took("."):
            parts.append(self._name())
        return parts[-1]

    def _skip_to_the_end(self) -> None:
        depth = 0
        while self._at < len(self._words):
            text = self._words[self._at].text
            if text == ")" and depth == 0:
                return
            depth += (text == "(") - (text == ")")
            self._at += 1

    def _sum(self) -> Expression:
        left = self._product()
        while sign := self._took("+", "-"):
            left = Sum(sign, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._one()
        while sign := self._took("*", "/", "%"):
            left = Sum(sign, left, self._one())
        return left

    def _one(self) -> Expression:
        word = self._next()
        if word.kind == "sign":
            return self._signed(word)
        if word.kind == "word" and self._took("("):
            return self._call(word.text.lower())
        names = {"regex": "*", "quoted": word.text[1:-1], "word": word.text}
        if word.kind in names:
            return Name(self._typed(names[word.kind]))
        if word.kind in ("number", "duration"):
            return Number(float(word.text) if word.kind == "number" else 0.0, word.text)
        raise InfluxqlError(f"not understood: {word.text!r}")

    def _signed(self, word: Word) -> Expression:
        if word.text == "*":
            return Name("*")
        if word.text == "(":
            inner = self._sum()
            self.expect(")")
            return inner
        if word.text != "-":
            raise InfluxqlError(f"not understood: {word.text!r}")
        inner = self._one()
        return Number(-inner.value, f"-{inner.text}") if isinstance(inner, Number) else inner

    def _call(self, name: str) -> Call:
        arguments: list[Expression] = []
        while not self._took(")"):
            self._took("distinct")
            arguments.append(self._sum())
            self._took(",")
        return Call(name, tuple(arguments))

    def _typed(self, name: str) -> str:
        if self._took("::"):
            self._next()
        return name

    def _name(self) -> str:
        word = self._next()
        return word.text[1:-1] if word.kind == "quoted" else word.text

    def _next(self) -> Word:
        if self._at >= len(self._words):
            raise InfluxqlError("it ends too early")
        self._at += 1
        return self._words[self._at - 1]

    def _took(self, *texts: str) -> str:
        if self._at < len(self._words):
            word = self._words[self._at]
            if word.kind in ("word", "sign") and word.text.lower() in texts:
                self._at += 1
                return word.text.lower()
        return ""

    def expect(self, text: str) -> None:
        """Take exactly this word. Raises InfluxqlError."""
        if not self._took(text):
            found = self._words[self._at].text if self._at < len(self._words) else "the end"
            raise InfluxqlError(f"{text.upper()} expected, found {found!r}")


def _usual_name(of: Expression) -> str:
    match of:
        case Call(name, _) | Name(name):
            return name
        case Sum():
            return "_".join(filter(None, (_usual_name(of.left), _usual_name(of.right))))
        case _:
            return ""


def _named_apart(columns: Sequence[Column]) -> tuple[Column, ...]:
    """InfluxDB names the second ``last`` of an answer ``last_1``."""
    seen: dict[str, int] = {}
    named = []
    for column in columns:
        times = seen.get(column.name, 0)
        seen[column.name] = times + 1
        named.append(Column(f"{column.name}_{times}" if times else column.name, column.expression))
    return tuple(named)
