"""A simulated week of a small city on open topics, without broker or disk: every message that the sink would publish.

simulators.run ─▶ process ─▶ Accepted ─▶ analysis ─▶ Derived ─▶ Editor ─▶ messages        (and what was true)
"""

import tempfile
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from device_profiles.catalogue import Catalogue
from gateway.files.load import Files
from gateway.open_city import OpenCity
from gateway.sinks.open_topics import caretaker
from gateway.sinks.open_topics.editor import Editor
from gateway.sinks.open_topics.states import States
from gateway.sites import sites_of
from pipelines.dialects import build_dialect
from pipelines.domains.analysis import Analysis
from pipelines.domains.table import MACHINES
from pipelines.identify import DeviceIndex
from pipelines.model import Accepted, Derived, Observation, Received, Revision, Tick
from pipelines.process import Knowledge, Memory, process_at_once
from simulators.asset_list import write_asset_list
from simulators.city.settle import settle
from simulators.run import run, shipped_profiles
from simulators.scenario import parse_scenario
from simulators.signals import Truth
from tests.simulated_site import at

START = "2026-06-01T00:00"
HOUR_NS = 3_600 * 10**9
SETTLE_NS = 900 * 10**9

SITES: list[dict[str, Any]] = [
    {"kind": "electricity", "pilot": "energy-mechelen", "count": 12, "per_street": 12},
    {"kind": "electricity", "pilot": "few-mechelen", "count": 3, "per_street": 3},
    {"kind": "water_meters", "pilot": "leaks-mechelen", "count": 11, "per_street": 11},
    {"kind": "parking_mmcc", "pilot": "parking-mechelen", "count": 6, "per_street": 6},
    {"kind": "parking_mmcc", "pilot": "disabled-mechelen", "count": 2, "details": {"category": "disabled"}},
    {"kind": "waste", "pilot": "waste-mechelen", "count": 3},
    {"kind": "waste", "pilot": "private-mechelen", "count": 2, "details": {"address": "private"}},
    {"kind": "cycling", "pilot": "cycling-mechelen", "count": 2},
    {"kind": "people", "pilot": "mobility-mechelen", "count": 1},
    {"kind": "vehicles", "pilot": "mobility-mechelen", "count": 1},
    {"kind": "trees", "pilot": "green-mechelen", "count": 2},
    {"kind": "parcels", "pilot": "fields-mechelen", "count": 1},
    {"kind": "air", "pilot": "air-mechelen", "count": 1},
    {"kind": "noise", "pilot": "noise-mechelen", "count": 1},
    {"kind": "weather", "pilot": "weather-mechelen", "count": 1},
    {"kind": "water_level", "pilot": "levels-mechelen", "count": 1},
    {"kind": "water_quality", "pilot": "quality-mechelen", "count": 1},
    {"kind": "lights", "pilot": "light-mechelen", "count": 1},
    {"kind": "doors", "pilot": "safety-mechelen", "count": 1},
]
OPEN_WATER = ("levels-mechelen", "quality-mechelen")
"""Pilots whose class the simulator takes to be that of meters, for the domain's sake."""


class Message(msgspec.Struct, frozen=True):
    """One message; ``body`` None where a topic was cleared."""

    topic: str
    retained: bool
    body: dict[str, Any] | None

    @property
    def suffix(self) -> str:
        """What stands behind the entity."""
        return "/".join(self.topic.split("/")[6:])


class Week(msgspec.Struct):
    """What happened, what devices and analytics said within the house, and what was published."""

    files: Files
    truths: list[Truth] = []
    inside: list[Observation] = []
    messages: list[Message] = []
    euis: list[str] = []


@cache
def open_week(days: float = 7.0) -> Week:
    """The week, made once."""
    sites = [site | {"details": site.get("details", {})} for site in SITES]
    scenario = parse_scenario({"title": "A week", "town": "mechelen", "seed": 7, "site": sites}, "a week")
    start_ns = at(START)
    steps = run(scenario, start_ns, start_ns + int(days * 24) * HOUR_NS)
    files = _files(settle(scenario))
    catalogue = Catalogue.load()
    knowledge = Knowledge({"sim": build_dialect("chirpstack-v4", {})}, DeviceIndex(files.devices), shipped_profiles())
    week = Week(files, euis=[device.id for device in files.devices])
    publisher = _Publisher(week, OpenCity(files, catalogue.profiles))
    analyses = {pilot: Analysis(site, MACHINES) for pilot, site in sites_of(files).items()}
    memory, due_ns = Memory(), start_ns
    for number, (truths, message) in enumerate(steps, start=1):
        week.truths += truths
        if message is None:
            continue
        received = Received("sim", message.topic, message.body, message.at_ns, message.at_ns - start_ns, 1)
        outcome = process_at_once(number, received, knowledge, memory)
        if isinstance(outcome, Accepted):
            analyses[outcome.pilot].take(outcome)
            publisher.take(outcome)
        if message.at_ns >= due_ns:
            due_ns = message.at_ns + SETTLE_NS
            publisher.settle(analyses, message.at_ns)
    publisher.settle(analyses, start_ns + int(days * 24 + 1) * HOUR_NS)
    publisher.describe()
    return week


def _files(city: Any) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        write_asset_list(city, Path(folder))
        for pilot in OPEN_WATER:
            file = Path(folder, "pilots", f"{pilot}.toml")
            file.write_text(file.read_text().replace('privacy_class = "D"', 'privacy_class = "A"'))
        return Files.read(Path(folder, "pilots"), Path(folder, "devices"))


class _Publisher:
    """The editor, fed as the sink feeds it, each state published at once."""

    def __init__(self, week: Week, city: OpenCity) -> None:
        self._week = week
        self._city = city
        self._editor = Editor(States(b"salt of a test"), Counter(), "open", expiry_s=86_400, sensorthings=False)
        self._editor.city = city
        self._number = 0

    def take(self, entry: Accepted | Derived) -> None:
        self._number += 1
        self._week.inside += entry.observations
        edition = self._editor.take([Revision(self._number, entry)])
        self._editor.owed.clear()
        self._note(edition.messages)
        self._note([self._editor.state_message(state) for state in edition.changed.values()])

    def settle(self, analyses: Mapping[str, Analysis], now_ns: int) -> None:
        for pilot, analysis in analyses.items():
            analysis.tick(Tick(now_ns, "trusted"))
            for said in analysis.settle():
                for observations in (said.again, said.first):
                    if observations:
                        self.take(Derived(said.producer, 1, pilot, analysis.site.city, tuple(observations)))

    def describe(self) -> None:
        metas = caretaker.metas(self._editor, self._city, {}, sensorthings=False)
        self._note([message for message, _ in metas])

    def _note(self, messages: Any) -> None:
        for one in messages:
            body = msgspec.json.decode(one.payload) if one.payload else None
            self._week.messages.append(Message(one.topic, one.retain, body))
