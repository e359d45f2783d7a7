"""Settle a scenario in its town: every site gets its streets, every device its place, its name and its address.

Laws
- Same scenario, same city; a device's address follows from the seed, the kind of feature and its number among them.
- Every mistake that the file's shape could not show (kinds, profiles, parameters) is told at once.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from device_profiles.mistakes import did_you_mean
from simulators.city.placing import PLACING
from simulators.city.streets import Street, moved, street, street_names
from simulators.city.towns import TOWNS, Town
from simulators.city.worlds import kind_in, parameters_in
from simulators.device import SimulatedDevice
from simulators.networks.radio import Antenna
from simulators.scenario import Scenario, ScenarioError, SiteTable
from simulators.signals import Site
from simulators.signals.table import KINDS, Kind
from simulators.signals.weather import CityWeather, Climate

INTERVALS = ("report_min", "heartbeat_min")
"""What the interval of a kind's reports is called among its parameters."""
_LOCAL_ADMINISTERED = "02c17e"
"""Second bit of the first byte set: a locally administered identifier, nobody's product."""
ROOF_M = 700.0
LORA_GATEWAY_PROFILE = "chirpstack/lora-gateway"
_GATEWAY_PREFIX = "a84041ffff1e"


@dataclass(frozen=True)
class Place:
    """One site in one street, with the model that its devices follow."""

    kind_name: str
    kind: Kind
    site: Site
    parameters: Any


@dataclass(frozen=True)
class City:
    """A scenario settled in its town."""

    scenario: Scenario
    town: Town
    zone: ZoneInfo
    weather: CityWeather
    places: tuple[Place, ...]
    antennas: tuple[Antenna, ...]

    @property
    def devices(self) -> list[SimulatedDevice]:
        """Every device, in the order of the scenario's sites."""
        return [device for place in self.places for device in place.site.devices]

    @property
    def lora_gateways(self) -> list[SimulatedDevice]:
        """The LoRa gateways as things; none where the scenario gives them no pilot."""
        pilot, town = self.scenario.network.pilot, self.town.slug
        return [
            SimulatedDevice(
                dev_eui=antenna.gateway_id,
                profile=LORA_GATEWAY_PROFILE,
                pilot=pilot,
                feature=f"lora-gateway/{town}-{number:02d}",
                name=f"LoRa gateway {number}",
                area=town,
                longitude=antenna.longitude,
                latitude=antenna.latitude,
            )
            for number, antenna in enumerate(self.antennas if pilot else (), 1)
        ]


def settle(scenario: Scenario) -> City:
    """The scenario's city. Raises ScenarioError naming every mistake."""
    town = TOWNS[scenario.town]
    mistakes: list[str] = []
    zone = _zone(scenario.timezone or town.timezone, mistakes)
    climate = _climate(scenario, town, mistakes)
    settler = _Settler(scenario, town)
    places: list[Place] = []
    for number, table in enumerate(scenario.site):
        where = f"site.{number}"
        read = _kind_and_parameters(scenario, table, where, mistakes)
        if read is not None:
            places += settler.places(table, *read)
    if mistakes or zone is None or climate is None:
        raise ScenarioError("\n".join(f"{scenario.title}: {line}" for line in mistakes))
    weather = CityWeather(climate, f"{scenario.seed}/weather")
    return City(scenario, town, zone, weather, tuple(places), tuple(_antennas(scenario, places)))


def _zone(name: str, mistakes: list[str]) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        mistakes.append(f"timezone: {name!r} is not in the IANA database. Write one such as 'Europe/Brussels'")
        return None


def _climate(scenario: Scenario, town: Town, mistakes: list[str]) -> Climate | None:
    longitude, latitude = town.centres[0]
    known = [field.name for field in dataclasses.fields(Climate)]
    wrong = [name for name in scenario.climate if name not in known]
    mistakes += [f"climate.{name}: unknown.{did_you_mean(name, known)}" for name in wrong]
    if wrong:
        return None
    given: dict[str, float] = {"longitude_deg": longitude, "latitude_deg": latitude} | scenario.climate
    try:
        return Climate(**given)
    except ValueError as error:
        mistakes.append(f"climate: {error}")
        return None


def _kind_and_parameters(
    scenario: Scenario, table: SiteTable, where: str, mistakes: list[str]
) -> tuple[str, Kind, Any] | None:
    name = kind_in(scenario.world, table.kind)
    kind = KINDS.get(name)
    if kind is None:
        hint = did_you_mean(table.kind, list(KINDS)) or f" There are: {', '.join(KINDS)}"
        mistakes.append(f"{where}.kind: {table.kind!r} is no kind of signal.{hint}")
        return None
    if table.profile and table.profile not in kind.profiles:
        speaks = ", ".join(kind.profiles)
        mistakes.append(f"{where}.profile: {name} cannot speak for {table.profile!r}. Take one of {speaks}")
    fields = [field.name for field in dataclasses.fields(kind.parameters)]
    given = {**parameters_in(scenario.world, name), **table.parameters}
    if table.report_min is not None:
        interval = next((word for word in INTERVALS if word in fields), None)
        if interval is None:
            mistakes.append(f"{where}.report_min: {name} has no interval of its own. Take it out")
        else:
            given[interval] = table.report_min
    try:
        return name, kind, kind.read(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            key = ".".join(str(part) for part in detail["loc"])
            hint = (
                did_you_mean(key, fields)
                if detail["type"] in ("unexpected_keyword_argument", "extra_forbidden")
                else ""
            )
            mistakes.append(f"{where}.parameters{f'.{key}' if key else ''}: {detail['msg']}.{hint}")
        return None


class _Settler:
    """Gives streets, numbers and addresses, each once."""

    def __init__(self, scenario: Scenario, town: Town) -> None:
        self._scenario = scenario
        self._town = town
        self._names = iter(street_names(town, scenario.seed))
        self._taken = {table.street for table in scenario.site}
        self._numbered: Counter[str] = Counter()
        self._in_street: Counter[tuple[str, str]] = Counter()

    def places(self, table: SiteTable, kind_name: str, kind: Kind, parameters: Any) -> Iterator[Place]:
        """The places of one table, street after street."""
        placing = PLACING[kind.feature_type]
        left, per_street = table.count, table.per_street or (table.count if table.street else placing.per_street)
        while left > 0:
            count = min(left, per_street)
            left -= count
            line = self._street(table)
            devices = tuple(self._devices(table, kind, parameters, line, count))
            yield Place(kind_name, kind, Site(line.name, f"street/{line.name}", devices), parameters)

    def _street(self, table: SiteTable) -> Street:
        if table.from_ is not None and table.to is not None:
            return Street(table.street, table.from_, table.to)
        name = table.street or next((name for name in self._names if name not in self._taken), "")
        if not name:
            raise ScenarioError(
                f"{self._scenario.title}: the town has no streets left. Raise per_street, or name streets"
            )
        self._taken.add(name)
        return street(self._town, self._scenario.seed, name)

    def _devices(
        self, table: SiteTable, kind: Kind, parameters: Any, line: Street, count: int
    ) -> Iterator[SimulatedDevice]:
        placing = PLACING[kind.feature_type]
        title = line.name.replace("-", " ").title()
        step = min(1.0, placing.spacing_m * max(1, count - 1) / max(line.length_m, 1.0)) / max(1, count - 1)
        for index in range(count):
            self._in_street[kind.feature_type, line.name] += 1
            number = self._in_street[kind.feature_type, line.name]
            if table.from_ is not None:
                longitude, latitude = line.point(index / max(1, count - 1))
            else:
                longitude, latitude = line.point(step * index, placing.aside_m)
            yield SimulatedDevice(
                dev_eui=self._dev_eui(kind.feature_type),
                profile=table.profile or kind.profiles[0],
                pilot=table.pilot,
                feature=f"{kind.feature_type}/{line.name}-{number:02d}",
                name=f"{title} {placing.word} {number}",
                area=line.name,
                longitude=longitude,
                latitude=latitude,
                calibration=kind.calibration(parameters),
                details={**kind.details(parameters, line.name, index), **table.details},
                unlisted=table.unlisted,
                past_report_min=table.past_report_min,
            )

    def _dev_eui(self, feature_type: str) -> str:
        number = self._numbered[feature_type]
        self._numbered[feature_type] += 1
        text = f"{self._scenario.seed}/{feature_type}/{number}"
        return _LOCAL_ADMINISTERED + blake2b(text.encode(), digest_size=5).hexdigest()


def _antennas(scenario: Scenario, places: list[Place]) -> Iterator[Antenna]:
    """LoRaWAN gateways on roofs, each some way off another part of the devices."""
    given = scenario.network.gateways
    names = given if isinstance(given, list) else [f"{_GATEWAY_PREFIX}{n + 1:04x}" for n in range(given)]
    devices = [device for place in places for device in place.site.devices]
    for number, name in enumerate(names):
        near = devices[number * len(devices) // len(names)]
        angle = number / len(names) * math.tau
        at = moved((near.longitude, near.latitude), ROOF_M * math.cos(angle), ROOF_M * math.sin(angle))
        yield Antenna(name, *at)
