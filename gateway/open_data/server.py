"""The listener of open data: opened by ``run.py`` when ``[open_data]`` is enabled, kept up by its supervisor.

It has a listener of its own, apart from the push source's: what anybody may ask must not hold up what sensors send.
"""

import socket
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gateway.events import Events, KeysUnreadable, ListeningOn
from gateway.http.embedded import MAX_CONNECTIONS, bound, serve_pages
from gateway.open_city import OpenCity, load_salt
from gateway.open_data.city import City
from gateway.open_data.keys import Account, Keys
from gateway.open_data.routes import application
from gateway.open_data.service import Service
from gateway.sinks.open_topics.settings import OpenTopicsSettings
from gateway.sinks.store.settings import StoreSettings
from gateway.startups.accounts import FILE, AccountError, read_file
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.run import Gateway

CLOSE_WITHIN_S = 3


class OpenDataServer:
    """One listener. ``run`` serves until cancelled, and takes its own time to end where a download is under way."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._settings = gateway.config.open_data

    async def run(self) -> None:
        """Serve. Raises OSError where the address cannot be bound."""
        listener = self._bound()
        service = open_service(self._gateway)
        self._gateway.events.emit(ListeningOn(what="open data", address=self._settings.base_url))
        try:
            await serve_pages(
                application(service),
                listener,
                http="h11",
                close_within_s=CLOSE_WITHIN_S,
                cert_file=self._settings.cert_file,
                key_file=self._settings.key_file,
            )
        finally:
            service.close()

    def _bound(self) -> socket.socket:
        said = f"open_data.listen: {self._settings.listen}"
        return bound(self._settings.address, backlog=MAX_CONNECTIONS, said=said)


def open_service(gateway: "Gateway") -> Service:
    """What the addresses share, for a gateway. Raises OSError."""
    clock, config = gateway.clock, gateway.config
    find = accounts_in(config.keys_file or config.broker_dir / FILE, gateway.events)
    find("")  # what keeps the keys from being read is told now, not when the first start-up asks

    def today() -> date:
        return datetime.fromtimestamp(clock.wall_ns() // NS_PER_S, UTC).date()

    return Service(
        config.open_data,
        store_file(config, gateway.logs.folder),
        city_now=city_of(gateway),
        delay_ns=delay_ns(config),
        sums=sums_file(config, gateway.logs.folder),
        keys=Keys(find, today),
        clock=clock,
        events=gateway.events,
    )


def city_of(gateway: "Gateway") -> Callable[[], City]:
    """The city by the files in force; made anew when they are read anew. Raises OSError."""
    salt = load_salt(gateway.logs.folder)
    projection: Literal["published", "off"] = (
        "published" if any(one.sensorthings for one in open_topics(gateway.config)) else "off"
    )
    made: list[tuple[object, City]] = []

    def city_now() -> City:
        known = gateway.known
        if not made or made[0][0] is not known:
            open_city = OpenCity(known.files, known.knowledge.profiles)
            made[:] = [(known, City(known.files.pilots, open_city, salt, sensorthings=projection))]
        return made[0][1]

    return city_now


def store_file(config: "Config", folder: Path) -> Path:
    """The store that is read. Where several are kept, the first in the file."""
    for sink in config.sinks.values():
        if isinstance(sink.settings, StoreSettings):
            return sink.settings.path or folder / "store.sqlite"
    return folder / "store.sqlite"


def sums_file(config: "Config", folder: Path) -> Path | None:
    """Where sums over households are kept as the topics said them. Of several sinks the first in the file."""
    for sink in config.sinks.values():
        if isinstance(sink.settings, OpenTopicsSettings):
            return sink.settings.file_in(folder, sink.name)
    return None


def delay_ns(config: "Config") -> int:
    """How long the slowest topics hold everything back: what waits there must not be read here."""
    return int(max((one.delay_min for one in open_topics(config)), default=0.0) * 60 * NS_PER_S)


def open_topics(config: "Config") -> list[OpenTopicsSettings]:
    """The settings of all sinks that publish open topics."""
    return [sink.settings for sink in config.sinks.values() if isinstance(sink.settings, OpenTopicsSettings)]


def accounts_in(file: Path, events: Events) -> Callable[[str], Account | None]:
    """Accounts by name, read again when their file has changed.

    Nobody where there is no file; nobody, and an event when that begins, where it cannot be read.
    """
    read: list[tuple[tuple[int, int], dict[str, Account]]] = []
    told: list[str] = []

    def find(name: str) -> Account | None:
        try:
            state = file.stat()
            mark = state.st_mtime_ns, state.st_ino
            if not read or read[0][0] != mark:
                read[:] = [(mark, dict(read_file(file).by_name))]
            told.clear()
        except FileNotFoundError:
            return None
        except (OSError, AccountError) as error:
            why = str(error)
            if told != [why]:
                told[:] = [why]
                events.emit(KeysUnreadable(file=str(file), why=why))
            return None
        return read[0][1].get(name)

    return find
