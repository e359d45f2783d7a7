"""Composition root: opens everything, starts the loops, reloads on SIGHUP, and stops in order.

    sources ─▶ ingest ─▶ intake log ─▶ refine ─▶ ledger log ─▶ one delivery per sink
                                                  └─▶ analytics ─▶ ledger log
                  housekeeping · health · downlinks · control socket · operators' listener · watchdog

The order of stopping stands in ``stopping.py``.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

from gateway.clock import Clock
from gateway.codecs.codecs import Codecs
from gateway.config import Config, load_config
from gateway.control import ControlServer
from gateway.deliver import Delivery
from gateway.downlinks.downlinks import Downlinks
from gateway.events import Events, FilesKept, FilesReloaded, GatewayStarted, GatewayStopped, SettingsKept
from gateway.files.mistakes import ConfigError
from gateway.handlers import Handlers
from gateway.health.health import Health
from gateway.housekeeping import Housekeeping
from gateway.ingest import Ingest
from gateway.knowledge import Known, load_known
from gateway.ledger_tail import LedgerTail
from gateway.logs import Logs
from gateway.memory import be_frugal, settle
from gateway.presence import presence
from gateway.progress import SNAPSHOT_FILE, Progress
from gateway.refine import Refine
from gateway.service import notify, watch
from gateway.sinks import TendedSink
from gateway.sinks.table import open_deliveries
from gateway.sources import Source
from gateway.sources.table import open_sources
from gateway.stopping import Stopping
from gateway.supervise import first_cause, supervise
from gateway.version import VERSION
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.analytics import Analytics
    from gateway.http.operators import OperatorsServer
    from gateway.open_data.server import OpenDataServer
    from gateway.self_report import SelfReport


class Part(Protocol):
    """One loop of the gateway."""

    async def run(self) -> None:
        """Work until cancelled."""


class Gateway:
    """Everything one gateway process holds. ``run`` is its life; the parts are public for the control socket."""

    def __init__(self, config: Config, known: Known, logs: Logs, *, clock: Clock, events: Events) -> None:
        self.config = config
        self.known = known
        self.logs = logs
        self.clock = clock
        self.events = events
        self.started_ns = clock.monotonic_ns()
        self.ingest = Ingest(logs.intake, events)
        self.tail = LedgerTail(logs.ledger, events.counts)
        self.codecs = Codecs(events)
        self.refine = Refine(
            logs.intake,
            logs.ledger,
            Progress.recover(logs.folder / SNAPSHOT_FILE, logs.ledger, oldest=logs.intake.oldest_number),
            knowledge=known.knowledge,
            folder=config.gateway.state_dir,
            clock=clock,
            events=events,
            codecs=self.codecs,
            sinks_catch_up=lambda: any(delivery.catching_up for delivery in self.deliveries),
            on_outcomes=self.tail.put,
        )
        self.sources: Sequence[Source] = open_sources(config, self.ingest, clock, events)
        self.deliveries: Sequence[Delivery] = open_deliveries(self)
        self.analytics = open_analytics(self)
        self.open_data = open_open_data(self)
        self.holding = {sink.name for sink in config.sinks.values() if sink.when_full == "hold"}
        self.housekeeping = Housekeeping(self)
        self.ingest.needed_from = self.housekeeping.needed_from
        self.downlinks = Downlinks(self)
        self.health = Health(self)
        self.operators = open_operators(self)
        self._stop = asyncio.Event()

    async def run(self) -> bool:
        """Live until SIGTERM or SIGINT; returns whether the stop was complete. Raises OSError if the intake fails."""
        async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
            control = ControlServer(self.config.control_socket, Handlers(self).table())
            await stack.enter_async_context(control)
            await stack.enter_async_context(self.codecs)
            loops = {
                "ingest": group.create_task(self.ingest.run(), name="ingest"),
                "watchdog": group.create_task(watch(self.health.moving), name="watchdog"),
            }
            loops |= {name: self._kept_up(group, name, part.run) for name, part in self._parts().items()}
            inlets = [
                self._kept_up(group, f"source {source.name}", source.run, task=source.name) for source in self.sources
            ]
            outlets = [
                self._kept_up(group, f"sink {one.sink.id}", one.run, task=one.sink.id) for one in self.deliveries
            ]
            outlets += [
                self._kept_up(group, f"sink {sink.id} states", sink.run, task=f"{sink.id} states")
                for sink in (delivery.sink for delivery in self.deliveries)
                if isinstance(sink, TendedSink)
            ]
            self._listen_to_signals(group)
            self._say_started()
            await self._stop.wait()
            notify("STOPPING=1")
            return await self._stop_in_order(loops, inlets, outlets)

    def _parts(self) -> dict[str, "Part"]:
        """What works beside the road, by name: each is started again when it raises."""
        parts = {
            "refine": self.refine,
            "analytics": self.analytics,
            "housekeeping": self.housekeeping,
            "downlinks": self.downlinks,
            "health": self.health,
            "self report": open_self_report(self),
            "open data": self.open_data,
            "operators' listener": self.operators,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def _kept_up(
        self, group: asyncio.TaskGroup, name: str, run: Callable[[], Coroutine[Any, Any, None]], *, task: str = ""
    ) -> asyncio.Task[None]:
        return group.create_task(supervise(name, run, self.events), name=task or name)

    def stop(self) -> None:
        """Begin the orderly stop."""
        self._stop.set()

    async def reload(self) -> Sequence[str]:
        """Read devices, pilots and profiles again; returns the mistakes that kept the old ones in force."""
        notify("RELOADING=1")
        try:
            known = await asyncio.to_thread(load_known, self.config)
        except (ConfigError, OSError) as error:
            mistakes = [str(mistake) for mistake in error.mistakes] if isinstance(error, ConfigError) else [str(error)]
            self.events.emit(FilesKept(mistakes=mistakes[:20]))
            return mistakes
        finally:
            notify("READY=1")
        self.known = known
        self.refine.knowledge = known.knowledge
        if self.analytics is not None:
            self.analytics.sites = known.sites
        self.events.emit(FilesReloaded(devices=len(known.files.devices), pilots=len(known.files.pilots)))
        await self._tell_of_settings()
        return []

    async def _tell_of_settings(self) -> None:
        """A reload takes in devices and pilots only: who changed citygate.toml must not believe that it is in force."""
        mistakes: list[str] = []
        try:
            if await asyncio.to_thread(load_config, self.config.path) == self.config:
                return
        except ConfigError as error:
            mistakes = [str(mistake) for mistake in error.mistakes]
        self.events.emit(SettingsKept(mistakes=mistakes[:20]))

    async def _reload_by_signal(self) -> None:
        """SIGHUP: whatever the files hold, the gateway lives on with those in force."""
        try:
            await self.reload()
        except Exception as error:  # noqa: BLE001 - files are foreign text; a reader's mistake must not end the process
            self.events.emit(FilesKept(mistakes=[f"{type(error).__name__}: {error}"[:500]]))

    def _listen_to_signals(self, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(
            signal.SIGHUP, lambda: group.create_task(self._reload_by_signal(), name="reload") and None
        )

    def _say_started(self) -> None:
        notify("READY=1")
        self.events.emit(
            GatewayStarted(
                version=VERSION,
                intake_next=self.logs.intake.next_number,
                ledger_next=self.logs.ledger.next_number,
                recovered_s=round((self.clock.monotonic_ns() - self.started_ns) / 1e9, 3),
            )
        )

    async def _stop_in_order(
        self,
        loops: dict[str, asyncio.Task[None]],
        inlets: Sequence[asyncio.Task[None]],
        outlets: Sequence[asyncio.Task[None]],
    ) -> bool:
        began = asyncio.get_running_loop().time()
        stopping = Stopping(self)
        ingest = [loops.pop("ingest")]
        await stopping.stop(inlets=inlets, ingest=ingest, loops=list(loops.values()), outlets=outlets)
        seconds = round(asyncio.get_running_loop().time() - began, 3)
        self.events.emit(GatewayStopped(complete=stopping.complete, seconds=seconds))
        return stopping.complete


def open_analytics(gateway: Gateway) -> "Analytics | None":
    """The fourth loop, where it is wanted; else its modules are not even imported: they cost memory."""
    settings = gateway.config.analytics
    if not settings.enabled:
        return None
    from gateway.analytics import Analytics  # noqa: PLC0415 - see above
    from pipelines.domains.table import MACHINES  # noqa: PLC0415 - see above

    return Analytics(
        gateway.tail,
        gateway.known.sites,
        MACHINES,
        folder=gateway.logs.folder,
        clock=gateway.clock,
        events=gateway.events,
        lateness_ns=int(settings.lateness_hours * 3_600 * NS_PER_S),
        sinks_catch_up=lambda: any(delivery.catching_up for delivery in gateway.deliveries),
        is_present=presence(
            gateway.sources, lambda: gateway.logs.intake.next_number - 1 - gateway.refine.progress.position
        ),
    )


def open_self_report(gateway: Gateway) -> "SelfReport | None":
    """What is said of the gateway itself, where an InfluxDB hears it."""
    if not any(sink.kind == "influxdb" for sink in gateway.config.sinks.values()):
        return None
    from gateway.self_report import open_self_report as opened  # noqa: PLC0415 - see above

    return opened(gateway)


def open_open_data(gateway: Gateway) -> "OpenDataServer | None":
    """Downloads and queries over HTTP, where they are wanted; else nothing of it is imported."""
    if not gateway.config.open_data.enabled:
        return None
    from gateway.open_data.server import OpenDataServer  # noqa: PLC0415 - see above

    return OpenDataServer(gateway)


def open_operators(gateway: "Gateway") -> "OperatorsServer | None":
    """Health, metrics and the dashboard over HTTP, where they are wanted; else nothing of it is imported."""
    if not gateway.config.http.enabled:
        return None
    from gateway.http.operators import OperatorsServer  # noqa: PLC0415 - see above

    return OperatorsServer(gateway)


def open_gateway(config: Config, *, clock: Clock | None = None, events: Events | None = None) -> Gateway:
    """Open logs and parts. Must be called inside a running loop. Raises ConfigError and OSError."""
    clock = clock or Clock()
    events = events or Events(clock)
    known = load_known(config)
    return Gateway(config, known, Logs.open(config, events), clock=clock, events=events)


async def serve(config: Config) -> bool:
    """``citygate run``: returns whether the stop was complete. Raises ConfigError, and OSError when a log fails."""
    be_frugal()
    try:
        gateway = open_gateway(config)
        settle()
        return await gateway.run()
    except* OSError as group:
        raise first_cause(group) from group
