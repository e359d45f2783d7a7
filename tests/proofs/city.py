"""What the system tests share: the operator's files for the recordings and for plain JSON, and questions to InfluxDB."""

import json
import urllib.parse
import urllib.request
from typing import Any

from tests.servers import Server

PILOT = """
id = "{id}"
title = "System test"
city = "grenoble"
domains = ["weather", "air"]
start = 2022-01-01
end = 2027-12-31
privacy_class = "A"
retention_days = 3650
licence = "ODbL-1.0"
publisher = "Citygate"
contact = {{ email = "pilot@example.org" }}
"""

DEVICE = """
[[device]]
id = "{id}"
profile = "{profile}"
pilot = "{pilot}"
feature = "{feature}"
name = "{name}"
latitude = 45.19
longitude = 5.75
"""

SAINTEYNARD = "d1d1e80000000032"
TOURPERRET = "a81758fffe04b1c1"


def pilot(pilot_id: str = "recordings") -> str:
    return PILOT.format(id=pilot_id)


def device(device_id: str, profile: str, feature: str, *, pilot_id: str = "recordings") -> str:
    return DEVICE.format(id=device_id, profile=profile, pilot=pilot_id, feature=feature, name=feature)


RECORDING_DEVICES = device(SAINTEYNARD, "wyres/base", "weather-station/saint-eynard") + device(
    TOURPERRET, "elsys/ems", "weather-station/tour-perret"
)

PLAIN_DEVICES = "".join(
    device(f"station-{n}", "generic/json", f"weather-station/s{n}") for n in range(20)
)


def config(
    *sources: str, influx: Server | None = None, sinks: str = "", gateway: str = ""
) -> str:
    """citygate.toml of a test: given sources, an InfluxDB where given, further sinks."""
    influx_table = ""
    if influx is not None:
        influx_table = f'[sinks.influx]\nkind = "influxdb"\nurl = "{influx.url}"\napi = "v1"\ndatabase = "citygate"\n'
    head = f'[gateway]\nid = "test"\ncity = "grenoble"\nlog = "json"\n{gateway}\n'
    return head + "\n".join(sources) + influx_table + sinks


def mqtt_source(name: str, broker: Server, topic: str, dialect: str, *, version: str = "5", extra: str = "") -> str:
    return (
        f'[sources.{name}]\nkind = "mqtt"\nurl = "mqtt://127.0.0.1:{broker.port}"\nversion = "{version}"\n'
        f'client_id = "citygate-{name}"\ntopics = ["{topic}"]\ndialect = "{dialect}"\n{extra}\n'
    )


PLAIN_SETTINGS = (
    'dialect_settings = { topic_template = "sensors/{device_id}/up", time_field = "time_ns", time_format = "epoch_ns" }'
)


def plain_reading(device_number: int, at_ns: int, temperature_c: float) -> tuple[str, bytes]:
    body = {"time_ns": at_ns, "temperature_c": temperature_c, "humidity_percent": 55.5}
    return f"sensors/station-{device_number}/up", json.dumps(body).encode()


def query(influx: Server, influxql: str) -> list[list[Any]]:
    """Rows of the first series, or none."""
    words = urllib.parse.urlencode({"db": "citygate", "q": influxql, "epoch": "ns"})
    with urllib.request.urlopen(f"{influx.url}/query?{words}", timeout=30) as answer:
        result = json.load(answer)["results"][0]
    assert "error" not in result, result
    rows: list[list[Any]] = result["series"][0]["values"] if "series" in result else []
    return rows


def count(influx: Server, field: str, measurement: str, where: str = "") -> int:
    rows = query(influx, f'SELECT count("{field}") FROM "{measurement}" {where}')
    return int(rows[0][1]) if rows else 0


def conserved(status: dict[str, Any]) -> None:
    """P16: nothing is anywhere but where the counts say."""
    refine = status["refine"]
    assert status["intake"]["entries"] == sum(refine[word] for word in ("accepted", "rejected", "duplicate", "waiting", "unread"))
    for name, sink in status["sinks"].items():
        settled = sink["delivered"] + sink["pending"] + sink["quarantined"] + sink["expired"]
        assert sink["deliverable"] == settled, f"{name}: {sink}"
