"""What the recordings say, read from the files by hand, and whether InfluxDB says the same.

Sources and licence of both: CampusIoT datasets, ODbL 1.0. The truth is computed without the gateway's code: the
recorder's JSON, the network's times, and the values that each maker's own codec put out.
"""

import gzip
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.proofs import influx
from tests.proofs.city import SAINTEYNARD, TOURPERRET
from tests.servers import Server

MS = 1_000_000
SAME_FRAME_MS = 48 * 3600 * 1_000
MOUNTAIN_FILE = "sainteynard-wyres-chirpstack-v3.ndjson.gz"
TOWER_FILE = "tourperret-elsys-ems.ndjson.gz"

WYRES = {"temperature": ("temperature_c", 1.0), "pressure": ("pressure_hpa", 1.0), "battery": ("battery_v", 1.0)}
ELSYS = {
    "temperature": ("temperature_c", 1.0),
    "humidity": ("humidity_percent", 1.0),
    "x": ("acceleration_x_g", 1 / 63),
    "y": ("acceleration_y_g", 1 / 63),
    "z": ("acceleration_z_g", 1 / 63),
    "vdd": ("battery_v", 1 / 1000),
    "pulseAbs": ("pulses", 1.0),
    "digital": ("digital_input", 1.0),
    "accMotion": ("motion_count", 1.0),
    "waterleak": ("leak", 1.0),
}


@dataclass
class Truth:
    """What must be in InfluxDB of one device: by time, the link's facts, and the values that the maker gave."""

    device: str
    messages: int = 0
    duplicates: int = 0
    links: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """time_ns → (f_cnt, f_port, receptions)"""
    values: dict[int, dict[str, float]] = field(default_factory=dict)
    statuses: int = 0


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)


def named(said: dict[str, float], names: dict[str, tuple[str, float]]) -> dict[str, float]:
    """The maker's values under the vocabulary's names and units."""
    return {names[name][0]: value * names[name][1] for name, value in said.items() if name in names}


def chirpstack_truth(path: Path, *, device: str = SAINTEYNARD, names: dict[str, tuple[str, float]] = WYRES) -> Truth:
    """Time: the earliest a radio gateway noted, else the recorder's. One session; a frame is (f_cnt, data)."""
    truth = Truth(device)
    heard: dict[tuple[int, str], list[int]] = {}
    for row in rows(path):
        if row["devEUI"] != device:
            continue
        truth.messages += 1
        at_ms = row["_timestamp"]
        if row["_topic"] == "application/status":
            truth.statuses += 1
            status = {"link_margin_db": float(row["margin"]), "external_power": float(row["externalPowerSource"])}
            truth.values.setdefault(at_ms * MS, {}).update(status)
            continue
        noted = [datetime.fromisoformat(rx["time"]) for rx in row["rxInfo"] if "time" in rx]
        if noted:
            at_ms = round(min(noted).timestamp() * 1000)
        if repeats(heard, (row["fCnt"], row["data"]), at_ms):
            truth.duplicates += 1
            continue
        truth.links[at_ms * MS] = (row["fCnt"], row["fPort"], len(row["rxInfo"]))
        truth.values.setdefault(at_ms * MS, {}).update(named(row.get("object", {}), names))
    return truth


def helium_truth(path: Path, *, device: str = TOURPERRET) -> Truth:
    """Time: when the first hotspot reported. A frame is (session, f_cnt, port, payload) within 48 hours."""
    truth = Truth(device)
    heard: dict[tuple[object, ...], list[int]] = {}
    for row in rows(path):
        truth.messages += 1
        at_ms = row["reported_at"]
        if repeats(heard, (row["devaddr"], row["fcnt"], row["port"], row["payload"]), at_ms):
            truth.duplicates += 1
            continue
        truth.links[at_ms * MS] = (row["fcnt"], row["port"], len(row["hotspots"]))
        if said := named(row.get("decoded", {}).get("payload", {}), ELSYS):
            truth.values[at_ms * MS] = said
    return truth


def repeats(heard: dict[Any, list[int]], frame: tuple[object, ...], at_ms: int) -> bool:
    """Whether this frame was heard before, within 48 hours; notes it if not."""
    times = heard.setdefault(frame, [])
    if any(abs(at_ms - earlier) < SAME_FRAME_MS for earlier in times):
        return True
    times.append(at_ms)
    return False


def replay(path: Path, dialect: str, broker: Server, *options: str) -> subprocess.Popen[str]:
    """``python -m simulators replay`` at full speed."""
    words = ("replay", str(path), "--as", dialect, "--to", f"mqtt://127.0.0.1:{broker.port}", *options)
    return subprocess.Popen(
        [sys.executable, "-m", "simulators", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finished(replayer: subprocess.Popen[str], messages: int, *, within_s: float = 120.0) -> None:
    """Wait for its end: every message has its PUBACK from the broker."""
    said, _ = replayer.communicate(timeout=within_s)
    assert replayer.returncode == 0, said
    assert said.startswith(f"{messages} messages acknowledged"), said


def same_in_influx(server: Server, truth: Truth) -> int:
    """Assert that InfluxDB holds each distinct uplink once, and every value as its maker gave it; returns how many."""
    links = influx.points(server, "lorawan", truth.device)
    found = {at: (point["f_cnt"], point["f_port"], point["receptions"]) for at, point in links.items()}
    assert found == truth.links, difference(found, truth.links)
    weather = influx.points(server, "weather", truth.device)
    compared, differ = 0, []
    for at, values in truth.values.items():
        point = weather.get(at, {})
        for name, value in values.items():
            compared += 1
            if name not in point or not math.isclose(point[name], value, rel_tol=1e-12, abs_tol=1e-12):
                differ.append((at, name, value, point.get(name)))
    assert not differ, f"{len(differ)} values differ, such as {differ[:5]}"
    strangers = weather.keys() - truth.links.keys() - truth.values.keys()
    assert not strangers, f"{len(strangers)} points that nobody sent, such as {sorted(strangers)[:5]}"
    sources = {point["time_source"] for point in weather.values()}
    assert sources == {"network"}, sources
    assert sum("link_margin_db" in point for point in weather.values()) == truth.statuses
    return compared


def difference(found: dict[int, Any], wanted: dict[int, Any]) -> str:
    lost, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    other = [at for at in found.keys() & wanted.keys() if found[at] != wanted[at]]
    return f"{len(lost)} lost {lost[:3]}, {len(extra)} extra {extra[:3]}, {len(other)} different {other[:3]}"
