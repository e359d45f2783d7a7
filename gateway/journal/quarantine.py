"""Setting bytes aside before they are cut from the log: on doubt, nothing is deleted."""

from pathlib import Path

from gateway.journal.segment import QUARANTINE, Segment
from gateway.journal.storage import Storage, new_file
from gateway.journal.walk import Read


def set_aside(storage: Storage, segment: Segment, read: Read, *, offset: int, size: int, why: str) -> None:
    """Copy bytes of a segment to ``quarantine/``, durably. Zeros are what a file system leaves, no message."""
    data = read(size, offset)
    if not data.strip(b"\0"):
        return
    directory = segment.path.parent / QUARANTINE
    storage.make_directory(directory)
    name = f"{segment.serial:010d}-{offset}.{why}"
    copies = sum(present.startswith(name) for present in storage.names(directory))
    # An earlier trial may have been cut short after its copy was made: that copy is the truest one.
    new_file(storage, directory / (f"{name}.{copies}" if copies else name), data)


def set_file_aside(storage: Storage, path: Path) -> None:
    """Move a whole segment file there."""
    directory = path.parent / QUARANTINE
    storage.make_directory(directory)
    storage.rename(path, directory / path.name)
    storage.sync_directory(directory)
    storage.sync_directory(path.parent)


def size_bytes(storage: Storage, directory: Path) -> int:
    """Of everything set aside."""
    total = 0
    for name in storage.names(directory / QUARANTINE):
        file = storage.open(directory / QUARANTINE / name, "read")
        try:
            total += file.size()
        finally:
            file.close()
    return total
