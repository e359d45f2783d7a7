"""Dashboards into a running Grafana by its HTTP API: a folder for the city, a page for each, only what differs.

Laws
- Doing it twice changes nothing the second time. Same uid, same page: what somebody changed by hand is put back.
- Nothing but these pages and their folder is touched: no data source, no alert, no contact point.
- What Grafana adds to a page (its number, its version, defaults) is no difference.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

from gateway.grafana.pages import Folder, Json, folder_of, pages_of

Done = Literal["created", "updated", "unchanged"]

NOT_FOUND = 404


class PushError(Exception):
    """It could not be done; ``mend`` is what to do."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


class Step(NamedTuple):
    """What was done to what."""

    done: Done
    what: str


class Grafana(Protocol):
    """What a push asks of a Grafana; every call raises PushError."""

    def sources(self) -> Sequence[Json]:
        """Its data sources: uid, name, type."""

    def folder(self, uid: str) -> Json | None:
        """The folder of this uid; None where there is none."""

    def make_folder(self, folder: Folder) -> None:
        """Make it."""

    def page(self, uid: str) -> Json | None:
        """The page of this uid with its ``meta``; None where there is none."""

    def save_page(self, page: Json, folder_uid: str) -> None:
        """Make it, or put it in place of what is there."""


def push(grafana: Grafana, city: str, source_uid: str | None = None) -> list[Step]:
    """Bring a city's pages into its folder. Raises PushError."""
    chosen = source_of(grafana.sources(), source_uid)
    folder = folder_of(city)
    steps = [_folder(grafana, folder)]
    steps += [_page(grafana, page, folder.uid) for page in pages_of(city, chosen)]
    return steps


def source_of(sources: Sequence[Json], uid: str | None) -> str:
    """The data source to ask: the one that is named, or the only InfluxDB. Raises PushError."""
    found: dict[str, str] = {source["uid"]: source["name"] for source in sources if source.get("type") == "influxdb"}
    listed = ", ".join(f"{uid} ({name})" for uid, name in sorted(found.items()))
    if uid is not None:
        if uid not in found:
            has = f"it has {listed}" if found else "it has no InfluxDB at all"
            raise PushError(f"there is no InfluxDB data source with the uid {uid}: {has}", "Name one of these.")
        return uid
    if not found:
        mend = "Add one of type InfluxDB, query language InfluxQL; deploy/grafana/README.md shows it for each version."
        raise PushError("this Grafana has no InfluxDB data source", mend)
    if len(found) > 1:
        raise PushError(
            f"this Grafana has several InfluxDB data sources: {listed}", "Choose one with --datasource UID."
        )
    (only,) = found
    return only


def same(ours: Any, theirs: Any) -> bool:
    """Whether everything we say is there; what Grafana adds does not count."""
    match ours, theirs:
        case dict(), dict():
            return all(key in theirs and same(value, theirs[key]) for key, value in ours.items())
        case list(), list():
            return len(ours) == len(theirs) and all(map(same, ours, theirs))
        case _:
            return bool(ours == theirs)


def _folder(grafana: Grafana, folder: Folder) -> Step:
    what = f"folder {folder.title}"
    if grafana.folder(folder.uid) is not None:
        return Step("unchanged", what)
    grafana.make_folder(folder)
    return Step("created", what)


def _page(grafana: Grafana, page: Json, folder_uid: str) -> Step:
    found = grafana.page(page["uid"])
    if found is not None and same(page, found["dashboard"]) and found["meta"].get("folderUid") == folder_uid:
        return Step("unchanged", page["title"])
    grafana.save_page(page, folder_uid)
    return Step("created" if found is None else "updated", page["title"])
