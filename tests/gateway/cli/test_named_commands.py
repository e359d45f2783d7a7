"""Every command that a message, a docstring or a page tells a person to type exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[3]
ROOMS = ("gateway", "device_profiles", "pipelines", "simulators")
NAMED = re.compile(r"(?<![\w/.-])citygate ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
PROSE = {"citygate was installed", "citygate gateway"}
"""What begins like a command and is none."""


def pages() -> list[Path]:
    """The pages of the project, not those of what is installed beside it."""
    inside = [page for room in (*ROOMS, "deploy", "tests") for page in (ROOT / room).rglob("*.md")]
    return sorted([*ROOT.glob("*.md"), *inside])


def texts_of(source: str) -> Iterator[str]:
    """The strings of a module, docstrings and the fixed parts of f-strings among them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def unknown(text: str) -> list[str]:
    """The commands named in a text that do not exist."""
    return [found[0] for found in NAMED.finditer(text) if found[0] not in PROSE and not exists(*found.groups())]


def exists(word: str, after: str | None) -> bool:
    """``word`` is a command; the word after a group that does nothing by itself is one of its own."""
    if word not in COMMANDS:
        return False
    with click.Context(main) as ctx:
        command = main.get_command(ctx, word)
        if after is None or not isinstance(command, click.Group) or command.invoke_without_command:
            return True
        return after in command.list_commands(ctx)


def test_a_word_that_is_no_command_is_found() -> None:
    text = "citygate devices profiles lists them, citygate examine finds it; `citygate profiles list`, citygate check."
    assert unknown(text) == ["citygate devices profiles", "citygate examine finds"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_command_that_the_program_names_exists(room: str) -> None:
    wrong = {
        str(file.relative_to(ROOT)): found
        for file in sorted((ROOT / room).rglob("*.py"))
        if (found := [word for text in texts_of(file.read_text()) for word in unknown(text)])
    }
    assert wrong == {}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert unknown(page.read_text()) == []
