"""The words of a query, checked: unknown ones, doubled ones and impossible ones are told, never passed over.

A filter that is ignored answers another question than was asked.
"""

from collections.abc import Collection, Iterable

from starlette.requests import Request

from gateway.files.mistakes import did_you_mean
from gateway.open_data.problems import Problem, quoted
from pipelines.instants import is_plausible, parse_rfc3339
from pipelines.vocabulary import PROPERTIES, Domain

LONGEST_QUERY = 2_000
MOST_WORDS = 50
SECRETS = frozenset({"key", "token", "access_token", "api_key", "apikey", "password", "auth"})


class Params:
    """The query of one request. ``known``: all that this address understands."""

    def __init__(self, request: Request, known: Collection[str]) -> None:
        if len(request.url.query) > LONGEST_QUERY:
            raise Problem(414, f"the query has more than {LONGEST_QUERY} characters", "Ask for less at a time.")
        self._given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name.lower() in SECRETS:
                mend = "Send it as 'Authorization: Bearer NAME.PASSWORD'. This one is known to others now: change it."
                raise Problem(400, "a key must not be part of an address", mend, where=quoted(name))
            if name not in known:
                mend = did_you_mean(name, known) or f"It understands {', '.join(sorted(known)) or 'no parameters'}."
                raise Problem(400, f"{quoted(name)} is not a parameter of this address", mend, where=quoted(name))
            if name in self._given:
                raise Problem(400, f"{name} is given twice", "Write its values once, with commas.", where=name)
            self._given[name] = value

    def text(self, name: str) -> str:
        """A value as it is; "" where it is not given."""
        return self._given.get(name, "")

    def words(self, name: str, known: Iterable[str] | None = None) -> frozenset[str]:
        """Values with commas between them. ``known``: all that there are. Raises Problem."""
        given = frozenset(word.strip() for word in self.text(name).split(",") if word.strip())
        if len(given) > MOST_WORDS:
            raise Problem(400, f"more than {MOST_WORDS} values", "Ask for fewer at a time.", where=name)
        if known is not None:
            all_known = sorted(known)
            for word in sorted(given.difference(all_known)):
                mend = did_you_mean(word, all_known) or f"One of {', '.join(all_known[:60])}."
                raise Problem(400, f"{quoted(word)} is not known as {name}", mend, where=name)
        return given

    def domains(self) -> frozenset[str]:
        """``domain``."""
        return self.words("domain", (domain.value for domain in Domain))

    def properties(self) -> frozenset[str] | None:
        """``property``; None is all."""
        return self.words("property", PROPERTIES) or None

    def instant(self, name: str, otherwise_ns: int) -> int:
        """An instant in RFC 3339. Raises Problem."""
        text = self.text(name)
        if not text:
            return otherwise_ns
        return instant_of(text, where=name)

    def number(self, name: str, otherwise: int, *, most: int, least: int = 0) -> int:
        """A whole number. Raises Problem."""
        text = self.text(name)
        if not text:
            return otherwise
        if not (text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most):  # noqa: PLR2004 - digits
            mend = f"Write a whole number from {least} to {most}."
            raise Problem(400, f"{name} cannot be {quoted(text)}", mend, where=name)
        return int(text)

    def flag(self, name: str) -> bool:
        """``true`` or ``false``, the latter where it is not given. Raises Problem."""
        text = self.text(name) or "false"
        if text not in ("true", "false"):
            raise Problem(400, f"{name} cannot be {quoted(text)}", "Write true or false.", where=name)
        return text == "true"


def instant_of(text: str, *, where: str) -> int:
    """An RFC 3339 instant of this century. Raises Problem."""
    try:
        instant_ns = parse_rfc3339(text.strip().replace(" ", "+"))  # a plus sign in an address means a space
    except ValueError as error:
        mend = "Write it as 2026-11-03T10:00:00Z."
        raise Problem(400, f"{quoted(text)} is no instant: {error}", mend, where=where) from error
    if not is_plausible(instant_ns):
        raise Problem(400, f"{quoted(text)} is not between 2000 and 2099", "Check the year.", where=where)
    return instant_ns
