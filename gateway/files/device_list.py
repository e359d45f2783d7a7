"""A list of devices as vendors and cities send it, CSV or XLSX, read into named columns and rows of text.

Laws
- Every cell becomes the text that a person sees; what a spreadsheet stores (floats, dates) is turned back.
- The row number is the one the spreadsheet shows, so that a message can be followed.
- The delimiter is found by trying, never asked.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import msgspec

from gateway.files.mistakes import ConfigError, Mistake

DELIMITERS = ",;\t|"
MAX_ROWS = 100_000
MAX_FILE_BYTES = 64 << 20


class Row(msgspec.Struct, frozen=True):
    """One line below the header; ``cells`` has as many entries as the table has columns."""

    number: int
    cells: tuple[str, ...]


class DeviceList(msgspec.Struct, frozen=True):
    """A header and its rows, without the empty ones."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_list(path: Path) -> DeviceList:
    """Read a CSV or XLSX file. Raises ConfigError when it is neither or holds no table."""
    try:
        raw = path.read_bytes()[: MAX_FILE_BYTES + 1]
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})", "Check the name.") from error
    if len(raw) > MAX_FILE_BYTES:
        raise _refused(path, f"larger than {MAX_FILE_BYTES >> 20} MiB", "Split it.")
    if raw[:4] == b"PK\x03\x04":
        lines: Iterable[Sequence[str]] = _sheet(path, raw)
    elif raw[:4] == b"\xd0\xcf\x11\xe0":
        raise _refused(path, "an old .xls workbook", "Save it as .xlsx or .csv first.")
    else:
        text = decode_text(raw)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    return _table(path, lines)


def _refused(path: Path, what: str, mend: str) -> ConfigError:
    return ConfigError([Mistake(path.name, what, mend)])


def _table(path: Path, lines: Iterable[Sequence[str]]) -> DeviceList:
    """The first line with at least two filled cells is the header; what stands above it is a title."""
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    try:
        for number, line in enumerate(lines, start=1):
            cells = tuple(cell.strip() for cell in line)
            if not columns:
                if sum(map(bool, cells)) > 1 or (cells and number == 1 and len(cells) == 1 and cells[0].isalpha()):
                    columns = cells
            elif any(cells):
                rows.append(Row(number, (cells + ("",) * len(columns))[: len(columns)]))
            if len(rows) > MAX_ROWS:
                raise _refused(path, f"more than {MAX_ROWS:,} rows", "Split it.")
    except csv.Error as error:
        raise _refused(path, f"not a table: {error}", "Save it as CSV with commas or semicolons.") from error
    if not columns or not rows:
        raise _refused(path, "no table in it", "The first line names the columns, each next line is one device.")
    return DeviceList(columns, tuple(rows))


def decode_text(raw: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, else Windows-1252 as spreadsheets in Europe write it."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def delimiter_of(text: str) -> str:
    """The delimiter that cuts most of the first lines into the same number of cells, more than one."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == len("sep=;"):
        return lines[0].strip()[-1]

    def regularity(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        width, times = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return times, width

    return max(DELIMITERS, key=regularity)


def _sheet(path: Path, raw: bytes) -> list[tuple[str, ...]]:
    """The visible sheet with the most rows."""
    import openpyxl  # noqa: PLC0415 - 15 MB that only this command needs
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - same

    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheets = [
            [
                tuple(cell_text(value) for value in row)
                for row in sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 10)
            ]
            for sheet in book.worksheets
            if sheet.sheet_state == "visible"
        ]
    except (InvalidFileException, BadZipFile, ParseError, KeyError, ValueError, OSError, EOFError) as error:
        raise _refused(
            path, f"not a workbook that can be read ({error})", "Save it again as .xlsx, or as .csv."
        ) from error
    return max(sheets, key=lambda rows: sum(any(row) for row in rows), default=[])


def cell_text(value: object) -> str:
    """A spreadsheet's value as a person sees it: 12.0 is 12, a date is ISO."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case datetime():
            at_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.date().isoformat() if at_midnight else value.isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)
