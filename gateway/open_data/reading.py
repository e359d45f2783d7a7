"""One request's view of the store and the files, and the thread in which it is read.

Laws
- The loop never waits for the disk: all reading happens in one thread, answers in turn.
- A stream gives way after each piece of 128 KiB and after each thousand rows, so that a large download holds up nobody.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from gateway.open_data.city import City, OpenPilot, Thing
from gateway.open_data.keys import Grant
from gateway.open_data.problems import Problem, quoted
from gateway.open_data.settings import OpenDataTable
from gateway.open_data.told import SeriesOf, may_be_told
from gateway.sinks.open_topics.sums import SaidSums
from gateway.sinks.sqlite_file import LaterFormatError
from gateway.sinks.store.pages import Pages, Series


class Reading:
    """What one request reads. To be closed."""

    def __init__(
        self,
        city: City,
        file: Path,
        grant: Grant,
        settings: OpenDataTable,
        until_ns: int,
        *,
        sums: Path | None = None,
    ) -> None:
        """``until_ns``: what ended later is not told yet. Raises Problem where there is no store to read."""
        self.city = city
        self.grant = grant
        self.settings = settings
        self.until_ns = until_ns
        try:
            self.pages = Pages(file)
        except (FileNotFoundError, sqlite3.Error, LaterFormatError) as error:
            what = "there is no history to read"
            raise Problem(503, what, "Try again later.", retry_s=60) from error
        try:
            self.sums = SaidSums.open(sums)
        except (sqlite3.Error, LaterFormatError) as error:
            self.pages.close()
            raise Problem(503, "the sums cannot be read now", "Try again later.", retry_s=60) from error
        self._series: dict[str, SeriesOf] = {}

    def close(self) -> None:
        """Let the file go."""
        self.pages.close()
        self.sums.close()

    @cached_property
    def position(self) -> str:
        """How far the store and the sums are: another one after everything that is written."""
        return f"{self.pages.position():x}.{self.sums.position():x}"

    def pilot(self, name: str) -> OpenPilot:
        """A pilot by id. Raises Problem."""
        found = self.city.pilots.get(name)
        if found is None:
            mend = f"One of {', '.join(self.city.pilots) or 'none: there are no pilots here'}."
            raise Problem(404, f"there is no pilot {quoted(name)}", mend, where="pilot")
        return found

    def series(self, pilot: OpenPilot) -> SeriesOf:
        """Feature → its series, of a pilot."""
        name = pilot.pilot.id
        if name not in self._series:
            grouped: dict[str, list[Series]] = {}
            for one in self.pages.series(name):
                grouped.setdefault(one.feature, []).append(one)
            self._series[name] = grouped
        return self._series[name]

    def things(self, pilot: OpenPilot) -> Iterator[Thing]:
        """Everything of a pilot that has a voice, by feature."""
        return pilot.things(self.series(pilot))

    def areas(self, pilot: OpenPilot) -> Iterator[Thing]:
        """The areas of households that a sum was said of, by feature."""
        for feature, entity in self.sums.areas(pilot.pilot.id):
            area = pilot.area(feature, entity)
            if area is not None:
                yield area

    def properties(self, pilot: OpenPilot, thing: Thing) -> Sequence[str]:
        """What may be said of a thing and was heard at least once, by name."""
        own = self.series(pilot).get(thing.feature, ())
        return sorted({one.property for one in own if may_be_told(thing.subject, one.property)})


def links(**given: str) -> Mapping[str, str]:
    """A ``Link`` header of the relations that are given; empty values are left out."""
    found = [f'<{url}>; rel="{relation}"' for relation, url in given.items() if url]
    return {"Link": ", ".join(found)} if found else {}
