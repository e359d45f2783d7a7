"""The README's table of promises: made from results, and put between its two marks."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests import marked_block
from tests.proofs.promises import PROMISES, Result

BEGIN, END = "<!-- promises:begin -->", "<!-- promises:end -->"
HEAD = "| | promise | measured | holds |\n| --- | --- | --- | --- |"
NOT_YET = "not yet measured"


def table(results: Sequence[Result], *, at: datetime, size: str) -> str:
    """Markdown: every promise in its order, those without a result as not yet measured; then when, where and how."""
    measured = {result.promise: result for result in results}
    rows = [HEAD]
    for promise, what in PROMISES.items():
        result = measured.get(promise)
        if result is None or result.holds is None:
            rows.append(f"| {promise} | {what} | {result.found if result else NOT_YET} | |")
        else:
            rows.append(f"| {promise} | {result.what} | {result.found} | {'yes' if result.holds else '**no**'} |")
    rows.append(f"\nWritten by `python -m tests.proofs{size}` on {at:%Y-%m-%d} ({machine()}).")
    return "\n".join(rows) + "\n"


def machine() -> str:
    """Where it was measured, in one line."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, CPython {platform.python_version()}"


def today() -> datetime:
    return datetime.now(tz=UTC)


def write_into(readme: Path, text: str) -> None:
    """Replace what stands between the table's marks. Raises ValueError where they are missing."""
    marked_block.write_into(readme, text, BEGIN, END)
