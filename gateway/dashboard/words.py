"""The labels of slugs in English and Dutch: ``words.toml`` and the vocabulary, read once; sentences made of them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gateway.dashboard.answers import Error, Notice, Severity, Text
from gateway.dashboard.domain_answers import PropertyWord, Word, Words
from gateway.dashboard.units import unit_of
from pipelines.vocabulary import PROPERTIES, ObservedProperty

FILE = Path(__file__).with_name("words.toml")


@cache
def table() -> Mapping[str, Any]:
    """The file."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def words(zone: str | None) -> Words:
    """What ``/api/words`` answers, in a city of this time zone."""
    groups = ("domains", "feature_types", "qualities", "reasons", "thing_states", "rejections", "troubles")
    more = ("headlines", "producers")
    return Words(
        zone=zone,
        properties={name: _property(row) for name, row in PROPERTIES.items()},
        **{group: _group(group) for group in (*groups, *more)},
    )


def word(group: str, slug: str) -> Text:
    """A label; the slug itself where the file has none."""
    en, nl = table()[group].get(slug, (slug, slug))
    return Text(en, nl)


def notice(code: str, severity: Severity = "info", *values: object) -> Notice:
    """A notice of the file, with values at ``{0}`` …."""
    what, mend = _said("notices", code, values)
    return Notice(code, severity, what, mend)


def error(code: str, *values: object) -> Error:
    """An error of the file, with values at ``{0}`` …."""
    what, mend = _said("errors", code, values)
    return Error(code, what, mend)


def _said(group: str, code: str, values: tuple[object, ...]) -> tuple[Text, Text]:
    row = table()[group][code]
    cut = [str(value)[:300] for value in values]
    what, mend = ([text.format(*cut) for text in row[key]] for key in ("what", "mend"))
    return Text(*what), Text(*mend)


def _group(name: str) -> dict[str, Word]:
    return {slug: Word(en, nl) for slug, (en, nl) in table()[name].items()}


def _property(row: ObservedProperty) -> PropertyWord:
    states = {state: Word(*table()["states"].get(state, (state, state))) for state in row.states}
    if row.kind == "flag":
        no_en, yes_en, no_nl, yes_nl = table()["flag_words"].get(row.name, ("no", "yes", "nee", "ja"))
        states = {"false": Word(no_en, no_nl), "true": Word(yes_en, yes_nl)}
    return PropertyWord(
        en=row.title,
        nl=table()["properties"].get(row.name, row.title),
        unit=unit_of(row.name),
        kind=row.kind,
        states=states,
        low=row.low,
        high=row.high,
    )
