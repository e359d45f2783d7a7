"""One run of a city: (truths, message) after another, in order of time, without a broker.

    signals ─▶ reports ─▶ faults ─▶ frames ─▶ faults ─▶ messages ─▶ faults ─▶ (truths, message)
                  └─ truths ──────────────────────────────────────────────────▲

Law: same scenario, start and faults, same bytes, in every process.
"""

import heapq
from collections.abc import Iterator, Mapping
from functools import cache

from device_profiles.catalogue import Catalogue
from pipelines.decode import CompiledProfile
from simulators.city.settle import City, settle
from simulators.faults import Scope
from simulators.faults.meanings import Meanings
from simulators.faults.table import Faults, read_faults
from simulators.networks.frame import Frame, Message
from simulators.networks.lora_gateways import Things
from simulators.networks.network import CARRIES_JSON, Senders
from simulators.reports import reports
from simulators.scenario import Scenario
from simulators.signals import Report, Truth

Step = tuple[tuple[Truth, ...], Message | None]
"""What became true since the step before, and the next message; None where only truths are left."""


def run(
    scenario: Scenario | City,
    start_ns: int,
    end_ns: int | None = None,
    *,
    faults: Faults | None = None,
    profiles: Mapping[str, CompiledProfile] | None = None,
) -> Iterator[Step]:
    """A scenario from ``start_ns`` up to but without ``end_ns``; without end if that is None.

    ``faults``: in place of the scenario's own. ``profiles``: in place of those that ship with the project.
    Raises ScenarioError and FaultsError before the first step, CannotSendError on the way.
    """
    return Run(scenario, start_ns, end_ns, faults=faults, profiles=profiles).steps()


@cache
def shipped_profiles() -> Mapping[str, CompiledProfile]:
    """The profiles that ship with the project, read once."""
    return Catalogue.load().profiles


class Run:
    """One run, and what it counted: ``senders`` has the reports that made no frame.

    ``live_ns``: from when on the city is live; before, devices with a ``past_report_min`` keep to that.
    """

    def __init__(
        self,
        scenario: Scenario | City,
        start_ns: int,
        end_ns: int | None = None,
        *,
        faults: Faults | None = None,
        profiles: Mapping[str, CompiledProfile] | None = None,
        live_ns: int | None = None,
    ) -> None:
        self.city = city = scenario if isinstance(scenario, City) else settle(scenario)
        self._faults = read_faults(city.scenario.faults) if faults is None else faults
        profiles = shipped_profiles() if profiles is None else profiles
        seed = city.scenario.seed
        self._start_ns, self._end_ns, self._live_ns = start_ns, end_ns, live_ns
        gateways = [antenna.gateway_id for antenna in city.antennas]
        self._scope = Scope(city.devices, start_ns, seed, Meanings(profiles), gateways)
        self._lorawan = city.scenario.network.dialect not in CARRIES_JSON
        self.senders = Senders(
            city.devices,
            profiles,
            city.antennas,
            dialect=city.scenario.network.dialect,
            seed=seed,
            start_ns=start_ns,
            strict=not self._faults.may_bend_readings,
        )
        self._told: list[Truth] = []

    def steps(self) -> Iterator[Step]:
        """Truths and messages; ask once."""
        faults, scope, told = self._faults, self._scope, self._told
        all_reports = reports(self.city, self._start_ns, self._end_ns, live_ns=self._live_ns)
        said = faults.on_readings(all_reports, scope)
        framed = faults.on_frames(self._frames(said), scope)
        if not self._lorawan:
            framed = (frame for frame in framed if frame.kind == "uplink")
        for message in faults.on_messages(self._messages(framed), scope):
            if told:
                truths = tuple(told)
                told.clear()
                yield truths, message
            else:
                yield (), message
        if told:
            yield tuple(told), None

    def _messages(self, framed: Iterator[Frame]) -> Iterator[Message]:
        """What devices send, and what LoRa gateways say of themselves."""
        heard = filter(None, map(self.senders.wrap, framed))
        network = self.city.scenario.network
        if not (gateways := self.city.lora_gateways):
            return heard
        deaths = self._faults.deaths(self._scope)
        seed = self.city.scenario.seed
        things = Things(gateways, dialect=network.dialect, stats_s=network.stats_s, seed=seed, deaths=deaths)
        said = things.messages(self._start_ns, self._end_ns, self.senders.behind, self._told.append)
        return heapq.merge(heard, said, key=_at)

    def _frames(self, said: Iterator[Report]) -> Iterator[Frame]:
        tell, frame_of = self._told.extend, self.senders.frame
        for report in said:
            if report.truth:
                tell(report.truth)
            if report.readings is not None:
                frame = frame_of(report)
                if frame is not None:
                    yield frame


def _at(message: Message) -> int:
    return message.at_ns
