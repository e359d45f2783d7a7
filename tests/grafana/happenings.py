"""What happens beside what the scenario says: a device of each pilot is exchanged, one of each kind falls silent."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from simulators.recording import open_for_reading, open_for_writing

HOUR_NS = 3_600_000_000_000
EXCHANGED_AFTER = timedelta(hours=6)
SILENT_FROM_H, NEXT_AFTER_H, SILENT_H = 100.0, 9.0, 20.0
"""The first one after so many hours, each next one later, and each for longer: the last ones still are at the end."""


class _Line(msgspec.Struct):
    topic: str
    received_ns: int


_read = msgspec.json.Decoder(_Line).decode


def let_happen(folder: Path, start_ns: int) -> int:
    """Write the recording and the operator's files again with all of this in it; returns how many messages."""
    before, after = folder / "without.ndjson.zst", folder / "recording.ndjson.zst"
    after.rename(before)
    silent = _falls_silent(folder)
    count = 0
    with open_for_reading(before) as lines, open_for_writing(after) as out:
        for line in lines:
            read = _read(line)
            if not _is_silent(silent, read.topic, (read.received_ns - start_ns) / HOUR_NS):
                out.write(line)
                count += 1
    _exchange_devices(folder, start_ns)
    return count


def _falls_silent(folder: Path) -> dict[str, int]:
    """The last device of each kind, by its id, with its turn; not of LoRa gateways, which die by themselves."""
    last = {}
    for file in sorted((folder / "devices").glob("*.toml")):
        for device in tomllib.loads(file.read_text(encoding="utf-8"))["device"]:
            last[device["feature"].partition("/")[0]] = device["id"]
    last.pop("lora-gateway", None)
    return {device: turn for turn, device in enumerate(last.values())}


def _is_silent(silent: dict[str, int], topic: str, after_h: float) -> bool:
    turn = next((silent[part] for part in topic.split("/") if part in silent), None)
    if turn is None:
        return False
    from_h = SILENT_FROM_H + NEXT_AFTER_H * turn
    return from_h <= after_h < from_h + SILENT_H + 2 * turn


def _exchange_devices(folder: Path, start_ns: int) -> None:
    """The first device of each pilot stands there since the first morning; what it said before is not believed."""
    since = datetime.fromtimestamp(start_ns / 1e9, UTC) + EXCHANGED_AFTER
    for file in (folder / "devices").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        dated = text.replace("latitude = ", f"valid_from = {since:%Y-%m-%dT%H:%M:%SZ}\nlatitude = ", 1)
        file.write_text(dated, encoding="utf-8")
