"""A scenario file: which town, which sites with which devices, which network, which faults. Checked by pydantic.

Law: a mistake says where it stands, what is wrong and how to mend it, and all of them are told at once.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from device_profiles.mistakes import did_you_mean, told
from simulators.city.towns import TOWNS
from simulators.device import Detail, SimulatedDevice

__all__ = [
    "SCENARIOS",
    "Network",
    "PilotTable",
    "Scenario",
    "ScenarioError",
    "SimulatedDevice",
    "SiteTable",
    "World",
    "load_scenario",
]

SCENARIOS = Path(__file__).parent / "scenarios"
SLUG = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"

Point = tuple[float, float]
"""Longitude and latitude, WGS 84 degrees."""

World = Literal["as-modelled", "breaks-assumptions"]
"""Whether the city behaves as estimators assume; see ``city/worlds.py``."""

Slug = Annotated[str, Field(pattern=SLUG)]
Eui = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class ScenarioError(ValueError):
    """Every mistake of a scenario file, one a line."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Network(_Table):
    """The network server in front of the gateway, and its LoRaWAN gateways: how many, or their EUIs.

    ``pilot``: of the LoRa gateways as things; without it nobody has written them down, and they say nothing of
    themselves. ``stats_s``: how often they do (ChirpStack's own default is 30 s).
    """

    dialect: Literal["chirpstack-v4", "chirpstack-v3", "tts-v3", "plain-json"] = "chirpstack-v4"
    gateways: Annotated[int, Field(ge=1, le=64)] | Annotated[list[Eui], Field(min_length=1)] = 3
    pilot: Literal[""] | Slug = ""
    stats_s: Annotated[float, Field(ge=10, le=3_600)] = 300.0


class PilotTable(_Table):
    """``[pilots.ID]``: what its people call a pilot, what they ask, what they want to change (``[[kpi]]`` tables)."""

    title: str
    question: Annotated[str, Field(max_length=255)] = ""
    kpi: list[dict[str, Any]] = []


class SiteTable(_Table):
    """``[[site]]``: devices of one kind. Without ``street`` the town chooses; without ``profile`` the kind's usual one.

    ``per_street``: how many stand in one street before the next begins. ``report_min``: the kind's own interval of
    reports or heartbeats; ``past_report_min``: of the part of a run that is recorded before the city goes live
    (``--then``), where a month of the present pace would be too much. ``parameters``: of the kind's model. ``details``:
    what the asset list says of each device. ``unlisted``: devices that nobody has written down.
    """

    kind: str
    pilot: Slug
    count: Annotated[int, Field(ge=1, le=5_000)]
    profile: str = ""
    street: Annotated[str, Field(pattern=SLUG)] = ""
    from_: Point | None = Field(default=None, alias="from")
    to: Point | None = None
    per_street: Annotated[int, Field(ge=1)] | None = None
    report_min: Annotated[float, Field(gt=0, le=1_440)] | None = None
    past_report_min: Annotated[float, Field(gt=0, le=1_440)] | None = None
    unlisted: bool = False
    parameters: dict[str, Any] = {}
    details: dict[str, Detail] = {}

    @model_validator(mode="after")
    def _a_line_has_two_ends_and_a_name(self) -> Self:
        if (self.from_ is None) != (self.to is None) or (self.from_ is not None and not self.street):
            raise ValueError("from, to and street belong together. Give all three, or street alone, or none")
        return self


class Scenario(_Table):
    """One scenario file. ``faults``: a preset's name, or tables by fault (see ``simulators/faults``).

    ``pilots``: names and questions, of those that should not be called after their domains.
    """

    title: str
    town: str
    timezone: str = ""
    seed: int
    start: date | None = None
    days: Annotated[float, Field(gt=0)] | None = None
    world: World = "as-modelled"
    network: Network = Network()
    site: Annotated[list[SiteTable], Field(min_length=1)]
    pilots: dict[Slug, PilotTable] = {}
    climate: dict[str, float] = {}
    faults: str | dict[str, str | dict[str, Any]] = "clean"

    @field_validator("town")
    @classmethod
    def _is_built_in(cls, name: str) -> str:
        if name not in TOWNS:
            hint = did_you_mean(name, list(TOWNS)) or f" There are: {', '.join(TOWNS)}"
            raise ValueError(f"{name!r} is no built-in town.{hint}")
        return name

    def changed(self, **given: Any) -> "Scenario":
        """The scenario with some keys replaced, checked again. Raises ScenarioError."""
        return parse_scenario(self.model_dump(by_alias=True, exclude_unset=True) | given, self.title)


def parse_scenario(table: Mapping[str, Any], name: str) -> Scenario:
    """A scenario from its table. Raises ScenarioError naming every mistake."""
    try:
        return Scenario.model_validate(dict(table))
    except ValidationError as error:
        raise ScenarioError("\n".join(f"{name}: {line}" for line in told(error, Scenario))) from error


def built_in() -> list[str]:
    """Names of the scenarios that ship with the project."""
    return sorted(file.stem for file in SCENARIOS.glob("*.toml"))


def load_scenario(name: str) -> Scenario:
    """A scenario by its name in the package, or by path. Raises FileNotFoundError; ScenarioError for its mistakes."""
    path = Path(name) if name.endswith(".toml") else SCENARIOS / f"{name}.toml"
    if not path.is_file():
        hint = did_you_mean(name, built_in())
        raise FileNotFoundError(
            f"no scenario {name!r}.{hint} There are: {', '.join(built_in())}; or give the path of a .toml file"
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path.name}: no TOML: {error}") from error
    return parse_scenario(table, path.name)
