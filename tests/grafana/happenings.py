"""What happens beside what the scenario says: LoRa gateways report and one dies, devices are exchanged and fall silent.

The recording is written again: statistics of each LoRa gateway every ten minutes (ChirpStack's words, in protobuf's
JSON form, with counts from the uplinks that it heard), and of the one that dies only its connection's state.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from pathlib import Path

import msgspec

from simulators.recording import line_of, open_for_reading, open_for_writing

HOUR_NS = 3_600_000_000_000
EVERY_NS = HOUR_NS // 6
DEAD_FROM_H, DEAD_TO_H = 57.0, 63.0
"""The LoRa gateway, from nine to three on the third day."""
SILENT_FROM_H, SILENT_TO_H = 176.0, 236.0
"""A device of each kind, from eight on the eighth day for two days and a half."""
RIGHT_OF_TEN = 9
"""Packets with a right checksum."""

PILOT = """\
id = "network-mechelen"
title = "LoRa gateways of Mechelen (simulated)"
city = "mechelen"
timezone = "Europe/Brussels"
domains = ["network"]
start = {start:%Y-%m-%d}
end = {end:%Y-%m-%d}
privacy_class = "A"
retention_days = 365
licence = "CC0-1.0"
publisher = "Citygate simulator"

[contact]
email = "simulator@example.org"
"""
DEVICE = """\
[[device]]
id = "{id}"
profile = "chirpstack/lora-gateway"
pilot = "network-mechelen"
feature = "lora-gateway/tower-{number}"
name = "Tower {number}"
area = "towers"
latitude = {latitude}
longitude = {longitude}

"""


class _Place(msgspec.Struct):
    latitude: float
    longitude: float


class _Reception(msgspec.Struct, rename="camel"):
    gateway_id: str
    location: _Place


class _Uplink(msgspec.Struct, rename="camel"):
    rx_info: list[_Reception] = []


class _Line(msgspec.Struct):
    topic: str
    received_ns: int
    body: str | None = None


_read_line = msgspec.json.Decoder(_Line).decode
_read_uplink = msgspec.json.Decoder(_Uplink).decode


class Heard(msgspec.Struct):
    """LoRa gateways with their places, and how many uplinks each heard in each ten minutes."""

    places: dict[str, _Place] = {}
    uplinks: Counter[tuple[str, int]] = msgspec.field(default_factory=Counter)


def let_happen(folder: Path, start_ns: int, end_ns: int) -> int:
    """Write the recording and the operator's files again with all of this in it; returns how many messages."""
    before, after = folder / "without.ndjson.zst", folder / "recording.ndjson.zst"
    after.rename(before)
    heard = Heard()
    with open_for_reading(before) as lines:
        for line in lines:
            _count(line, heard)
    dies, silent = min(heard.places), _falls_silent(folder)
    with open_for_reading(before) as lines, open_for_writing(after) as out:
        count = 0
        spoken = _spoken(lines, silent, start_ns)
        for _, line in merge(_relayed(spoken, dies, start_ns), _reports(heard, dies, start_ns, end_ns)):
            out.write(line)
            count += 1
    _write_network(folder, heard, start_ns, end_ns)
    _exchange_devices(folder, start_ns)
    return count


def _count(line: bytes, heard: Heard) -> None:
    read = _read_line(line)
    for one in _receptions(read):
        heard.places[one.gateway_id] = one.location
        heard.uplinks[one.gateway_id, read.received_ns // EVERY_NS] += 1


def _receptions(line: _Line) -> list[_Reception]:
    if line.body is None or not line.topic.endswith("/event/up"):
        return []
    try:
        return _read_uplink(line.body).rx_info
    except msgspec.DecodeError:  # spoilt on its way, as the scenario wants
        return []


def _falls_silent(folder: Path) -> set[str]:
    """The last device of each kind, by its id."""
    last = {}
    for file in sorted((folder / "devices").glob("*.toml")):
        for device in tomllib.loads(file.read_text(encoding="utf-8"))["device"]:
            last[device["feature"].partition("/")[0]] = device["id"]
    return set(last.values())


def _spoken(lines: Iterable[bytes], silent: set[str], start_ns: int) -> Iterator[bytes]:
    """The recording without what these devices would have said."""
    for line in lines:
        read = _read_line(line)
        after_h = (read.received_ns - start_ns) / HOUR_NS
        if not (SILENT_FROM_H <= after_h < SILENT_TO_H and silent & set(read.topic.split("/"))):
            yield line


def _is_dead(at_ns: int, start_ns: int) -> bool:
    return DEAD_FROM_H * HOUR_NS <= at_ns - start_ns < DEAD_TO_H * HOUR_NS


def _relayed(lines: Iterable[bytes], dies: str, start_ns: int) -> Iterator[tuple[int, bytes]]:
    """The recording without what only the dead LoRa gateway would have heard, nor its part of what others heard too."""
    for line in lines:
        read = _read_line(line)
        if not _is_dead(read.received_ns, start_ns) or not (receptions := _receptions(read)):
            yield read.received_ns, line
        elif any(one.gateway_id != dies for one in receptions):
            body = msgspec.json.decode(read.body or "")
            body["rxInfo"] = [one for one in body["rxInfo"] if one["gatewayId"] != dies]
            yield read.received_ns, line_of(read.topic, msgspec.json.encode(body), received_ns=read.received_ns)


def _reports(heard: Heard, dies: str, start_ns: int, end_ns: int) -> Iterator[tuple[int, bytes]]:
    """Statistics of all LoRa gateways in order of time, and the connection of the one that dies."""
    lost_ns, back_ns = (start_ns + int(hours * HOUR_NS) for hours in (DEAD_FROM_H, DEAD_TO_H))
    told = {lost_ns // EVERY_NS: "OFFLINE", back_ns // EVERY_NS: "ONLINE"}
    for slot in range(start_ns // EVERY_NS + 1, end_ns // EVERY_NS):
        at_ns = slot * EVERY_NS
        if state := told.get(slot):
            body = msgspec.json.encode({"gatewayId": dies, "state": state})
            yield at_ns, line_of(f"eu868/gateway/{dies}/state/conn", body, received_ns=at_ns)
        for number, gateway in enumerate(sorted(heard.places), start=1):
            if gateway != dies or not _is_dead(at_ns, start_ns):
                stamp_ns = at_ns + number * 1_000_000_000
                right = heard.uplinks[gateway, slot - 1]
                stats = _statistics(gateway, stamp_ns, right, heard.places[gateway])
                yield stamp_ns, line_of(f"eu868/gateway/{gateway}/event/stats", stats, received_ns=stamp_ns)


def _statistics(gateway: str, at_ns: int, right: int, place: _Place) -> bytes:
    return msgspec.json.encode(
        {
            "gatewayId": gateway,
            "time": f"{datetime.fromtimestamp(at_ns / 1e9, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "location": {"latitude": place.latitude, "longitude": place.longitude},
            "rxPacketsReceived": right + right // RIGHT_OF_TEN + 1,
            "rxPacketsReceivedOk": right,
            "txPacketsReceived": right // 5,
            "txPacketsEmitted": right // 5,
            "metadata": {"region_config_id": "eu868"},
        }
    )


def _write_network(folder: Path, heard: Heard, start_ns: int, end_ns: int) -> None:
    start, end = (datetime.fromtimestamp(at / 1e9, UTC) for at in (start_ns, end_ns))
    pilot = PILOT.format(start=start, end=end + timedelta(days=2))
    (folder / "pilots" / "network-mechelen.toml").write_text(pilot, encoding="utf-8")
    devices = [
        DEVICE.format(id=gateway, number=number, latitude=place.latitude, longitude=place.longitude)
        for number, (gateway, place) in enumerate(sorted(heard.places.items()), start=1)
    ]
    (folder / "devices" / "network-mechelen.toml").write_text("".join(devices), encoding="utf-8")


def _exchange_devices(folder: Path, start_ns: int) -> None:
    """The first device of each pilot stands there since the first morning; what it said before is not believed."""
    since = datetime.fromtimestamp(start_ns / 1e9, UTC) + timedelta(hours=6)
    for file in (folder / "devices").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        dated = text.replace("latitude = ", f"valid_from = {since:%Y-%m-%dT%H:%M:%SZ}\nlatitude = ", 1)
        file.write_text(dated, encoding="utf-8")
