"""The files of the page, read as text: what must never stand in them, and that both languages say the same things."""

import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[4] / "gateway" / "dashboard" / "static"
MODULES = sorted(STATIC.rglob("*.js"))
FORBIDDEN = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "DOMParser",
    "createContextualFragment",
)
BUILT = re.compile(r"\$\{[^}]*\}")


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / f"words.{language}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_no_module_reads_a_string_as_html_or_as_a_program(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert [word for word in FORBIDDEN if word in text] == []


def test_the_page_has_no_inline_script_style_or_handler() -> None:
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text)
    assert not re.search(r"https?://", text)


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    english, dutch = words("en"), words("nl")
    assert english.keys() == dutch.keys()
    places = re.compile(r"\{(\w+)\}")
    assert [key for key in english if set(places.findall(english[key])) != set(places.findall(dutch[key]))] == []
    assert [key for key in english if not english[key] or not dutch[key]] == []


def asked() -> set[str]:
    """Every key that a module asks for; those with a part put in as patterns."""
    found = set()
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        found |= set(re.findall(r"""\b(?:t|words)\((?:[^()"`]*\? )?["`]([\w.${}\[\]?| ="-]+?)["`]""", text))
        found |= set(re.findall(r'"((?:\w+\.)+\w+)"', text))
        found |= set(re.findall(r"`((?:[\w]+\.)[\w.${}]+)`", text))
    return found


def test_every_word_that_is_asked_for_is_there_and_every_word_there_is_asked_for() -> None:
    known = words("en")
    patterns = {
        key: re.compile("^" + ".+".join(re.escape(part) for part in BUILT.split(key)) + r"(\.one|\.other)?$")
        for key in asked()
    }
    exact = {key for key in patterns if "${" not in key and key.split(".")[0] in {one.split(".")[0] for one in known}}
    missing = {
        key
        for key in exact
        if not any(patterns[key].match(one) for one in known) and not key.endswith((".js", ".json", ".css"))
    }
    assert missing - {"counts.week", "counts.yesterday"} == set()
    patterns = {key: found for key, found in patterns.items() if not key.startswith("${")}
    parts = {"counts.yesterday", "counts.week"}  # their `.more`, `.less` and `.same` are made in counts.js
    unasked = [
        one
        for one in known
        if not any(found.match(one) for found in patterns.values()) and one.rpartition(".")[0] not in parts
    ]
    assert unasked == []


def test_no_text_that_is_seen_stands_in_a_module() -> None:
    """A child of ``el`` or ``fill`` in quotes would be seen; a mark between words may be."""
    child = re.compile(r"""(?:,\s|\[|\? |: |&& )"([^"]*[A-Za-z]{3,} [^"]*)"(?=\s*[,)\]])""")
    found = [(module.name, text) for module in MODULES for text in child.findall(module.read_text(encoding="utf-8"))]
    allowed = re.compile(
        r"^(M[\d. -]|TradingView|[\w-]+( [\w-]+)*$)"
    )  # a drawing's path, a proper name, names of classes
    assert [one for one in found if not allowed.match(one[1])] == []


def test_the_drawings_and_styles_load_nothing_from_elsewhere() -> None:
    for path in [*STATIC.glob("*.css"), *STATIC.glob("*.svg")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text), path.name
