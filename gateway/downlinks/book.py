"""The book of downlinks: one small file, ``downlinks.json`` in the state directory.

Format: one JSON object, ``{"format": 1, "ledger_upto": n, "next_number": n, "records": [Record, …]}``.

Laws
- Written whole beside the old one, fsynced, renamed, and the folder fsynced: a crash leaves the old one or the new one.
- A downlink stands in it before its message leaves.
- Beyond ``KEPT`` the oldest are given up, but none that is not settled and no opening that is not closed.
- ``ledger_upto``: up to here the ledger was read for what became of them. It may lag: reading twice changes nothing.
"""

import os
from pathlib import Path

import msgspec

from gateway.downlinks.openings import left_open
from gateway.downlinks.record import Record

FILE = "downlinks.json"
FORMAT = 1
KEPT = 500


class BookError(Exception):
    """The file cannot be read; the text says why and what to do."""


class Page(msgspec.Struct):
    """The file's content."""

    format: int = FORMAT
    ledger_upto: int = 0
    next_number: int = 1
    records: list[Record] = []


class Book:
    """Downlinks by number, in memory and in the file. Used by the loop; ``write`` may run in a thread."""

    def __init__(self, file: Path, page: Page) -> None:
        self.file = file
        self.ledger_upto = page.ledger_upto
        self._next_number = page.next_number
        self.records: dict[int, Record] = {record.number: record for record in page.records}

    def waiting(self, now_ns: int) -> list[Record]:
        """Those that are not settled, the oldest first."""
        return [record for record in self.records.values() if not record.settled(now_ns)]

    def take_number(self) -> int:
        """A number that no downlink had before."""
        number = self._next_number
        self._next_number += 1
        return number

    def put(self, record: Record, now_ns: int) -> None:
        """Take it in, or in the place of its earlier state."""
        self.records[record.number] = record
        if len(self.records) <= KEPT:
            return
        spent = [
            one.number for one in self.records.values() if one.settled(now_ns) and not left_open(self.records, one)
        ]
        for number in spent[: len(self.records) - KEPT]:
            del self.records[number]

    def forget(self, record: Record) -> None:
        """Take out what could not be written down, so that nothing of it was sent."""
        self.records.pop(record.number, None)

    def pack(self) -> bytes:
        """The file's bytes as the book is now."""
        page = Page(FORMAT, self.ledger_upto, self._next_number, list(self.records.values()))
        return msgspec.json.encode(page)

    def write(self, packed: bytes) -> None:
        """Put packed bytes in the place of the file. Raises OSError; the old file is whole then."""
        fresh = self.file.with_suffix(".fresh")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as out:  # noqa: PTH123 - a descriptor with its mode
            out.write(packed)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.file)
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_page(file: Path) -> Page:
    """What the file holds; an empty page where there is none. Raises BookError."""
    try:
        page = msgspec.json.decode(file.read_bytes(), type=Page)
    except FileNotFoundError:
        return Page()
    except (OSError, msgspec.DecodeError) as error:
        raise BookError(f"{file} cannot be read ({error}): move it aside, then start again") from error
    if page.format > FORMAT:
        raise BookError(f"{file} was written by a later release: run that one")
    return page


def open_book(folder: Path) -> Book:
    """The book in a state directory. Raises BookError."""
    file = folder / FILE
    return Book(file, read_page(file))
