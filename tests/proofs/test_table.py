"""The table tells what was measured and what was not, and changes nothing else of the README."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.proofs.promises import PROMISES, Result
from tests.proofs.table import BEGIN, END, standing_rows, table, write_into

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_every_promise_has_a_row_and_the_unproved_say_so() -> None:
    text = table([Result("P9", "one poison point", "4,999 of 5,000", holds=True)], at=NOON, size=" --small")
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("| P")}
    assert list(rows) == [f"P{number}" for number in range(1, 20)] == list(PROMISES)
    assert rows["P9"].endswith("| 4,999 of 5,000 | yes | 2027-01-31 |")
    assert all("not yet measured" in row for name, row in rows.items() if name != "P9")
    assert "`python -m tests.proofs --small`" in text


def test_what_was_measured_earlier_keeps_its_row_and_its_day(tmp_path: Path) -> None:
    first = table([Result("P9", "one poison point", "4,999 of 5,000", holds=True)], at=NOON, size="")
    readme = tmp_path / "README.md"
    readme.write_text(f"{BEGIN}\n{first}{END}\n")
    later = NOON + timedelta(days=9)
    text = table([Result("P18", "unit", "1.2", holds=True)], at=later, size="", standing=standing_rows(readme))
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("| P")}
    assert rows["P9"].endswith("2027-01-31 |")
    assert rows["P18"].endswith("2027-02-09 |")
    assert "not yet measured" in rows["P1"]


def test_a_promise_that_does_not_hold_stands_out() -> None:
    assert "| **no** |" in table([Result("P1", "lost", "3 of 9 lost", holds=False)], at=NOON, size="")


def test_only_what_is_between_the_marks_is_replaced_however_often(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for text in ("first\n", "second\n"):
        write_into(readme, text)
        assert readme.read_text() == f"before\n{BEGIN}\n{text}{END}\nafter\n"


@pytest.mark.parametrize("page", ["nothing", f"{BEGIN} only", f"{END} before {BEGIN}"])
def test_a_readme_without_the_marks_stays_as_it_is(tmp_path: Path, page: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(page)
    with pytest.raises(ValueError, match="needs the lines"):
        write_into(readme, "text\n")
    assert readme.read_text() == page
