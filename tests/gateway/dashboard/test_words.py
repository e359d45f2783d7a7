"""Every slug that an answer may carry has its label in English and Dutch: a row of gateway/dashboard/words.toml."""

import re
from pathlib import Path
from typing import get_args

import pytest

from gateway import health
from gateway.dashboard.domain_answers import Word
from gateway.dashboard.words import error, notice, table, word, words
from pipelines.domains.table import MACHINES
from pipelines.model import Quality, QualityReason, RejectReason
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, Domain


def test_every_property_and_each_of_its_states_has_a_dutch_label() -> None:
    assert set(PROPERTIES) - set(table()["properties"]) == set()
    assert {state for row in PROPERTIES.values() for state in row.states} - set(table()["states"]) == set()
    assert set(table()["flag_words"]) <= {name for name, row in PROPERTIES.items() if row.kind == "flag"}


@pytest.mark.parametrize(
    ("group", "slugs"),
    [
        ("domains", set(Domain)),
        ("feature_types", set(FEATURE_TYPES)),
        ("qualities", set(get_args(Quality))),
        ("reasons", set(get_args(QualityReason)) - {""}),
        ("rejections", set(get_args(RejectReason))),
        ("producers", {machine.producer for machine in MACHINES}),
    ],
)
def test_every_slug_of_a_closed_set_has_its_label(group: str, slugs: set[str]) -> None:
    assert slugs - set(table()[group]) == set()


def test_every_alarm_of_the_vocabulary_has_a_title_and_what_to_do() -> None:
    alarms = {name for name, row in PROPERTIES.items() if row.alarm}
    assert alarms - set(table()["troubles"]) == set()
    assert alarms - set(table()["mends"]) == set()


def test_every_kind_of_condition_has_a_title() -> None:
    sources = [path.read_text() for path in Path(health.__file__).parent.glob("*.py")]
    kinds = {kind for text in sources for kind in re.findall(r"(?:Found|Incident|Condition)\(\s*\"([a-z-]+)\"", text)}
    assert len(kinds) > 10
    assert kinds - set(table()["troubles"]) == set()


def test_labels_are_short_plain_and_in_both_languages() -> None:
    told = words("Europe/Brussels")
    for group in (told.domains, told.feature_types, told.troubles, told.headlines, told.producers, told.rejections):
        for slug, label in group.items():
            assert isinstance(label, Word)
            assert 0 < len(label.en) <= 60, slug
            assert 0 < len(label.nl) <= 60, slug
    assert told.properties["occupied"].states["true"] == Word("occupied", "bezet")
    assert told.properties["temperature_c"].unit == "°C"


def test_a_slug_without_a_row_shows_as_it_is() -> None:
    assert word("troubles", "something-new").nl == "something-new"


def test_values_in_sentences_are_cut_and_braces_in_them_mean_nothing() -> None:
    said = notice("store-unreadable", "warning", "{0} {x}" + "y" * 1_000)
    assert said.what.nl.startswith("De geschiedenis kan niet gelezen worden: {0} {x}y")
    assert len(said.what.en) < 400
    assert error("not-found", "'a'").what.en == "There is no 'a'."
