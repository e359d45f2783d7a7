"""The machines of one pilot: outcomes and Ticks in, what each producer has to tell out.

    Accepted ─▶ readings ─▶ the runners that want them ─┐
    Tick ─────▶ the pilot's time ───────────────────────┴─▶ settle() ─▶ Statement per producer

Laws
- A function of what it is given, in that order; batches may be cut anywhere.
- A later outcome of the same message replaces the earlier one reading by reading, because a reading's identity is
  (device, feature, property, time); what the later one no longer holds comes as ``retracted``.
- A reading from ahead of time (``screen`` marks it) is left out and counted: it would make all that follows late.
"""

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from pipelines.domains import HEARD, LINK, RELAYED, Machine, Reading, Site
from pipelines.domains.pilot_time import PilotTime
from pipelines.domains.runner import LATENESS_NS, Runner, StaleImageError
from pipelines.encodings.line_protocol import best_reception
from pipelines.model import Accepted, Link, Observation, Quality, Tick
from pipelines.screen import FUTURE_NS

ROUTES_KEPT = 65_536
"""(feature, property) pairs whose runners are known; with more the table is made anew."""


Route = tuple[str, str, tuple[Runner[Any], ...]]
"""Feature and property, named once for all readings, and who wants them."""


class Statement(msgspec.Struct, frozen=True):
    """What one producer tells of one batch. ``again``: of these something may have been told before."""

    producer: str
    first: Sequence[Observation]
    again: Sequence[Observation]


class Analysis:
    """One pilot. ``site`` is replaced when files are reloaded. ``ahead``: readings left out, from ahead of time."""

    def __init__(self, site: Site, machines: Sequence[Machine[Any]], *, lateness_ns: int = LATENESS_NS) -> None:
        self.machines = machines
        self.runners: dict[str, Runner[Any]] = {}
        self.time = PilotTime()
        self.ahead = 0
        self._site = site
        self._lateness_ns = lateness_ns
        self._routes: dict[tuple[str, str], Route] = {}
        self._frame_routes: dict[str, tuple[Route, Route, Route]] = {}
        self._devices: dict[str, str] = {}

    @property
    def site(self) -> Site:
        """What the files say of the pilot. A new one holds from now on, and for what is run again."""
        return self._site

    @site.setter
    def site(self, site: Site) -> None:
        self._site = site
        for runner in self.runners.values():
            runner.site = site

    def take(self, entry: Accepted, *, first: bool = True) -> None:
        """Take in an accepted message, or (not ``first``) what replaces an earlier outcome of it."""
        device = self._devices.setdefault(entry.device, entry.device)
        limit_ns = entry.received_ns + FUTURE_NS
        if entry.time_ns > limit_ns:
            self.ahead += 1
        elif first or not entry.observations or any(one.quality != "retracted" for one in entry.observations):
            self.time.read(entry.time_ns)
            self._hear(entry, device)
        for one in entry.observations:
            if one.quality == "retracted":
                self.take_back(entry, one)
            elif one.time_ns > limit_ns:
                self.ahead += 1
            else:
                route = self._routes.get((one.feature, one.property)) or self._route(one.feature, one.property)
                if route[2]:
                    reading = Reading(one.time_ns, device, route[0], route[1], one.value, one.quality)
                    for runner in route[2]:
                        runner.take(reading)

    def overhear(self, entry: Accepted, *, first: bool = True) -> None:
        """Take in how a message of any pilot travelled, where LoRa gateways of this pilot relayed it."""
        link, gateways = entry.link, self._site.lora_gateways
        if link is None or entry.time_ns > entry.received_ns + FUTURE_NS:
            return
        f_cnt = "-" if link.f_cnt is None else link.f_cnt
        told = entry.observations
        gone = bool(told) and not first and all(one.quality == "retracted" for one in told)
        quality: Quality = "retracted" if gone else "ok"
        for reception in link.receptions:
            feature = gateways.get(reception.gateway_id)
            if feature is not None:
                self.time.read(entry.time_ns)
                relayed = f"{f_cnt} {len(link.receptions)} {entry.feature}"
                self._take_one(Reading(entry.time_ns, entry.device, feature, RELAYED, relayed, quality))

    def take_back(self, entry: Accepted, one: Observation) -> None:
        """What a message is no longer understood to say; where it had another feature, that was not heard either."""
        self._take_one(Reading(one.time_ns, entry.device, one.feature, one.property, one.value, "retracted"))
        if one.feature != entry.feature or entry.pilot != self._site.pilot:
            for name in (HEARD, "f_cnt", LINK):
                self._take_one(Reading(entry.time_ns, entry.device, one.feature, name, 0.0, "retracted"))

    def tick(self, tick: Tick) -> None:
        """The clock on the wall."""
        self.time.tick(tick, self._lateness_ns)

    def settle(self) -> list[Statement]:
        """What is to be told of all that was taken in since the last time."""
        statements = []
        for producer, runner in self.runners.items():
            said = runner.settle(self.time.time_ns)
            if said:
                first = [one for one, again in said.values() if not again]
                corrected = [one for one, again in said.values() if again]
                statements.append(Statement(producer, first, corrected))
        return statements

    def restore(self, producer: str, packed: bytes) -> None:
        """Give a machine what its runner had packed. Raises StaleImageError."""
        machine = next((one for one in self.machines if one.producer == producer), None)
        if machine is None:
            raise StaleImageError(f"there is no producer {producer} any more")
        runner = self._new_runner(machine)
        runner.restore(packed)
        self.adopt(runner)

    def adopt(self, runner: Runner[Any]) -> None:
        """Take over a runner with all that it knows."""
        runner.site = self._site
        self.runners[runner.machine.producer] = runner
        self.forget_routes()

    def forget_routes(self) -> None:
        """After a change of ``machines``: who wants what is asked anew."""
        self._routes.clear()
        self._frame_routes.clear()
        self._devices.clear()

    def _hear(self, entry: Accepted, device: str) -> None:
        """That it was heard, and how its frame travelled."""
        time_ns, link = entry.time_ns, entry.link
        heard, counter, facts = self._frame_routes.get(entry.feature) or self._frame_route(entry.feature)
        if heard[2]:
            reading = Reading(time_ns, device, heard[0], HEARD, value=True)
            for runner in heard[2]:
                runner.take(reading)
        if link is None:
            return
        if counter[2] and link.f_cnt is not None:
            reading = Reading(time_ns, device, counter[0], counter[1], float(link.f_cnt))
            for runner in counter[2]:
                runner.take(reading)
        if facts[2] and (link.f_cnt is not None or link.receptions):
            reading = Reading(time_ns, device, facts[0], LINK, link_facts(link))
            for runner in facts[2]:
                runner.take(reading)

    def _take_one(self, reading: Reading) -> None:
        named = reading.feature, reading.property
        for runner in (self._routes.get(named) or self._route(*named))[2]:
            runner.take(reading)

    def _frame_route(self, feature: str) -> tuple[Route, Route, Route]:
        """Who wants to know that it was heard, its counter, and how it travelled."""
        routes = self._route(feature, HEARD), self._route(feature, "f_cnt"), self._route(feature, LINK)
        self._frame_routes[feature] = routes
        return routes

    def _route(self, feature: str, name: str) -> Route:
        """Who wants it; kept with its names, so that readings share them."""
        kind = feature.partition("/")[0]
        wanting = [machine for machine in self.machines if kind in machine.features and name in machine.properties]
        runners = tuple(self.runners.get(machine.producer) or self._begin(machine) for machine in wanting)
        if len(self._routes) >= ROUTES_KEPT:
            self.forget_routes()
        route = self._routes[feature, name] = (feature, name, runners)
        return route

    def _begin(self, machine: Machine[Any]) -> Runner[Any]:
        runner = self.runners[machine.producer] = self._new_runner(machine)
        return runner

    def _new_runner(self, machine: Machine[Any]) -> Runner[Any]:
        return Runner(machine, self._site, lateness_ns=self._lateness_ns)


def link_facts(link: Link) -> str:
    """How the frame travelled, as ``LINK`` says it: the best reception speaks for all."""
    f_cnt = "-" if link.f_cnt is None else link.f_cnt
    if not link.receptions:
        return f"{f_cnt} - - -"
    best = best_reception(link.receptions)
    rssi_dbm, snr_db = best.rssi_dbm, best.snr_db
    rssi = "-" if rssi_dbm is None or not math.isfinite(rssi_dbm) else rssi_dbm
    snr = "-" if snr_db is None or not math.isfinite(snr_db) else snr_db
    return f"{f_cnt} {len(link.receptions)} {rssi} {snr}"
