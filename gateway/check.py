"""``citygate check``: every mistake in the files and everything in the surroundings that silently breaks pilots.

    files ▸ profiles ▸ clock, disk, secrets ▸ sources ▸ sinks ─▶ [Finding]     worst first within each part

Law: it only looks. ``run`` reads the same files by the same functions, so what passes here starts there.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from device_profiles.catalogue import Catalogue
from gateway.checks import alarms, machine, sinks, sources
from gateway.checks.finding import Finding, of_mistake
from gateway.clock import Clock
from gateway.codecs.engine import NoEngineError, engine_file
from gateway.config import Config, load_config
from gateway.files.load import Files
from gateway.files.mistakes import ConfigError
from gateway.files.toml_document import read_toml


def check_files(path: Path) -> tuple[Config | None, list[Finding]]:
    """The config, or None, and every mistake in it, in pilots, devices and profiles."""
    config: Config | None = None
    findings: list[Finding] = []
    try:
        config = load_config(path)
        findings += map(of_mistake, config.warnings)
        findings.append(Finding("ok", path.name, f"{len(config.sources)} sources, {len(config.sinks)} sinks"))
    except ConfigError as error:
        findings += map(of_mistake, error.mistakes)
    pilots_dir, devices_dir, profiles_dir = folders_of(path, config)
    catalogue = Catalogue.load([profiles_dir] if profiles_dir else [])
    findings += [Finding("error", "profile", mistake) for mistake in catalogue.mistakes]
    try:
        files = Files.read(pilots_dir, devices_dir, catalogue)
    except ConfigError as error:
        findings += map(of_mistake, error.mistakes)
    else:
        findings += map(of_mistake, files.warnings)
        findings += uncalibrated(files, catalogue)
        findings += without_engine(files, catalogue)
        findings += alarms.strangers(config, files) if config is not None else []
        findings.append(
            Finding("ok", "pilots and devices", f"{len(files.pilots)} pilots, {len(files.devices)} records")
        )
    return config, findings


def folders_of(path: Path, config: Config | None) -> tuple[Path, Path, Path | None]:
    """Pilots, devices, profiles; where the config has mistakes, as far as it can be read at all."""
    if config is not None:
        return config.gateway.pilots_dir, config.gateway.devices_dir, config.gateway.profiles_dir
    table = read_toml(path).data.get("gateway", {})
    named: Mapping[str, object] = table if isinstance(table, dict) else {}
    folder = path.absolute().parent
    profiles = named.get("profiles_dir")
    return (
        folder / str(named.get("pilots_dir", "pilots")),
        folder / str(named.get("devices_dir", "devices")),
        folder / str(profiles) if profiles else None,
    )


def uncalibrated(files: Files, catalogue: Catalogue) -> Iterator[Finding]:
    """Devices whose profile gives a property only with the device's own calibration, and that have none."""
    for device in files.devices:
        profile = catalogue.checked.get(device.profile)
        needed = {entry.property for entry in profile.mapping.values() if entry.needs_calibration} if profile else set()
        for name in sorted(needed - device.calibration.keys()):
            mend = f"Write [device.calibration.{name}] with factor and offset; the profile's file says how."
            yield Finding("warning", f"device {device.id}", f"gives no {name} without a calibration of its own", mend)


def without_engine(files: Files, catalogue: Catalogue, engine: Callable[[], Path] = engine_file) -> Iterator[Finding]:
    """Profiles in use that are read by a JavaScript codec, where no engine runs it."""
    used = {device.profile for device in files.devices}
    scripted = sorted(
        name for name in used if (found := catalogue.checked.get(name)) and found.file.payload.kind == "javascript"
    )
    if not scripted:
        return
    try:
        engine()
    except NoEngineError as error:
        what = f"read by JavaScript codecs, which do not run here: {', '.join(scripted)}"
        yield Finding("error", "profiles", what, f"{error}. On a machine without a wheel take a 64-bit system.")


def check_machine(config: Config, clock: Clock | None = None) -> list[Finding]:
    """Clock, disk, secrets, and what the sources promise by their settings."""
    return [
        *machine.clock(clock or Clock()),
        *machine.disk(config),
        *machine.secret_files(config),
        *sources.promises(config),
        *sources.broker_files(config),
    ]


async def check_far_sides(config: Config) -> list[Finding]:
    """Brokers and databases, asked with short timeouts, at the same time."""

    async def of_sources() -> list[Finding]:
        return [finding async for finding in sources.reach(config)]

    async def of_sinks() -> list[Finding]:
        return [finding async for finding in sinks.reach(config)]

    async def of_alarms() -> list[Finding]:
        return [finding async for finding in alarms.reach(config)]

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(part(), name=part.__name__) for part in (of_sources, of_sinks, of_alarms)]
    return [finding for task in asked for finding in task.result()]


def check(path: Path, *, offline: bool = False) -> Sequence[Finding]:
    """Everything. ``offline`` asks nobody over the network."""
    config, findings = check_files(path)
    if config is not None:
        findings += check_machine(config)
        if not offline:
            findings += asyncio.run(check_far_sides(config))
    return findings
