"""A disk in memory that loses what was not synced, fills up, fails to sync and writes short, each by name.

It keeps the history of everything done to it, so that a crash can be asked for at any point of a run: ``image``.
Model of a power cut: of each file's unsynced writes none, all, a prefix, or single 512-byte sectors survive; of the
unsynced names of a directory a prefix of the changes does (journalling file systems keep their order). After a failed
sync the unsynced writes stay readable until the crash and are gone after it, as Linux does.
"""

import dataclasses
import errno
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gateway.journal.notices import LogLockedError
from gateway.journal.storage import OpenMode

SECTOR = 512

Survival = Literal["none", "all", "prefix", "torn"]
SURVIVALS: tuple[Survival, ...] = ("none", "all", "prefix", "torn")


@dataclass
class Inode:
    content: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Step:
    """One change: ``what`` on a file or a name."""

    what: str
    inode: int = 0
    offset: int = 0
    data: bytes = b""
    path: Path = Path()
    target: Path = Path()


class Disk:
    """Implements ``gateway.journal.storage.Storage``."""

    def __init__(self) -> None:
        self.inodes: dict[int, Inode] = {}
        self.files: dict[Path, int] = {}
        self.directories: set[Path] = set()
        self.history: list[Step] = []
        self.capacity: int | None = None
        self.failing_syncs = 0
        self.failing_writes = 0
        self.short_write: int | None = None
        self.bad_sectors: set[tuple[Path, int]] = set()
        self.crash_at: int | None = None
        self._locked: set[Path] = set()
        self._lock = threading.RLock()

    # Faults, by name.

    def fill(self) -> None:
        """Not one byte more fits."""
        self.capacity = self.used

    def empty(self) -> None:
        """There is space again."""
        self.capacity = None

    def flip(self, path: Path, bit: int) -> None:
        """Turn one bit of a file, silently and durably."""
        number = self.files[path]
        self.inodes[number].content[bit // 8] ^= 1 << bit % 8
        self._do(Step("flip", number, bit // 8, bytes([1 << bit % 8])))

    @property
    def used(self) -> int:
        return sum(len(self.inodes[inode].content) for inode in self.files.values())

    # Storage.

    def open(self, path: Path, mode: OpenMode) -> "DiskFile":
        with self._lock:
            if mode == "create":
                if path in self.files:
                    raise FileExistsError(errno.EEXIST, "exists", str(path))
                number = len(self.inodes) + 1
                self._do(Step("create", number, path=path))
                self.inodes[number] = Inode()
                self.files[path] = number
            elif path not in self.files:
                raise FileNotFoundError(errno.ENOENT, "missing", str(path))
            return DiskFile(self, self.files[path], path)

    def make_directory(self, path: Path) -> None:
        self.directories.add(path)

    def names(self, directory: Path) -> list[str]:
        with self._lock:
            return [path.name for path in self.files if path.parent == directory]

    def rename(self, old: Path, new: Path) -> None:
        with self._lock:
            self._do(Step("rename", path=old, target=new))
            self.files[new] = self.files.pop(old)

    def remove(self, path: Path) -> None:
        with self._lock:
            if path not in self.files:
                raise FileNotFoundError(errno.ENOENT, "missing", str(path))
            self._do(Step("remove", path=path))
            del self.files[path]

    def sync_directory(self, directory: Path) -> None:
        with self._lock:
            self._do(Step("sync_directory", path=directory))

    def lock(self, path: Path) -> "DiskLock":
        if path in self._locked:
            raise LogLockedError(f"{path}: another process writes this log")
        self._locked.add(path)
        return DiskLock(self._locked, path)

    # Crashes.

    def image(self, steps: int, rng: random.Random) -> "Disk":
        """The disk after a power cut that came when so many steps of the history were done."""
        synced: dict[int, bytearray] = {}
        loose: dict[int, list[Step]] = {}
        names: dict[Path, int] = {}
        loose_names: list[Step] = []
        for step in self.history[:steps]:
            match step.what:
                case "write" | "truncate":
                    loose.setdefault(step.inode, []).append(step)
                case "sync":
                    apply(synced.setdefault(step.inode, bytearray()), loose.pop(step.inode, []))
                case "flip":
                    turn(synced.setdefault(step.inode, bytearray()), loose.get(step.inode, []), step)
                case "sync_failed":
                    loose.pop(step.inode, None)
                case "sync_directory":
                    for change in [one for one in loose_names if one.path.parent == step.path]:
                        rename_in(names, change)
                        loose_names.remove(change)
                case _:
                    loose_names.append(step)
        for change in loose_names[: rng.choice((0, len(loose_names), rng.randint(0, len(loose_names))))]:
            rename_in(names, change)
        after = Disk()
        after.directories = set(self.directories)
        after.files = names
        for number in set(names.values()):
            content = bytearray(synced.get(number, b""))
            apply(content, surviving(loose.get(number, []), rng.choice(SURVIVALS), rng))
            after.inodes[number] = Inode(content)
        after._remember_as_synced()
        return after

    def copy(self) -> "Disk":
        """As after a kill: everything the file system was told is there."""
        with self._lock:
            after = Disk()
            after.directories = set(self.directories)
            after.files = dict(self.files)
            after.inodes = {number: Inode(bytearray(inode.content)) for number, inode in self.inodes.items()}
            after._remember_as_synced()
            return after

    def _remember_as_synced(self) -> None:
        for path, number in self.files.items():
            self.history.append(Step("create", number, path=path))
            self.history.append(Step("write", number, 0, bytes(self.inodes[number].content)))
            self.history.append(Step("sync", number))
            self.history.append(Step("sync_directory", path=path.parent))
        for number in range(1, max(self.inodes, default=0) + 1):
            self.inodes.setdefault(number, Inode())

    def _do(self, step: Step) -> None:
        if self.crash_at is not None and len(self.history) >= self.crash_at:
            raise PowerCutError
        self.history.append(step)


class PowerCutError(BaseException):
    """Not an OSError: nobody handles a power cut."""


class DiskFile:
    def __init__(self, disk: Disk, number: int, path: Path) -> None:
        self._disk = disk
        self._number = number
        self._inode = disk.inodes[number]
        self._path = path

    def read(self, size: int, offset: int) -> bytes:
        if any(path == self._path and offset <= at < offset + size for path, at in self._disk.bad_sectors):
            raise OSError(errno.EIO, "bad sector", str(self._path))
        return bytes(self._inode.content[offset : offset + size])

    def write(self, data: bytes, offset: int) -> int:
        disk = self._disk
        with disk._lock:
            if disk.failing_writes:
                disk.failing_writes -= 1
                raise OSError(errno.EIO, "write failed", str(self._path))
            if disk.short_write is not None:
                data = data[: max(1, disk.short_write)]
            data = data[: self._room(offset, len(data))]
            if not data:
                raise OSError(errno.ENOSPC, "no space", str(self._path))
            disk._do(Step("write", self._number, offset, data))
            put(self._inode.content, offset, data)
            return len(data)

    def allocate(self, size: int) -> None:
        if self._room(0, size) < size:
            raise OSError(errno.ENOSPC, "no space", str(self._path))
        with self._disk._lock:
            self._disk._do(Step("truncate", self._number, size))
            self._inode.content.extend(bytes(max(0, size - len(self._inode.content))))

    def size(self) -> int:
        return len(self._inode.content)

    def truncate(self, size: int) -> None:
        with self._disk._lock:
            self._disk._do(Step("truncate", self._number, size))
            apply(self._inode.content, [Step("truncate", offset=size)])

    def sync(self) -> None:
        disk = self._disk
        with disk._lock:
            if disk.failing_syncs:
                disk.failing_syncs -= 1
                disk._do(Step("sync_failed", self._number))
                raise OSError(errno.EIO, "sync failed", str(self._path))
            disk._do(Step("sync", self._number))

    def close(self) -> None:
        pass

    def _room(self, offset: int, size: int) -> int:
        if self._disk.capacity is None:
            return size
        free = max(0, self._disk.capacity - self._disk.used)
        return max(0, min(size, len(self._inode.content) + free - offset))


class DiskLock:
    def __init__(self, locked: set[Path], path: Path) -> None:
        self._locked = locked
        self._path = path

    def release(self) -> None:
        self._locked.discard(self._path)


def put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def apply(content: bytearray, steps: list[Step]) -> None:
    for step in steps:
        if step.what == "write":
            put(content, step.offset, step.data)
        elif len(content) > step.offset:
            del content[step.offset :]
        else:
            content.extend(bytes(step.offset - len(content)))


def turn(content: bytearray, loose: list[Step], flip: Step) -> None:
    if flip.offset < len(content):
        content[flip.offset] ^= flip.data[0]
    for at, step in enumerate(loose):
        if step.what == "write" and step.offset <= flip.offset < step.offset + len(step.data):
            data = bytearray(step.data)
            data[flip.offset - step.offset] ^= flip.data[0]
            loose[at] = dataclasses.replace(step, data=bytes(data))


def rename_in(names: dict[Path, int], step: Step) -> None:
    match step.what:
        case "create":
            names[step.path] = step.inode
        case "rename":
            names[step.target] = names.pop(step.path)
        case "remove":
            names.pop(step.path, None)


def surviving(steps: list[Step], survival: Survival, rng: random.Random) -> list[Step]:
    match survival:
        case "none":
            return []
        case "all":
            return steps
        case "prefix":
            return steps[: rng.randint(0, len(steps))]
        case "torn":
            return [piece for step in steps for piece in sectors(step) if rng.random() < 0.5]


def sectors(step: Step) -> list[Step]:
    if step.what != "write":
        return [step]
    pieces = []
    at = 0
    while at < len(step.data):
        size = SECTOR - (step.offset + at) % SECTOR
        pieces.append(Step("write", step.inode, step.offset + at, step.data[at : at + size]))
        at += size
    return pieces
