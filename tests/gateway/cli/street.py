"""A gateway over a recording of a small street, for the commands that look at what was received.

1  a known Elsys speaks       4  a stranger speaks (Elsys bytes)    7  the known one again, hot: 93.1 °C
2  the same frame once more   5  and again                          8  a known one whose profile cannot read it
3  no JSON                    6  and again, two days later
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.control import ask
from pipelines.dialects import write_uplink
from pipelines.model import Reception, Uplink
from tests.gateway_process import GatewayProcess, wait_until

KNOWN, WRONG, STRANGER = "a81758fffe0462b9", "a81758fffe0462ba", "a81758fffe04aaaa"
T0 = 1_793_600_000_000_000_000
HOUR = 3600 * 10**9
PILOT = """
id = "air-delft"
title = "Air"
city = "delft"
domains = ["air"]
start = 2026-10-01
privacy_class = "A"
retention_days = 365
publisher = "City of Delft"
[contact]
email = "pilot@delft.example"
"""
DEVICES = f"""
[defaults]
pilot = "air-delft"
[[device]]
id = "{KNOWN}"
name = "church"
profile = "elsys/ems"
feature = "air-station/A-1"
[[device]]
id = "{WRONG}"
profile = "milesight-iot/em400-tld"
feature = "air-station/A-2"
"""
CONFIG = """
[gateway]
id = "gw-1"
city = "delft"
profiles_dir = "profiles"
[sources.street]
kind = "file"
path = "recording.ndjson"
dialect = "chirpstack-v4"
"""
COOL, HOT = "0100e202290400270506060308070d62", "0103a30229070d62"


def message(device: str, frame: str, f_cnt: int, time_ns: int, *, port: int = 5) -> dict[str, object]:
    heard = (Reception("0016c001f153a14c", -97.0, 7.5, time_ns),)
    uplink = Uplink(
        device, "uplink", bytes.fromhex(frame), port, f_cnt, "01a2b3c4", network_time_ns=time_ns, receptions=heard
    )
    topic, body = write_uplink("chirpstack-v4", uplink)
    return {"topic": topic, "received_ns": time_ns + 10**9, "body": body.decode()}


RECORDED: Sequence[dict[str, object]] = [
    message(KNOWN, COOL, 1, T0),
    message(KNOWN, COOL, 1, T0),
    {"topic": f"application/1/device/{KNOWN}/event/up", "received_ns": T0 + 2 * 10**9, "body": "no json"},
    message(STRANGER, COOL, 7, T0 + HOUR),
    message(STRANGER, "0100e4022804002a05060602ff070d60", 8, T0 + 2 * HOUR),
    message(STRANGER, "0100d80230040029050606031a070d61", 9, T0 + 48 * HOUR),
    message(KNOWN, HOT, 2, T0 + 49 * HOUR),
    message(WRONG, COOL, 1, T0 + 50 * HOUR),
]


@contextmanager
def gateway_on(folder: Path) -> Iterator[GatewayProcess]:
    """A gateway that has taken in the whole recording, and every sink with it."""
    (folder / "profiles").mkdir()
    (folder / "recording.ndjson").write_text("".join(json.dumps(line) + "\n" for line in RECORDED))
    process = GatewayProcess(folder)
    process.write(CONFIG, pilots={"air-delft": PILOT}, devices={"air-delft": DEVICES})
    process.start()
    try:
        wait_until(lambda: settled(process), what="all delivered")
        yield process
    finally:
        assert process.stop() == 0, process.log_tail()


def status_of(process: GatewayProcess) -> dict[str, Any]:
    """As ``citygate status --json`` has it, without starting a process for it."""
    return list(ask(process.folder / "state" / "control.sock", "status"))[0]  # noqa: RUF015 - to the end: it closes


def settled(process: GatewayProcess) -> bool:
    """Everything received has an outcome, and no sink has anything left to take."""
    status = status_of(process)
    refined = status["refine"]["position"] == len(RECORDED)
    return refined and all(sink["pending"] == 0 for sink in status["sinks"].values())
