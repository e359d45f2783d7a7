"""A log as another process may see it: without the lock, changing nothing, while the gateway may be writing."""

from pathlib import Path

from gateway.journal import verify as checks
from gateway.journal.reader import Loss, Reader
from gateway.journal.segment import Segment, Segments, UnreadableSegmentError, load_segment, parse_file_name
from gateway.journal.storage import RealStorage, Storage
from gateway.journal.survey import survey
from gateway.journal.tail import Entry


class LogView:
    """What was committed when it was opened; ``refresh`` looks again. ``corrupt_entries`` counts what reads missed."""

    def __init__(self, directory: Path, *, name: str = "", storage: Storage | None = None) -> None:
        self._directory = directory
        self._name = name
        self._storage = storage or RealStorage()
        self._segments = Segments([])
        self.unreadable_files: list[str] = []
        self.corrupt_entries = 0
        self._reader = Reader(self._storage, self._segments, self._note_loss)
        self.refresh()

    @property
    def next_number(self) -> int:
        """One above the highest number seen."""
        return max((segment.last for segment in self._segments.all), default=0) + 1

    @property
    def oldest_number(self) -> int:
        """The lowest number still kept; ``next_number`` when there is none."""
        return self._segments.all[0].first if self._segments.all else self.next_number

    def refresh(self) -> None:
        """See what was written since. Raises LogFormatError, OSError."""
        segments: list[Segment] = []
        self.unreadable_files.clear()
        for name in sorted(self._storage.names(self._directory)):
            if parse_file_name(name) is None:
                continue
            try:
                segment = load_segment(self._storage, self._directory / name, self._name)
                if segment.footer is None:
                    segment.size = survey(self._storage, segment).end
            except UnreadableSegmentError:
                self.unreadable_files.append(name)
                continue
            except FileNotFoundError:
                continue  # expired since the listing
            if segment.last >= segment.first:
                segments.append(segment)
        self._reader.close()
        self._segments.all = tuple(segments)

    def read(
        self, start: int, *, max_entries: int = 1000, max_bytes: int = 1 << 20, upto: int | None = None
    ) -> list[Entry]:
        """Entries from ``start`` on, at least one if there is one. Raises OSError when the log changes under it."""
        limit = self.next_number - 1 if upto is None else min(upto, self.next_number - 1)
        return self._reader.read(start, upto=limit, max_entries=max_entries, max_bytes=max_bytes)

    def stat(self) -> checks.LogFacts:
        """Facts, without reading entries."""
        return checks.stat(self._storage, self._segments, self._name, self.next_number)

    def verify(self) -> checks.LogCheck:
        """Read and check everything."""
        return checks.verify(self._storage, self._segments, self._name)

    def close(self) -> None:
        """Close the files."""
        self._reader.close()

    def _note_loss(self, loss: Loss) -> None:
        self.corrupt_entries += loss.entries
