"""Scores of several rehearsals side by side, for a terminal and for a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators.scoring import Score

BEGIN, END = "<!-- rehearsed:begin -->", "<!-- rehearsed:end -->"

Key = tuple[str, str]
LARGE, MIDDLING = 100, 1


def figure(value: float | None) -> str:
    """A value as people read it: three digits that matter."""
    if value is None:
        return "-"
    if abs(value) >= LARGE:
        return f"{value:,.0f}"
    if abs(value) >= MIDDLING:
        return f"{value:.2f}"
    return f"{value:.3f}".replace("-0.000", "0.000")


def markdown(columns: Mapping[str, Sequence[Score]]) -> str:
    """One row for each measure, one column for each rehearsal; in brackets of how many it was worked out.

    A dash: that city asks nothing of it; ``no data``: nothing was estimated of what it asks.
    """
    by_key: dict[Key, dict[str, Score]] = {}
    for label, scores in columns.items():
        for score in scores:
            by_key.setdefault((score.domain, score.measure), {})[label] = score
    head = ["", "what", *columns, "unit", "target"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    before = ""
    for (domain, measure), row in by_key.items():
        one = next(iter(row.values()))
        cells = [_cell(row.get(label)) for label in columns]
        shown = "" if domain == before else domain
        before = domain
        lines.append(f"| {' | '.join([shown, measure, *cells, one.unit, one.target])} |")
    return "\n".join(lines) + "\n"


def _cell(score: Score | None) -> str:
    if score is None or not score.asked:
        return "-"
    if score.value is None:
        return "no data"
    return f"{figure(score.value)} ({score.count:,})"


def write_into(page: Path, text: str) -> None:
    """Replace what stands between the page's two marks. Raises ValueError where they are missing, OSError."""
    whole = page.read_text(encoding="utf-8")
    before, found_begin, rest = whole.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found_begin or not found_end:
        raise ValueError(f"{page}: needs the lines {BEGIN} and {END}, in this order")
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
