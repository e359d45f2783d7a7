"""The README's table of promises: made from results, and put between its two marks."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests import marked_block
from tests.proofs.promises import PROMISES, Result

BEGIN, END = "<!-- promises:begin -->", "<!-- promises:end -->"
HEAD = "| | promise | measured | holds | on |\n| --- | --- | --- | --- | --- |"
NOT_YET = "not yet measured"


def table(results: Sequence[Result], *, at: datetime, size: str, standing: Sequence[str] = ()) -> str:
    """Markdown: every promise in its order, those without a result as not yet measured; then how and where.

    ``standing``: rows of an earlier table; those of promises that are not among the results are kept as they are.
    """
    measured = {result.promise: result for result in results}
    kept = {row.split(" | ")[0].strip("| "): row for row in standing}
    rows = [HEAD]
    for promise, what in PROMISES.items():
        result = measured.get(promise)
        if result is None:
            rows.append(kept.get(promise, f"| {promise} | {what} | {NOT_YET} | | |"))
        elif result.holds is None:
            rows.append(f"| {promise} | {what} | {result.found} | | |")
        else:
            holds = "yes" if result.holds else "**no**"
            rows.append(f"| {promise} | {result.what} | {result.found} | {holds} | {at:%Y-%m-%d} |")
    rows.append(f"\nWritten by `python -m tests.proofs{size}` ({machine()}).")
    return "\n".join(rows) + "\n"


def standing_rows(readme: Path) -> list[str]:
    """The rows of the table that stands in a page: those that were measured."""
    _, _, behind = readme.read_text(encoding="utf-8").partition(BEGIN)
    rows = [line for line in behind.partition(END)[0].splitlines() if line.startswith("| P")]
    return [row for row in rows if NOT_YET not in row]


def machine() -> str:
    """Where it was measured, in one line."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, CPython {platform.python_version()}"


def today() -> datetime:
    return datetime.now(tz=UTC)


def write_into(readme: Path, text: str) -> None:
    """Replace what stands between the table's marks. Raises ValueError where they are missing."""
    marked_block.write_into(readme, text, BEGIN, END)
