"""The seam to the file system. Tests put a disk there that fills up, tears writes and fails to sync, by name.

Law: whatever is not synced may be gone, torn or there after a power cut; a name is durable when its directory
is synced.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import Literal, Protocol

from gateway.journal.notices import LogLockedError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
FILE_MODE = 0o600  # uplinks may be personal data: nobody else reads them


class File(Protocol):
    """An open file; all offsets are absolute, in bytes."""

    def read(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end of the file."""

    def write(self, data: bytes, offset: int) -> int:
        """Write all or part; returns how many bytes were taken. Raises OSError."""

    def allocate(self, size: int) -> None:
        """Reserve space so that writes below ``size`` cannot fail for want of it."""

    def size(self) -> int:
        """Length of the file."""

    def truncate(self, size: int) -> None:
        """Cut the file."""

    def sync(self) -> None:
        """Make what was written durable. After an OSError nothing unsynced may be trusted."""

    def close(self) -> None:
        """Let go; writes nothing."""


class Lock(Protocol):
    """A held lock."""

    def release(self) -> None:
        """Let others in."""


OpenMode = Literal["create", "update", "read"]


class Storage(Protocol):
    """What the journal asks of a file system."""

    def open(self, path: Path, mode: OpenMode) -> File:
        """``create`` fails if it exists; ``update`` reads and writes; ``read`` only reads. Raises OSError."""

    def make_directory(self, path: Path) -> None:
        """With parents, durable; harmless if it exists."""

    def names(self, directory: Path) -> list[str]:
        """Names in a directory, in no order; none if it does not exist."""

    def rename(self, old: Path, new: Path) -> None:
        """Replace ``new`` at once."""

    def remove(self, path: Path) -> None:
        """Remove a file. Raises FileNotFoundError."""

    def sync_directory(self, directory: Path) -> None:
        """Make creations, renames and removals durable."""

    def lock(self, path: Path) -> Lock:
        """Take the exclusive lock. Raises LogLockedError."""


class RealFile:
    """A file descriptor."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, size: int, offset: int) -> bytes:
        """See File."""
        data = os.pread(self._fd, size, offset)
        if len(data) == size or not data:
            return data
        parts = [data]
        got = len(data)
        while got < size and (more := os.pread(self._fd, size - got, offset + got)):
            parts.append(more)
            got += len(more)
        return b"".join(parts)

    def write(self, data: bytes, offset: int) -> int:
        """See File."""
        return os.pwrite(self._fd, data, offset)

    def allocate(self, size: int) -> None:
        """See File."""
        os.posix_fallocate(self._fd, 0, size)

    def size(self) -> int:
        """See File."""
        return os.fstat(self._fd).st_size

    def truncate(self, size: int) -> None:
        """See File."""
        os.ftruncate(self._fd, size)

    def sync(self) -> None:
        """See File."""
        os.fdatasync(self._fd)

    def close(self) -> None:
        """See File."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()


class RealLock:
    """An flock on a file; the kernel lets go of it when the process dies."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def release(self) -> None:
        """See Lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.release()


_FLAGS: dict[OpenMode, int] = {
    "create": os.O_RDWR | os.O_CREAT | os.O_EXCL,
    "update": os.O_RDWR,
    "read": os.O_RDONLY,
}


class RealStorage:
    """The machine's file system."""

    def open(self, path: Path, mode: OpenMode) -> RealFile:
        """See Storage."""
        return RealFile(os.open(path, _FLAGS[mode] | os.O_CLOEXEC, FILE_MODE))

    def make_directory(self, path: Path) -> None:
        """See Storage."""
        if path.is_dir():
            return
        self.make_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        self.sync_directory(path.parent)

    def names(self, directory: Path) -> list[str]:
        """See Storage."""
        try:
            return [path.name for path in directory.iterdir()]
        except FileNotFoundError:
            return []

    def rename(self, old: Path, new: Path) -> None:
        """See Storage."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """See Storage."""
        path.unlink()

    def sync_directory(self, directory: Path) -> None:
        """See Storage."""
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def lock(self, path: Path) -> RealLock:
        """See Storage."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise LogLockedError(
                f"{path}: another process writes this log. Stop it first (systemctl stop citygate), "
                f"or ask the running gateway"
            ) from None
        return RealLock(fd)


def write_all(file: File, data: bytes, offset: int) -> None:
    """Write every byte, however short the writes are. Raises OSError."""
    done = file.write(data, offset)
    while done < len(data):
        done += file.write(data[done:], offset + done)


def new_file(storage: Storage, path: Path, data: bytes) -> None:
    """Make a durable file of these bytes; what stood there from an earlier trial is replaced."""
    if path.name in storage.names(path.parent):
        storage.remove(path)
    file = storage.open(path, "create")
    try:
        write_all(file, data, 0)
        file.sync()
    finally:
        file.close()
    storage.sync_directory(path.parent)
