"""Space set aside, and given back when the disk is full, so that cursors and databases can still write."""

import contextlib
from pathlib import Path

from gateway.journal.storage import Storage

NAME = "ballast"


class Ballast:
    """A reserved file. Used by the writing thread only."""

    def __init__(self, storage: Storage, directory: Path, size: int) -> None:
        self._storage = storage
        self._path = directory / NAME
        self._size = size
        self.laid = False

    def lay(self) -> bool:
        """Reserve the space; false when there is none."""
        if self._size and not self.laid:
            try:
                present = self._path.name in self._storage.names(self._path.parent)
                file = self._storage.open(self._path, "update" if present else "create")
                try:
                    if file.size() != self._size:
                        file.allocate(self._size)
                finally:
                    file.close()
            except OSError:
                self.free()
                return False
        self.laid = True
        return True

    def free(self) -> None:
        """Give the space back."""
        self.laid = False
        with contextlib.suppress(OSError):
            self._storage.remove(self._path)
            self._storage.sync_directory(self._path.parent)
