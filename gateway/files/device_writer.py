"""Write an import's changes into ``devices/<pilot>.toml``; what people wrote there (order, comments) stays.

Laws
- The new text is checked like any devices file before it takes the old one's place, and takes it in one step.
- Coordinates are written to seven decimals, a centimetre.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from gateway.files.device_import import Change
from gateway.files.devices import DeviceTable, load_device_records
from gateway.files.mistakes import ConfigError

_HEAD = (
    "The devices of pilot {pilot}, one [[device]] per box, place and span of time.",
    "Written by `citygate devices import`; edit it freely, comments and order are kept.",
)
_WRITTEN = ("feature", "profile", "name", "area", "latitude", "longitude", "altitude_m", "valid_from")
_DECIMALS = 7


def write_changes(changes: Sequence[Change], path: Path, *, pilot: str, profile: str = "") -> bool:
    """Apply every change; returns whether anything was written.

    Raises ConfigError or OSError; the file is then as it was.
    """
    effective = [change for change in changes if change.kind != "same"]
    if not effective:
        return False
    document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else _fresh(pilot, profile)
    defaults = document.get("defaults", {})
    devices = document.setdefault("device", tomlkit.aot())
    if not isinstance(devices, AoT):
        raise TypeError(f"{path}: device is not an array of tables")
    for change in effective:
        old = devices[int(change.before.key[1])] if change.before is not None else None
        match change.kind:
            case "correct" if old is not None:
                _fill(old, _said(change.table, dict(old)), defaults, only_changes=True)
            case "move" if old is not None and change.at is not None:
                _set(old, "valid_to", change.at)
                devices.append(_table(change.table, defaults, old))
            case _:
                devices.append(_table(change.table, defaults))
    _replace(path, tomlkit.dumps(document))
    return True


def _fresh(pilot: str, profile: str) -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line.format(pilot=pilot)))
    document.add(tomlkit.nl())
    defaults = tomlkit.table()
    defaults["pilot"] = pilot
    if profile:
        defaults["profile"] = profile
    document["defaults"] = defaults
    return document


def _said(table: DeviceTable, old: dict[str, Any]) -> dict[str, Any]:
    """What the record says and the old one does not say already."""
    values = {name: getattr(table, name) for name in _WRITTEN if getattr(table, name) not in ("", None)}
    if "valid_from" in old or not old:
        return values
    return {name: value for name, value in values.items() if name != "valid_from"}


def _fill(target: Table, values: dict[str, Any], defaults: dict[str, Any], *, only_changes: bool = False) -> None:
    for name, value in values.items():
        written = round(value, _DECIMALS) if isinstance(value, float) else value
        current = target.get(name, defaults.get(name))
        if current == written or (only_changes and name == "valid_from"):
            continue
        _set(target, name, written)


def _set(table: Table, name: str, value: object) -> None:
    """Set a key; a new one goes before the blank lines and comments that lead to the next device, not behind them."""
    body = table.value.body
    following = []
    while name not in table and body and body[-1][0] is None:
        following.append(body.pop())
    table[name] = value
    body.extend(reversed(following))


def _table(table: DeviceTable, defaults: dict[str, Any], old: Table | None = None) -> Table:
    """A new ``[[device]]``; a box that moved takes its calibration and what is declared of it with it."""
    fresh = tomlkit.table()
    fresh.trivia.indent = "\n"
    fresh["id"] = table.id
    _fill(fresh, _said(table, {}), defaults)
    if table.pilot != defaults.get("pilot"):
        fresh["pilot"] = table.pilot
    if old is not None:
        for name in ("name", "area", "profile"):
            if name in old and name not in fresh:
                fresh[name] = old[name]
        for name in ("calibration", "privacy_class", "privacy"):
            if name in old and name not in fresh:
                fresh[name] = old[name].unwrap()
    return fresh


def _replace(path: Path, text: str) -> None:
    """Check the text as a devices file of its own, then put it in place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        with fresh.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        _, mistakes = load_device_records(Path(folder))
        if mistakes:
            raise ConfigError(mistakes)
        fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        fresh.replace(path)
