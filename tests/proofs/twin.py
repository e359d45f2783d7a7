"""A generated twin of the recordings: the same quirks, from a seed, for where the recordings are not at hand.

Three devices, in two recorder's files:
- chirpstack: hex data where the wire has base64; three uplinks of four carry no network time; status events; a frame
  published twice; the frame counter starts again without a word (no session is told); frames that hold no reading.
- helium: a late reception by another hotspot comes as a message of its own, some of them out of order; the counter
  starts again with a new device address; one frame on port 6 that carries the device's settings.
- a third device behind a ChirpStack that writes no ``publishedAt``: nobody but the gateway can tell the time.

The bytes are packed by hand here, so that the profile's layout is not asked to judge itself.
"""

import base64
import json
import random
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MOUNTAIN = "70b3d5e75e000001"
TOWER = "70b3d5e75e000002"
CLOCKLESS = "70b3d5e75e000003"
FIRST_MS = 1_690_000_000_000
EVERY_MS = 600_000

CLOCKLESS_MAPPING = """
title = "A ChirpStack that writes no publishedAt"
dialect = "chirpstack-v3"
[recorded_at]
path = "_timestamp"
format = "epoch_ms"
[[message]]
topic = "application/1/device/{devEUI}/event/up"
hex_to_base64 = ["data"]
drop = ["_*"]
"""


def elsys(rng: random.Random) -> tuple[bytes, dict[str, float]]:
    """One Elsys frame and what its maker's codec would say."""
    tenths, humidity, vdd = rng.randint(-150, 350), rng.randint(20, 100), rng.randint(3300, 3650)
    x, y, z, moved, wet = rng.randint(-63, 63), rng.randint(-63, 63), rng.randint(-63, 63), rng.randint(0, 5), 0
    payload = struct.pack(">BhBBBbbbBHBBBB", 1, tenths, 2, humidity, 3, x, y, z, 7, vdd, 15, moved, 18, wet)
    names = ("temperature", "humidity", "x", "y", "z", "vdd", "accMotion", "waterleak")
    return payload, dict(zip(names, (tenths / 10, humidity, x, y, z, vdd, moved, wet), strict=True))


def write(folder: Path, *, uplinks: int = 1_000, seed: int = 7) -> tuple[Path, Path, Path]:
    """The three files: chirpstack, helium, clockless. The same seed writes the same bytes."""
    files = (folder / "chirpstack.ndjson", folder / "helium.ndjson", folder / "clockless.ndjson")
    makers = (mountain(uplinks, seed), tower(uplinks, seed + 1), clockless(uplinks // 10, seed + 2))
    for path, rows in zip(files, makers, strict=True):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return files


def mountain(uplinks: int, seed: int) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed)
    f_cnt = 40
    for number in range(uplinks):
        at_ms = FIRST_MS + number * EVERY_MS + rng.randint(0, 9_999)
        f_cnt = 0 if number == uplinks // 2 else f_cnt + rng.choice((1, 1, 1, 2, 7))
        row = chirpstack_row(MOUNTAIN, rng, f_cnt, at_ms)
        if number % 4 == 0:
            noted = FIRST_MS + number * EVERY_MS - 250
            row["rxInfo"][0]["time"] = instant(noted)
            row["rxInfo"].append(dict(row["rxInfo"][0], gatewayID="b" * 32, time=instant(noted + 3)))
        yield row
        if number % 97 == 0:
            yield dict(row, _timestamp=at_ms + 9)
        if number % 25 == 0:
            yield {
                "devEUI": MOUNTAIN,
                "margin": rng.randint(-20, 20),
                "externalPowerSource": False,
                "batteryLevel": 0,
                "batteryLevelUnavailable": True,
                "_timestamp": at_ms + 60_000,
                "_topic": "application/status",
            }


def clockless(uplinks: int, seed: int) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed)
    for number in range(uplinks):
        yield chirpstack_row(CLOCKLESS, rng, number, FIRST_MS + number * EVERY_MS)


def chirpstack_row(device: str, rng: random.Random, f_cnt: int, at_ms: int) -> dict[str, Any]:
    payload, said = elsys(rng)
    silent = rng.random() < 0.1
    return {
        "devEUI": device,
        "rxInfo": [{"gatewayID": "a" * 32, "rssi": -rng.randint(60, 120), "loRaSNR": rng.randint(-120, 90) / 10}],
        "fCnt": f_cnt,
        "fPort": 6 if silent else 5,
        "data": payload.hex(),
        "object": {} if silent else said,
        "_timestamp": at_ms,
        "_topic": "application/rx",
    }


def tower(uplinks: int, seed: int) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed)
    late: list[dict[str, Any]] = []
    f_cnt, address = 0, "07000048"
    for number in range(uplinks):
        at_ms = FIRST_MS + number * EVERY_MS
        if number == uplinks // 3:
            f_cnt, address = 0, "07000112"
        f_cnt += 1
        payload, said = elsys(rng)
        settings = number == 5
        row = {
            "dev_eui": TOWER.upper(),
            "devaddr": address,
            "fcnt": f_cnt,
            "port": 6 if settings else 5,
            "payload": base64.b64encode(b"\x3e" + payload if settings else payload).decode(),
            "decoded": {"payload": {} if settings else said, "status": "success"},
            "reported_at": at_ms,
            "hotspots": [hotspot(rng, at_ms) for _ in range(rng.randint(1, 3))],
            "_timestamp": at_ms + 400,
        }
        yield row
        if rng.random() < 0.2:  # heard by another hotspot, told later, sometimes after the next uplink
            again_ms = at_ms + rng.randint(1, 900)
            late.append(dict(row, reported_at=again_ms, hotspots=[hotspot(rng, again_ms)], _timestamp=again_ms + 400))
        if late and rng.random() < 0.7:
            yield late.pop(0)
    yield from late


def hotspot(rng: random.Random, at_ms: int) -> dict[str, Any]:
    name = f"hotspot-{rng.randrange(8)}"
    return {
        "id": name,
        "name": name,
        "rssi": -rng.randint(70, 130),
        "snr": rng.randint(-150, 90) / 10,
        "reported_at": at_ms,
    }


def instant(at_ms: int) -> str:
    """RFC 3339 in milliseconds, as ChirpStack writes it."""
    seconds, ms = divmod(at_ms, 1_000)
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms:03d}Z"
