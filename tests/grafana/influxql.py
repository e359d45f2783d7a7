"""InfluxQL read as far as dashboards use it: SELECT with calls, arithmetic, inner SELECTs, regular expressions.

Grammar: InfluxDB 1's ``influxql`` specification. What stands behind FROM is skipped.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from tests.grafana.columns import Call, Column, Expression, Name, Number, Select, Sum

__all__ = ["InfluxqlError", "Select", "read_select"]

_TOKEN = re.compile(
    r"""\s*(?: (?P<quoted>"(?:[^"\\]|\\.)*") | (?P<text>'(?:[^'\\]|\\.)*') | (?P<number>\d+(?:\.\d+)?(?![\w.]))
      | (?P<duration>(?:\d+(?:ns|u|µ|ms|s|m|h|d|w))+) | (?P<word>[A-Za-z_$][\w$]*)
      | (?P<sign>=~|!~|<>|!=|<=|>=|::|[-+*/%=<>(),.;])
    )""",
    re.VERBOSE,
)
_REGEX = re.compile(r"\s*(/(?:[^/\\]|\\.)*/)")


class Word(msgspec.Struct, frozen=True):
    """One token; ``kind``: the group of the pattern, or regex."""

    kind: str
    text: str


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
