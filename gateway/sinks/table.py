"""Which class serves which kind of sink. To add a kind: one opener here, one line in ``gateway/config.py``."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.config import SinkConfig
from gateway.deliver import Delivery
from gateway.ingest import decode_received
from gateway.journal.cursor import CursorFile
from gateway.ledger_tail import first_position
from gateway.logs import cursor_file
from gateway.sinks import Sink
from pipelines.model import Received

if TYPE_CHECKING:
    from gateway.open_city import OpenCity
    from gateway.run import Gateway

LINGER_S = 0.5


def open_deliveries(gateway: "Gateway") -> Sequence[Delivery]:
    """One delivery per configured sink, sharing one tail of the ledger."""
    deliveries = []
    for config in gateway.config.sinks.values():
        file = cursor_file(gateway.logs.folder, config.name)
        is_new = not file.exists()
        cursor = CursorFile(file)
        if is_new:
            cursor.store(max(0, first_position(config.start, gateway.logs.ledger)), sync=True)
        linger_s = getattr(config.settings, "linger_s", LINGER_S)
        sink = open_sink(config, gateway)
        deliveries.append(
            Delivery(
                sink,
                gateway.tail,
                cursor,
                gateway.events,
                gateway.clock,
                linger_s=linger_s,
                order=getattr(sink, "order", "fresh first"),
            )
        )
    return deliveries


def open_sink(config: SinkConfig, gateway: "Gateway") -> Sink:
    """One sink by its kind. Its module is imported only when it is used: each costs memory. Raises LookupError."""
    opener = OPENERS.get(config.kind)
    if opener is None:
        raise LookupError(f"no sink of kind {config.kind!r}")
    return opener(config, gateway)


def _influxdb(config: SinkConfig, gateway: "Gateway") -> Sink:
    from gateway.sinks.influxdb.settings import InfluxdbSettings  # noqa: PLC0415 - see open_sink
    from gateway.sinks.influxdb.sink import InfluxSink  # noqa: PLC0415 - see open_sink

    assert isinstance(config.settings, InfluxdbSettings)
    return InfluxSink(config.name, config.settings, gateway.events, gateway.clock)


def _store(config: SinkConfig, gateway: "Gateway") -> Sink:
    from gateway.sinks.store.settings import StoreSettings  # noqa: PLC0415 - see open_sink
    from gateway.sinks.store.sink import StoreSink  # noqa: PLC0415 - see open_sink

    settings = config.settings
    assert isinstance(settings, StoreSettings)
    file = settings.path or gateway.logs.folder / "store.sqlite"
    days = pilot_days(gateway)
    return StoreSink(config.name, settings, file, clock=gateway.clock, events=gateway.events, pilot_days=days)


def _quarantine(config: SinkConfig, gateway: "Gateway") -> Sink:
    from gateway.sinks.quarantine.settings import QuarantineSettings  # noqa: PLC0415 - see open_sink
    from gateway.sinks.quarantine.sink import QuarantineSink  # noqa: PLC0415 - see open_sink

    settings = config.settings
    assert isinstance(settings, QuarantineSettings)
    file = settings.path or gateway.logs.folder / "quarantine.sqlite"
    return QuarantineSink(config.name, settings, file, fetch=fetcher(gateway), events=gateway.events)


def _open_topics(config: SinkConfig, gateway: "Gateway") -> Sink:
    from gateway.sinks.open_topics.settings import OpenTopicsSettings  # noqa: PLC0415 - see open_sink
    from gateway.sinks.open_topics.sink import OpenTopicsSink  # noqa: PLC0415 - see open_sink

    settings, table = config.settings, gateway.config.gateway
    assert isinstance(settings, OpenTopicsSettings)
    return OpenTopicsSink(
        config.name,
        settings,
        settings.file_in(gateway.logs.folder, config.name),
        city=table.city,
        gateway_id=table.id,
        city_now=open_city(gateway),
        events=gateway.events,
        clock=gateway.clock,
    )


def _alarms(config: SinkConfig, gateway: "Gateway") -> Sink:
    from gateway.alarms.sink import open_alarms  # noqa: PLC0415 - see open_sink

    return open_alarms(config.name, gateway)


OPENERS: Mapping[str, Callable[[SinkConfig, "Gateway"], Sink]] = {
    "influxdb": _influxdb,
    "store": _store,
    "quarantine": _quarantine,
    "open-topics": _open_topics,
    "alarms": _alarms,
}


def pilot_days(gateway: "Gateway") -> Callable[[str], int | None]:
    """How long a pilot keeps its data, by the files in force now."""

    def days(pilot_id: str) -> int | None:
        pilot = gateway.known.files.pilots.get(pilot_id)
        return pilot.retention_days if pilot else None

    return days


def fetcher(gateway: "Gateway") -> Callable[[int], Received | None]:
    """Intake entries by number, for the quarantine; None where the entry has expired."""

    def fetch(number: int) -> Received | None:
        entries = gateway.logs.intake.read(number, max_entries=1)
        return decode_received(entries[0].payload) if entries and entries[0].number == number else None

    return fetch


def open_city(gateway: "Gateway") -> Callable[[], "OpenCity"]:
    """The city as open data see it, by the files in force; made anew when they are read anew."""
    from gateway.open_city import OpenCity  # noqa: PLC0415 - see open_sink

    made: list[tuple[object, OpenCity]] = []

    def city_now() -> OpenCity:
        known = gateway.known
        if not made or made[0][0] is not known:
            made[:] = [(known, OpenCity(known.files, known.knowledge.profiles))]
        return made[0][1]

    return city_now
