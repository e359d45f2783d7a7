"""What commands put on the screen: tables, mistakes, progress. Foreign text is never taken for markup.

Results go to standard output, everything else (progress, mistakes, hints) to standard error, so that a result can be
piped. Where no terminal is attached there is no colour and no progress bar.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import rich_click as click

from gateway.checks.finding import Finding
from gateway.cli.exits import Exit
from gateway.files.mistakes import ConfigError, Mistake

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

SHOW_PROGRESS_AFTER_S = 2.0

MARKS = {"ok": "green", "warning": "yellow", "error": "bold red"}

JsonOption = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")


def console(*, stderr: bool = False) -> "Console":
    """A console; wide enough that nothing is cut when the output goes to a file."""
    from rich.console import Console  # noqa: PLC0415 - commands that print nothing stay light

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else 160)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode())


def print_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """A table, or one sentence when there is nothing to show."""
    rows = list(rows)
    if rows:
        console().print(table_of(title, headers, rows))
    else:
        click.echo(empty)


def table_of(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    """A table to be printed. Columns whose header starts with ``#`` are numbers."""
    from rich.table import Table  # noqa: PLC0415 - commands that print nothing stay light
    from rich.text import Text  # noqa: PLC0415 - same

    table = Table(title=Text(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(header.lstrip("#"), justify="right" if header.startswith("#") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=MARKS.get(cell, "")) for cell in row))
    return table


def print_findings(findings: Sequence[Finding]) -> None:
    """A line each: level, what, what was found; how to mend it on a line of its own. Errors come first."""
    from rich.text import Text  # noqa: PLC0415 - commands that print nothing stay light

    out = console()
    for finding in sorted(findings, key=lambda finding: ("error", "warning", "ok").index(finding.level)):
        out.print(
            Text.assemble((f"{finding.level:<9}", MARKS[finding.level]), (finding.what, "bold"), f"  {finding.found}")
        )
        if finding.mend:
            out.print(Text(f"{'':<9}→ {finding.mend}", style="cyan"), soft_wrap=True)


def print_mistakes(mistakes: Sequence[Mistake]) -> None:
    """Every mistake: where, what, and how to mend it on a line of its own."""
    if not mistakes:
        return  # a gateway that runs would carry rich's 4 MB with it
    from rich.text import Text  # noqa: PLC0415 - commands that print nothing stay light

    out = console(stderr=True)
    for mistake in mistakes:
        head = Text.assemble((f"{mistake.severity:<9}", MARKS[mistake.severity]), (mistake.where, "bold"))
        out.print(head + f"  {mistake.what}", soft_wrap=True)
        if mistake.mend:
            out.print(Text(f"{'':<9}→ {mistake.mend}", style="cyan"), soft_wrap=True)


def local_time(text: str) -> str:
    """An instant of RFC 3339 in the time of this machine, to the second."""
    return datetime.fromisoformat(text).replace(microsecond=0).astimezone().isoformat(sep=" ")


def fail(code: Exit, what: str, mend: str = "") -> NoReturn:
    """Say what went wrong and how to mend it, and end the command."""
    click.echo(f"error: {what}", err=True)
    if mend:
        click.echo(f"       {mend}", err=True)
    raise SystemExit(code)


@contextlib.contextmanager
def mistakes_end_the_command() -> Iterator[None]:
    """Mistakes in files are printed whole and end the command with code 1."""
    try:
        yield
    except ConfigError as error:
        print_mistakes(error.mistakes)
        count = sum(mistake.severity == "error" for mistake in error.mistakes)
        click.echo(
            f"{count} {'mistake' if count == 1 else 'mistakes'}. Mend them; citygate check tells more.", err=True
        )
        raise SystemExit(Exit.MISTAKES) from error


@contextlib.contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal once the work takes longer than two seconds; yields ``step(how many more are done)``."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    task = bar.add_task(what, total=total)
    soon = threading.Timer(SHOW_PROGRESS_AFTER_S, bar.start)
    soon.daemon = True
    soon.start()
    try:
        yield lambda done: bar.update(task, advance=done)
    finally:
        soon.cancel()
        bar.stop()


def followed(replies: Iterable[Mapping[str, Any]], what: str = "replaying") -> dict[str, Any]:
    """The facts of all replies of a long command; those that tell ``done`` and ``of`` move a bar instead."""
    final: dict[str, Any] = {}
    with progress(what, 100) as step:
        before = 0
        for reply in replies:
            if "done" not in reply:
                final |= reply
                continue
            percent = 100 * int(reply["done"]) // max(1, int(reply["of"]))
            step(percent - before)
            before = percent
    return final
