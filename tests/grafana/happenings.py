"""What happens beside what the scenario says: a device of each pilot is exchanged, one of each kind falls silent."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from simulators.recording import open_for_reading, open_for_writing

HOUR_NS = 3_600_000_000_000
EXCHANGED_AFTER = timedelta(hours=6)
SILENT_FROM_H, SILENT_TO_H = 176.0, 236.0
"""From eight on the eighth day for two days and a half."""


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
            after_h = (read.received_ns - start_ns) / HOUR_NS
            if not (SILENT_FROM_H <= after_h < SILENT_TO_H and silent & set(read.topic.split("/"))):
                out.write(line)
                count += 1
    _exchange_devices(folder, start_ns)
    return count


def _falls_silent(folder: Path) -> set[str]:
    """The last device of each kind, by its id; not of LoRa gateways, which die by themselves."""
    last = {}
    for file in sorted((folder / "devices").glob("*.toml")):
        for device in tomllib.loads(file.read_text(encoding="utf-8"))["device"]:
            last[device["feature"].partition("/")[0]] = device["id"]
    return {device for kind, device in last.items() if kind != "lora-gateway"}


def _exchange_devices(folder: Path, start_ns: int) -> None:
    """The first device of each pilot stands there since the first morning; what it said before is not believed."""
    since = datetime.fromtimestamp(start_ns / 1e9, UTC) + EXCHANGED_AFTER
    for file in (folder / "devices").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        dated = text.replace("latitude = ", f"valid_from = {since:%Y-%m-%dT%H:%M:%SZ}\nlatitude = ", 1)
        file.write_text(dated, encoding="utf-8")
