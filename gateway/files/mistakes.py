"""A mistake in a file: where it is, what it is, how to mend it; and the exception that carries all of them at once."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec


class Mistake(msgspec.Struct, frozen=True, order=True):
    """One thing a person must look at. ``where`` names file, line and key; ``mend`` is a sentence to act on.

    ``warning``: the gateway runs all the same, but probably not as meant.
    """

    where: str
    what: str
    mend: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Place, what, mend: ``citygate.toml, line 9, sinks.influxdb.url: missing. Add url = …``."""
        return f"{self.where}: {self.what}." + (f" {self.mend}" if self.mend else "")


class ConfigError(Exception):
    """All mistakes of one reading. ``mistakes`` holds at least one error; warnings may be among them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean 'url'?``, or the list of what exists when it is short, or nothing."""
    names = sorted(set(known))
    lowered = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{lowered[close[0]]}'?"
    if len(names) in range(1, 17):
        return "Known are: " + ", ".join(names) + "."
    return ""


def quoted(value: object, limit: int = 60) -> str:
    """Foreign text for a message: in quotes, on one line, cut."""
    text = repr(value) if not isinstance(value, str) else "'" + value.replace("\n", "⏎").replace("\r", "") + "'"
    return text if len(text) <= limit else text[: limit - 2] + "…" + text[-1]


def errors_of(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The mistakes that keep the gateway from running."""
    return [mistake for mistake in mistakes if mistake.severity == "error"]
