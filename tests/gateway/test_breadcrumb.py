"""An entry is blamed for the end of the process only when it was being refined at three ends in a row."""

from pathlib import Path

import pytest

from gateway.breadcrumb import BLAMED_AFTER, Breadcrumb


def die_at(folder: Path, *numbers: int) -> Breadcrumb:
    """A process that refines these entries with care and dies in the last one."""
    crumb = Breadcrumb(folder)
    for number in numbers:
        crumb.drop(number)
    return crumb


def test_an_entry_that_kills_three_times_in_a_row_is_blamed(tmp_path: Path) -> None:
    for _ in range(BLAMED_AFTER):
        assert die_at(tmp_path, 6, 7).found == 0
    assert Breadcrumb(tmp_path).found == 7


def test_kills_by_chance_blame_nobody(tmp_path: Path) -> None:
    for last in (7, 7, 8, 8, 9, 7):
        assert die_at(tmp_path, 6, last).found == 0
    assert Breadcrumb(tmp_path).found == 0


@pytest.mark.parametrize("how", ["cleared", "ended cleanly"])
def test_what_was_refined_is_not_suspected(tmp_path: Path, how: str) -> None:
    for _ in range(BLAMED_AFTER + 1):
        crumb = die_at(tmp_path, 7)
        assert crumb.found == 0
        if how == "cleared":
            crumb.clear()
        else:
            crumb.end_cleanly()


def test_a_clean_end_needs_no_care_at_the_next_start(tmp_path: Path) -> None:
    crumb = Breadcrumb(tmp_path)
    assert crumb.careful_left == 0
    assert Breadcrumb(tmp_path).careful_left > 0, "the first one has not ended cleanly"
    crumb.end_cleanly()
    assert Breadcrumb(tmp_path).careful_left == 0
