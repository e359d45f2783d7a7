"""Write a device from the inbox into ``devices/<pilot>.toml``.

table ─▶ checked alone ─▶ written ─▶ all files checked together ─┬─▶ done
                                                                 └─▶ a mistake: the file is as it was
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.explain.look import Look
from gateway.files.device_import import Change
from gateway.files.device_writer import write_changes
from gateway.files.devices import DeviceTable
from gateway.files.load import Files
from gateway.files.mistakes import ConfigError, Mistake, did_you_mean
from gateway.files.toml_document import Document
from gateway.files.validate import validate


def accept(config: Config, look: Look, values: Mapping[str, Any]) -> Path:
    """Write the device that ``values`` describe, by the keys of a ``[[device]]``; returns the file.

    Raises ConfigError with every mistake (nothing is written then) and OSError.
    """
    table = _checked(config, look, values)
    path = config.gateway.devices_dir / f"{table.pilot}.toml"
    before = path.read_bytes() if path.exists() else None
    write_changes([Change("add", 0, table)], path, pilot=table.pilot)
    try:
        Files.load(config, look.catalogue)
    except ConfigError:
        _put_back(path, before)
        raise
    return path


def _checked(config: Config, look: Look, values: Mapping[str, Any]) -> DeviceTable:
    given = {name: value for name, value in values.items() if value is not None}
    table, mistakes = validate(DeviceTable, given, Document(Path("the new device"), {}))
    pilots = {path.stem for path in config.gateway.pilots_dir.glob("*.toml")}
    if (pilot := given.get("pilot")) not in pilots:
        mend = did_you_mean(str(pilot), pilots) or f"Write {config.gateway.pilots_dir / str(pilot)}.toml first."
        mistakes.append(Mistake("--pilot", f"there is no pilot '{pilot}'", mend))
    if (profile := given.get("profile")) not in look.catalogue.names:
        mend = did_you_mean(str(profile), look.catalogue.names) or "citygate inbox guesses which one it is."
        mistakes.append(Mistake("--profile", f"there is no profile '{profile}'", mend))
    if table is not None and (records := look.knowledge.devices.records(table.id)):
        what = f"{table.id} is written down already, as {records[0].feature}"
        mistakes.append(Mistake("DEVICE", what, f"What is wrong with it: citygate explain {table.id}"))
    if mistakes or table is None:
        raise ConfigError(mistakes)
    return table


def _put_back(path: Path, before: bytes | None) -> None:
    """The file as it was, in one step."""
    if before is None:
        path.unlink()
        return
    fresh = path.with_suffix(".fresh")
    with fresh.open("wb") as out:
        out.write(before)
        out.flush()
        os.fsync(out.fileno())
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
