"""One TOML file as read: its content, and on which line each key stands, so that a mistake can point at it."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.files.mistakes import Mistake

Key = tuple[str | int, ...]

MAX_FILE_BYTES = 32 << 20
"""A devices file of 100,000 devices is about 20 MB; anything larger is not a file that a person wrote."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"^\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


class Document:
    """A TOML file. ``data`` is empty and ``mistakes`` has one entry when it could not be read."""

    def __init__(self, path: Path, data: dict[str, Any], text: str = "", mistakes: Sequence[Mistake] = ()) -> None:
        self.path = path
        self.data = data
        self.mistakes = tuple(mistakes)
        self._text = text
        self._lines: dict[Key, int] | None = None

    def where(self, *key: str | int) -> str:
        """``citygate.toml, line 9, sinks.influxdb.url``; the line is that of the nearest key that is written down."""
        if self._lines is None:
            self._lines = lines_of(self._text)
        line = next((self._lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self._lines), None)
        dotted = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
        return ", ".join(filter(None, (self.path.name, f"line {line}" if line else "", dotted)))


def read_toml(path: Path) -> Document:
    """Read a file; what cannot be read is a mistake, never an exception."""

    def unreadable(what: str, mend: str, line: int | None = None) -> Document:
        where = path.name if line is None else f"{path.name}, line {line}"
        return Document(path, {}, mistakes=[Mistake(where, what, mend)])

    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return unreadable(f"larger than {MAX_FILE_BYTES >> 20} MiB", "Split it into several files.")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return unreadable(f"there is no file {path}", "Write one with: citygate init DIR")
    except OSError as error:
        return unreadable(f"cannot be read ({error.strerror})", "Check the file's owner and mode.")
    except UnicodeDecodeError as error:
        return unreadable(f"byte {error.start} is not UTF-8", "Save the file as UTF-8.")
    try:
        return Document(path, tomllib.loads(text), text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else None
        return unreadable(f"not valid TOML: {error}", _syntax_hint(text, line), line)


def lines_of(text: str) -> dict[Key, int]:
    """Line number (from 1) of each table header and each key of a TOML text; ``[[x]]`` counts from 0.

    A hint for messages, not a parser: a line within a multi-line string may be taken for a key, never the reverse.
    """
    lines: dict[Key, int] = {}
    table: Key = ()
    arrays: dict[Key, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _resolved(_parts(header[2]), arrays)
            if header[1] == "[[":
                arrays[table] = arrays.get(table, -1) + 1
                table = (*table, arrays[table])
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault((*table, *_parts(assignment[1])), number)
    return lines


def _parts(dotted: str) -> Key:
    return tuple(part[1] or part[2] or part[3] for part in _PART.finditer(dotted))


def _resolved(parts: Key, arrays: dict[Key, int]) -> Key:
    """``device.calibration.x`` after a ``[[device]]`` speaks of the last device."""
    key: Key = ()
    for position, part in enumerate(parts):
        key = (*key, part)
        if position < len(parts) - 1 and key in arrays:
            key = (*key, arrays[key])
    return key


def _syntax_hint(text: str, line: int | None) -> str:
    rows = text.splitlines()
    row = rows[line - 1].strip() if line and line <= len(rows) else ""
    value = row.partition("=")[2].strip()
    if row.count('"') % 2 or row.count("'") % 2:
        return "A quotation mark is missing on this line."
    if value and not value[0].isdigit() and value[0] not in "\"'[{-+" and value not in ("true", "false"):
        return f'Put the text in quotes: {row.partition("=")[0].strip()} = "{value}"'
    if "=" not in row and ":" in row:
        return 'TOML writes key = "value", with an equals sign.'
    return "See https://toml.io for the notation; text stands in double quotes."
