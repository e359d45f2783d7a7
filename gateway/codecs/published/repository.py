"""A published repository of codecs: what a device of it is, and the only way its files are read.

Laws
- Names are letters, digits, ``-``, ``_`` and ``.``; nothing outside the repository is read, no link is followed.
- Files have a limit: a codec 256 KB, a text 2 MB.
- Nothing of it is run here.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from device_profiles.catalogue import MAX_CODEC_BYTES
from pipelines.codec import Function

MAX_TEXT_BYTES = 2 << 20
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")

Layout = Literal["lorawan-devices", "chirpstack-device-profiles"]


class RepositoryError(Exception):
    """The repository, or a file of it, is not as it ought to be; the text says which and why."""


class PublishedVector(msgspec.Struct, frozen=True):
    """An example that comes with a codec. ``expected`` is the whole output, as the repository writes it."""

    about: str
    function: Function
    given: dict[str, Any]
    expected: dict[str, Any]


class Published(msgspec.Struct, frozen=True):
    """One codec of a repository with its vectors. ``devices``: the models that refer to it, as ``vendor/model``."""

    name: str
    file: str
    vectors: tuple[PublishedVector, ...]
    devices: tuple[str, ...] = ()
    fault: str = ""
    """Why its vectors or its file cannot be used."""


class Model(msgspec.Struct, frozen=True):
    """A device of a repository: what a profile says of its identity, and where its codec is."""

    name: str
    vendor: str
    title: str
    codec: Published
    sensors: tuple[str, ...] = ()
    firmware: str = ""
    data_sheet: str = ""


class Checkout:
    """A folder that was checked out, read by relative names only. Raises RepositoryError for all that is not right."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not self.root.is_dir():
            raise RepositoryError(f"{root}: no such folder")

    def text(self, *names: str, limit: int = MAX_TEXT_BYTES) -> str:
        """A file's text. ``names`` from the root, each checked."""
        path = self._path(*names)
        if not path.is_file():
            raise RepositoryError(f"{'/'.join(names)}: no such file")
        if path.stat().st_size > limit:
            raise RepositoryError(f"{'/'.join(names)}: larger than {limit >> 10} KB")
        try:
            return path.read_bytes().decode().removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise RepositoryError(f"{'/'.join(names)}: no UTF-8 text") from error

    def source(self, file: str) -> str:
        """A codec's text, by its path from the root."""
        return self.text(*file.split("/"), limit=MAX_CODEC_BYTES)

    def has(self, *names: str) -> bool:
        """Whether there is such a file or folder, not by a link."""
        try:
            return self._path(*names).exists()
        except RepositoryError:
            return False

    def folders(self, *names: str) -> Iterator[str]:
        """The folders in a folder, by name."""
        path = self._path(*names)
        for entry in sorted(path.iterdir()) if path.is_dir() else ():
            if entry.is_dir() and not entry.is_symlink() and _NAME.fullmatch(entry.name):
                yield entry.name

    def files(self, *names: str, suffix: str) -> Iterator[str]:
        """The files in a folder whose names end so, by name."""
        path = self._path(*names)
        for entry in sorted(path.iterdir()) if path.is_dir() else ():
            if (
                entry.is_file()
                and not entry.is_symlink()
                and entry.name.endswith(suffix)
                and _NAME.fullmatch(entry.name)
            ):
                yield entry.name

    def _path(self, *names: str) -> Path:
        path = self.root
        for name in names:
            if not _NAME.fullmatch(name) or ".." in name:
                raise RepositoryError(f"{name[:80]!r} is not a name that a repository may use")
            path /= name
            if path.is_symlink():
                raise RepositoryError(f"{'/'.join(names)}: links are not followed")
        return path


def words_of(value: Any) -> tuple[str, ...]:
    """A list of words as a repository writes it; other things are left out."""
    return tuple(str(word)[:60] for word in value[:30] if isinstance(word, str)) if isinstance(value, list) else ()


def table_of(value: Any) -> dict[str, Any]:
    """A table as a repository writes it; empty where it is none."""
    return value if isinstance(value, dict) else {}


def rows_of(value: Any) -> list[dict[str, Any]]:
    """The tables in a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
