"""What system tests and proofs share: the operator's files for recordings and plain JSON, and the broker's settings."""

from tests.servers import Server

QUICK_BROKER = "autosave_on_changes false\nautosave_interval 1800"
"""Mosquitto's lines for runs in which the broker itself is not killed: it keeps its store in memory until it stops."""

SAINTEYNARD = "d1d1e80000000032"
TOURPERRET = "a81758fffe04b1c1"
STATIONS = 20

PILOT = """
id = "{id}"
title = "System test"
city = "grenoble"
domains = ["weather"]
start = 2022-01-01
end = 2037-12-31
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
pilot = "recordings"
feature = "{feature}"
name = "{feature}"
latitude = 45.19
longitude = 5.75
"""


def device(device_id: str, profile: str, feature: str) -> str:
    return DEVICE.format(id=device_id, profile=profile, feature=feature)


PILOTS = {"recordings": PILOT.format(id="recordings")}
RECORDING_DEVICES = {
    "recordings": device(SAINTEYNARD, "wyres/base-bytes", "weather-station/saint-eynard")
    + device(TOURPERRET, "elsys/ems", "weather-station/tour-perret")
}
PLAIN_DEVICES = {
    "stations": "".join(
        device(f"station-{number}", "generic/json", f"weather-station/s{number}") for number in range(STATIONS)
    )
}


def config(*tables: str, influx: Server | None = None, stop_within_s: int = 20) -> str:
    """citygate.toml: the given tables, and an InfluxDB where given."""
    head = f'[gateway]\nid = "test"\ncity = "grenoble"\nlog = "json"\nstop_within_s = {stop_within_s}\n'
    return "\n".join([head, *tables, influx_sink(influx) if influx else ""])


def influx_sink(influx: Server) -> str:
    return f'[sinks.influx]\nkind = "influxdb"\nurl = "{influx.url}"\napi = "v1"\ndatabase = "citygate"\n'


def mqtt_source(name: str, port: int, topic: str, dialect: str, *, version: str = "5", extra: str = "") -> str:
    return (
        f'[sources.{name}]\nkind = "mqtt"\nurl = "mqtt://127.0.0.1:{port}"\nversion = "{version}"\n'
        f'client_id = "citygate-{name}"\ntopics = ["{topic}"]\ndialect = "{dialect}"\n{extra}\n'
    )


def plain_source(port: int, *, version: str = "5") -> str:
    """Stations that send plain JSON with a time of their own."""
    return mqtt_source("plain", port, "sensors/#", "plain-json", version=version, extra=PLAIN_SETTINGS)


def recording_sources(port: int, *, version: str = "5") -> tuple[str, str]:
    return (
        mqtt_source("chirpstack", port, "application/#", "chirpstack-v3", version=version),
        mqtt_source("helium", port, "helium/#", "helium", version=version),
    )


PLAIN_SETTINGS = (
    'dialect_settings = { topic_template = "sensors/{device_id}/up", time_field = "time_ns", time_format = "epoch_ns" }'
)


def plain_topic(number: int) -> str:
    return f"sensors/station-{number % STATIONS}/up"


def plain_body(at_ns: int, temperature_c: float) -> bytes:
    return b'{"time_ns":%d,"temperature_c":%s,"humidity_percent":55.5}' % (at_ns, repr(temperature_c).encode())
