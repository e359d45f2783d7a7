"""Help pages: every command explains itself, shows an example that parses, and tells its exit codes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import gateway.cli
from gateway.cli.exits import EPILOGUE
from gateway.cli.main import COMMANDS, main

NEEDS_NO_EXAMPLE = {"version"}


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            if isinstance(command, click.Group):
                yield from commands(command, (*path, name))
            else:
                yield (*path, name), command


ALL = list(commands())


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_a_command_explains_itself(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    first = command.help.splitlines()[0]
    assert first.endswith(".")
    assert len(first) <= 90, "the first line stands in the list of commands"
    assert command.epilog == EPILOGUE
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert parameter.help.endswith("."), parameter.name
    shown = CliRunner().invoke(main, [*path, "--help"])
    assert shown.exit_code == 0
    assert "Exit codes" in shown.stdout


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_example_on_a_help_page_can_be_typed(path: tuple[str, ...], command: click.Command) -> None:
    examples = re.findall(r"(?m)^ {4,}citygate (.+)$", command.help or "")
    assert examples or path[0] in NEEDS_NO_EXAMPLE
    for example in examples:
        words = shlex.split(example.partition(" > ")[0])
        assert tuple(words[: len(path)]) == path
        command.make_context("citygate", words[len(path) :]).close()


def test_the_list_of_commands_names_them_all() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    for name in COMMANDS:
        assert re.search(rf"(?m)^\W+{name} ", shown), name


def test_every_command_stands_in_the_readme() -> None:
    readme = (Path(gateway.cli.__file__).parent / "README.md").read_text()
    for path, _ in ALL:
        assert re.search(rf"`citygate {path[0]}\b", readme), path
        assert all(word in readme for word in path)
