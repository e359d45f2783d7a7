"""The book of downlinks: what it keeps, and what a crash or a full disk leaves of it."""

import errno
from pathlib import Path

import pytest

from gateway.downlinks.book import FILE, KEPT, Book, BookError, open_book, read_page
from pipelines.model import NS_PER_S
from tests.gateway.downlinks.records import NOW_NS, record


def saved(folder: Path, *numbers: int) -> Book:
    book = open_book(folder)
    for number in numbers:
        assert book.take_number() == number
        book.put(record(number), NOW_NS)
    book.write(book.pack())
    return book


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    book = saved(tmp_path, 1, 2)
    book.ledger_upto = 77
    book.write(book.pack())
    again = open_book(tmp_path)
    assert (again.records, again.ledger_upto, again.take_number()) == (book.records, 77, 3)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_write_that_breaks_off_leaves_the_old_book_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = saved(tmp_path, 1)
    book.put(record(2), NOW_NS)

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        book.write(book.pack())
    assert list(open_book(tmp_path).records) == [1]


@pytest.mark.parametrize(
    ("text", "why"), [("", "move it aside"), ("[]", "move it aside"), ('{"format": 9}', "run that one")]
)
def test_a_book_that_cannot_be_read_says_what_to_do(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BookError, match=why):
        read_page(tmp_path / FILE)


def test_old_records_are_given_up_but_none_that_is_awaited_or_must_be_closed(tmp_path: Path) -> None:
    book = open_book(tmp_path)
    book.put(record(1, "asked", "sent"), NOW_NS)
    book.put(record(2, "asked", "expired", valve="gate", opens_s=60.0, closing=b"\0"), NOW_NS)
    for number in range(3, KEPT + 100):
        book.put(record(number, "asked", "confirmed"), NOW_NS)
    assert len(book.records) == KEPT
    assert list(book.records)[:3] == [1, 2, 102]
    assert [one.number for one in book.waiting(NOW_NS)] == [1]
    book.forget(book.records[1])
    assert book.waiting(NOW_NS + 3_600 * NS_PER_S) == []
