"""The bridge as people write it: paho-mqtt in, influxdb-client out, JSON in between. For comparison only.

``sync`` writes each message when it comes; ``batch`` uses influxdb-client's batching with its defaults.
Neither keeps a message that was acknowledged to the broker when it stops.
"""

import json
import signal
import sys
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS, WriteOptions
from influxdb_client.domain.write_precision import WritePrecision
from paho.mqtt.enums import CallbackAPIVersion


def values_of(message: dict[str, Any]) -> tuple[str, dict[str, float], str]:
    """Device, values and time of a plain, TTS or ChirpStack v4 message that carries decoded values."""
    if "uplink_message" in message:
        uplink = message["uplink_message"]
        return message["end_device_ids"]["dev_eui"], uplink["decoded_payload"], uplink["received_at"]
    if "deviceInfo" in message:
        return message["deviceInfo"]["devEui"], message["object"], message["time"]
    values = {key: value for key, value in message.items() if isinstance(value, int | float) and key != "time_ns"}
    seconds = message["time_ns"] / 1e9
    return message["device"], values, datetime.fromtimestamp(seconds, UTC).isoformat()


def main(mode: str, broker_port: int, influx_url: str, topic: str) -> None:
    """Bridge until SIGTERM."""
    client = InfluxDBClient(url=influx_url, token="t", org="o")
    options = SYNCHRONOUS if mode == "sync" else WriteOptions(batch_size=1_000, flush_interval=500)
    api = client.write_api(write_options=options)

    def on_message(_client: mqtt.Client, _data: object, received: mqtt.MQTTMessage) -> None:
        device, values, at = values_of(json.loads(received.payload))
        point = Point("air").tag("device", device).time(at, WritePrecision.NS)
        for name, value in values.items():
            point = point.field(name, float(value))
        api.write("b", "o", point)

    bridge = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="plain-script", clean_session=False)
    bridge.on_message = on_message

    def on_connect(*_: object) -> None:
        bridge.subscribe(topic, qos=1)

    bridge.on_connect = on_connect
    bridge.connect("127.0.0.1", broker_port)
    signal.signal(signal.SIGTERM, lambda *_: bridge.disconnect())
    bridge.loop_forever()
    api.close()
    client.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
