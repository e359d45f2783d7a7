"""``citygate.toml``: what the operator wrote, checked whole, with paths made absolute.

    citygate.toml ──▶ load_config() ──▶ Config        or ConfigError with every mistake at once

Laws
- Unknown keys are mistakes. A default is written in the sample; nothing else is guessed.
- A relative path is relative to the folder of ``citygate.toml``, wherever the gateway was started.
- Settings of a source or sink are a model beside that component; the tables below name it, and it is imported only
  when the file uses it. To add a kind: write its settings model, add one line here and its sample.
- A secret is a file (``…_file``). ``${CREDENTIALS_DIRECTORY}`` in it is the folder that systemd gives the service.
"""

import importlib
import os
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.alarms.settings import AlarmsTable
from gateway.files.mistakes import ConfigError, Mistake, did_you_mean, errors_of
from gateway.files.toml_document import Document, read_toml
from gateway.files.validate import validate
from gateway.http.settings import HttpTable
from gateway.journal.options import SEGMENTS_IN_QUOTA
from gateway.open_data.settings import OpenDataTable
from pipelines.dialects import DIALECTS, build_dialect

FILE_NAME = "citygate.toml"
SYSTEM_FILE = Path("/etc/citygate") / FILE_NAME

SOURCE_KINDS = {
    "mqtt": "gateway.sources.mqtt_settings:MqttSourceSettings",
    "http": "gateway.sources.http_settings:HttpSourceSettings",
    "file": "gateway.sources.file_settings:FileSourceSettings",
}
SINK_KINDS = {
    "influxdb": "gateway.sinks.influxdb.settings:InfluxdbSettings",
    "store": "gateway.sinks.store.settings:StoreSettings",
    "open-topics": "gateway.sinks.open_topics.settings:OpenTopicsSettings",
    "quarantine": "gateway.sinks.quarantine.settings:QuarantineSettings",
}
ROUTE_KINDS = {
    "email": "gateway.alarms.settings:EmailRoute",
    "webhook": "gateway.alarms.settings:WebhookRoute",
    "mqtt": "gateway.alarms.settings:MqttRoute",
}
KINDS = {"sources": SOURCE_KINDS, "sinks": SINK_KINDS, "alarms": ROUTE_KINDS}
ROUTES = ("alarms", "routes")
ALARMS = "alarms"
"""The sink that reads alarms out of the ledger. It is there by itself where ``[alarms]`` has a route."""
Group = tuple[str, ...]
"""Where tables of parts stand: ``("sinks",)``; with the name of one behind, where that stands."""
STARTS_AT: dict[str, Literal["oldest", "now"]] = {"open-topics": "now"}
"""Where a new sink's cursor starts; ``oldest`` for every kind not named. Topics are for what happens now."""

SLUG = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"
Slug = Annotated[str, Field(pattern=SLUG)]


Listener = TypeVar("Listener", OpenDataTable, HttpTable)


class Table(BaseModel):
    """A table that a person writes: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class GatewayTable(Table):
    """``[gateway]``."""

    id: Annotated[Slug, Field(examples=["gw-1"])]
    city: Annotated[Slug, Field(examples=["mechelen"])]
    state_dir: Path = Path("state")
    devices_dir: Path = Path("devices")
    pilots_dir: Path = Path("pilots")
    profiles_dir: Path | None = None
    log: Literal["auto", "json", "text"] = "auto"
    loop: Literal["asyncio", "uvloop"] = "asyncio"
    stop_within_s: Annotated[float, Field(gt=0, le=600)] = 20.0


class LogTable(Table):
    """``[intake]`` and ``[ledger]``."""

    quota_bytes: Annotated[int, Field(ge=16 << 20)] = 2 << 30
    segment_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 30)] = 16 << 20

    @model_validator(mode="after")
    def _holds_a_few_segments(self) -> Self:
        if self.quota_bytes < SEGMENTS_IN_QUOTA * self.segment_bytes:
            raise ValueError(
                f"quota_bytes holds fewer than {SEGMENTS_IN_QUOTA} segments of segment_bytes"
                " | Raise quota_bytes or lower segment_bytes."
            )
        return self


class ControlTable(Table):
    """``[control]``: ``socket`` is ``control.sock`` in the state directory unless named."""

    socket: Path | None = None


class AnalyticsTable(Table):
    """``[analytics]``: what the domains' machines make of readings. ``lateness_hours``: how late one may still come."""

    enabled: bool = True
    lateness_hours: Annotated[float, Field(ge=1, le=31 * 24)] = 48.0


class StartupsTable(Table):
    """``[startups]``: the folder of the broker that start-ups read, as ``citygate broker setup`` made it.

    ``keys_file``: a copy of the accounts for the downloads, where the gateway may not read the broker's secrets.
    """

    broker_dir: Path = Path("broker")
    keys_file: Path | None = None


class _Fixed(Table):
    """The file without sources and sinks, whose models depend on their kind."""

    gateway: GatewayTable
    intake: LogTable = LogTable()
    ledger: LogTable = LogTable()
    control: ControlTable = ControlTable()
    analytics: AnalyticsTable = AnalyticsTable()
    startups: StartupsTable = StartupsTable()
    open_data: OpenDataTable = OpenDataTable()
    http: HttpTable = HttpTable()
    alarms: AlarmsTable = AlarmsTable()
    sources: dict[str, Any] = {}
    sinks: dict[str, Any] = {}


class SourceConfig(msgspec.Struct, frozen=True):
    """One ``[sources.<name>]``."""

    name: str
    kind: str
    settings: BaseModel


class SinkConfig(msgspec.Struct, frozen=True):
    """One ``[sinks.<name>]``, or one that is there by default.

    ``start`` (key ``from``): where its cursor begins when it is new. ``when_full``: what the ledger does when it
    reaches its quota and this sink still needs the oldest segment.
    """

    name: str
    kind: str
    settings: BaseModel
    start: Literal["oldest", "now"] = "oldest"
    when_full: Literal["expire", "hold"] = "expire"


class RouteConfig(msgspec.Struct, frozen=True):
    """One ``[alarms.routes.<name>]``."""

    name: str
    kind: str
    settings: BaseModel


class SinkCommon(Table):
    """Keys that every sink has, whatever its kind."""

    start: Annotated[Literal["oldest", "now"] | None, Field(alias="from")] = None
    when_full: Literal["expire", "hold"] = "expire"


class Config(msgspec.Struct, frozen=True):
    """The whole file. Paths are absolute."""

    path: Path
    gateway: GatewayTable
    intake: LogTable
    ledger: LogTable
    control_socket: Path
    sources: Mapping[str, SourceConfig]
    sinks: Mapping[str, SinkConfig]
    warnings: tuple[Mistake, ...] = ()
    analytics: AnalyticsTable = AnalyticsTable()
    broker_dir: Path = Path("broker")
    keys_file: Path | None = None
    open_data: OpenDataTable = OpenDataTable()
    http: HttpTable = HttpTable()
    alarms: AlarmsTable = AlarmsTable()
    routes: Mapping[str, RouteConfig] = {}


def find_config(given: str | Path | None = None) -> Path:
    """The file to read: as given, else $CITYGATE_CONFIG, else ./citygate.toml, else /etc/citygate/citygate.toml.

    A folder stands for the ``citygate.toml`` in it. The file need not exist; ``load_config`` says so.
    """
    named = given or os.environ.get("CITYGATE_CONFIG")
    path = Path(named) if named else Path(FILE_NAME)
    if not named and not path.exists() and SYSTEM_FILE.exists():
        path = SYSTEM_FILE
    return path / FILE_NAME if path.is_dir() else path


def load_config(path: Path) -> Config:
    """Read and check the file. Raises ConfigError with all mistakes; warnings alone are in ``Config.warnings``."""
    document = read_toml(path)
    if document.mistakes:
        raise ConfigError(document.mistakes)
    folder = path.absolute().parent
    fixed, mistakes = validate(_Fixed, document.data, document)
    sources, sinks = [], []
    for name, table in _tables(document, ("sources",), mistakes):
        if source := _source(name, table, document, folder, mistakes):
            sources.append(source)
    for name, table in _tables(document, ("sinks",), mistakes):
        if sink := _sink(name, table, document, folder, mistakes):
            sinks.append(sink)
    routes = list(_routes(document, folder, mistakes))
    if not document.data.get("sources"):
        mend = "Add [sources.NAME] with kind = " + " or ".join(f'"{kind}"' for kind in SOURCE_KINDS)
        mistakes.append(Mistake(document.where("sources"), "nothing is received: there is no source", mend))
    if fixed is None or errors_of(mistakes):
        raise ConfigError(sorted(mistakes))
    tables = fixed.gateway.model_copy(update=_absolute_folders(fixed.gateway, folder))
    open_data = _with_absolute_files(fixed.open_data, "open_data", document, folder, mistakes)
    http = _with_absolute_files(fixed.http, "http", document, folder, mistakes)
    return Config(
        path=path.absolute(),
        gateway=tables,
        intake=fixed.intake,
        ledger=fixed.ledger,
        control_socket=folder / (fixed.control.socket or tables.state_dir / "control.sock"),
        sources={source.name: source for source in sources},
        sinks={
            sink.name: sink for sink in [*sinks, *_default_sinks(sinks, told=bool(routes and fixed.alarms.enabled))]
        },
        warnings=tuple(mistakes),
        analytics=fixed.analytics,
        broker_dir=folder / fixed.startups.broker_dir,
        keys_file=folder / fixed.startups.keys_file if fixed.startups.keys_file else None,
        open_data=open_data,
        http=http,
        alarms=fixed.alarms,
        routes={route.name: route for route in routes},
    )


def _absolute_folders(gateway: GatewayTable, folder: Path) -> dict[str, Path]:
    paths = {name: getattr(gateway, name) for name in type(gateway).model_fields if name.endswith("_dir")}
    return {name: folder / path for name, path in paths.items() if path is not None}


def _with_absolute_files(
    table: Listener, name: str, document: Document, folder: Path, mistakes: list[Mistake]
) -> Listener:
    """The table with every ``…_file`` in it absolute."""
    files = {key: getattr(table, key) for key in type(table).model_fields if key.endswith("_file")}
    found = {
        key: Path(_absolute_path(str(file), document.where(name, key), folder, mistakes))
        for key, file in files.items()
        if file is not None
    }
    return table.model_copy(update=found)


def _tables(document: Document, group: Group, mistakes: list[Mistake]) -> list[tuple[str, dict[str, Any]]]:
    """The tables ``[group.<name>]``; what is not such a table is a mistake."""
    found: Any = document.data
    for part in group:
        found = found.get(part, {}) if isinstance(found, dict) else {}
    tables = []
    for name, table in found.items() if isinstance(found, dict) else ():
        where = document.where(*group, name)
        if not isinstance(table, dict):
            mend = f"Write [{'.'.join(group)}.NAME], and its keys below."
            mistakes.append(Mistake(where, f"a {group[-1][:-1]} is a table", mend))
        elif not _is_slug(name):
            mistakes.append(Mistake(where, "not a name", "Use lower-case letters, digits and hyphens."))
        else:
            tables.append((name, table))
    return tables


def _is_slug(name: str) -> bool:
    allowed = string.ascii_lowercase + string.digits + "-"
    return 0 < len(name) <= 64 and all(letter in allowed for letter in name) and name.strip("-") == name  # noqa: PLR2004 - as in SLUG


def _kind(key: Group, table: Mapping[str, Any], document: Document, mistakes: list[Mistake]) -> str | None:
    kinds = KINDS[key[0]]
    kind = table.get("kind")
    if kind is None:
        mend = "Add kind = " + " or ".join(f'"{known}"' for known in kinds)
        mistakes.append(Mistake(document.where(*key, "kind"), "missing", mend))
        return None
    if kind not in kinds:
        what = f"'{kind}' is not a kind of {key[-2][:-1]}"
        mistakes.append(Mistake(document.where(*key, "kind"), what, did_you_mean(str(kind), kinds)))
        return None
    return str(kind)


def _routes(document: Document, folder: Path, mistakes: list[Mistake]) -> Iterator[RouteConfig]:
    """Every ``[alarms.routes.<name>]``."""
    for name, table in _tables(document, ROUTES, mistakes):
        key = (*ROUTES, name)
        kind = _kind(key, table, document, mistakes)
        settings = _settings(table, key, document, folder, mistakes) if kind is not None else None
        if kind is not None and settings is not None:
            yield RouteConfig(name, kind, settings)


def _source(
    name: str, table: dict[str, Any], document: Document, folder: Path, mistakes: list[Mistake]
) -> SourceConfig | None:
    kind = _kind(("sources", name), table, document, mistakes)
    if kind is None:
        return None
    settings = _settings(table, ("sources", name), document, folder, mistakes)
    if "dialect" in table:
        mistakes += _dialect_fault(table, document, ("sources", name))
    return None if settings is None else SourceConfig(name, kind, settings)


def _dialect_fault(table: Mapping[str, Any], document: Document, key: tuple[str, str]) -> list[Mistake]:
    given = table.get("dialect_settings", {})
    try:
        build_dialect(str(table["dialect"]), given if isinstance(given, Mapping) else {})
    except ValueError as error:
        what, _, mend = str(error).partition(". ")
        at = "dialect_settings" if table["dialect"] in DIALECTS else "dialect"
        return [Mistake(document.where(*key, at), what, mend)]
    return []


def _sink(
    name: str, table: dict[str, Any], document: Document, folder: Path, mistakes: list[Mistake]
) -> SinkConfig | None:
    kind = _kind(("sinks", name), table, document, mistakes)
    if kind is None:
        return None
    fields = {field.alias or key for key, field in settings_model(SINK_KINDS[kind]).model_fields.items()}
    own = {key: value for key, value in table.items() if key not in ("from", "when_full") or key in fields}
    shared = {key: value for key, value in table.items() if key in ("from", "when_full")}
    common, found = validate(SinkCommon, shared, document, ("sinks", name))
    mistakes += found
    settings = _settings(own, ("sinks", name), document, folder, mistakes)
    if settings is None or common is None:
        return None
    return SinkConfig(name, kind, settings, common.start or STARTS_AT.get(kind, "oldest"), common.when_full)


def settings_model(reference: str) -> type[BaseModel]:
    """The settings model that ``module:Class`` names."""
    module, _, name = reference.partition(":")
    model: type[BaseModel] = getattr(importlib.import_module(module), name)
    return model


def _settings(
    table: dict[str, Any],
    key: Group,
    document: Document,
    folder: Path,
    mistakes: list[Mistake],
) -> BaseModel | None:
    model = settings_model(KINDS[key[0]][table["kind"]])
    given = {name: value for name, value in table.items() if name != "kind" or "kind" in model.model_fields}
    for name, value in given.items():
        field = model.model_fields.get(name)
        is_path = name.endswith(("_file", "_dir")) or (field is not None and "Path" in str(field.annotation))
        if is_path and isinstance(value, str) and value:
            given[name] = _absolute_path(value, document.where(*key, name), folder, mistakes)
    settings, found = validate(model, given, document, key)
    mistakes += found
    return settings


def _absolute_path(value: str, where: str, folder: Path, mistakes: list[Mistake]) -> str:
    credentials = "${CREDENTIALS_DIRECTORY}"
    if value.startswith(credentials):
        given = os.environ.get("CREDENTIALS_DIRECTORY")
        if given is None:
            mend = "systemd sets it for a unit with LoadCredential=; elsewhere name the file itself."
            mistakes.append(Mistake(where, "CREDENTIALS_DIRECTORY is not set", mend, "warning"))
            return value
        return given + value.removeprefix(credentials)
    return str(folder / Path(value).expanduser())


def _default_sinks(written: list[SinkConfig], *, told: bool) -> list[SinkConfig]:
    """The quarantine always; the embedded store where no InfluxDB and no store is written down; alarms if ``told``."""
    kinds = {sink.kind for sink in written}
    wanted = [] if "quarantine" in kinds else ["quarantine"]
    if not kinds & {"influxdb", "store"}:
        wanted.append("store")
    sinks = []
    taken = {sink.name for sink in written}
    for kind in wanted:
        name = kind if kind not in taken else f"default-{kind}"
        model = settings_model(SINK_KINDS[kind])
        sinks.append(
            SinkConfig(name, kind, model.model_validate({"kind": kind} if "kind" in model.model_fields else {}))
        )
    if told:
        name = ALARMS if ALARMS not in taken else f"default-{ALARMS}"
        sinks.append(SinkConfig(name, ALARMS, AlarmsTable(), "now"))
    return sinks
