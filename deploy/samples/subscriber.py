"""Prints how many bays are free: python subscriber.py mqtt://USER:PASSWORD@HOST:PORT TOPIC (with paho-mqtt)."""

import json
import sys
from urllib.parse import urlsplit

from paho.mqtt import subscribe

broker, topic, bays = urlsplit(sys.argv[1]), sys.argv[2], {}


def on_message(_client, _userdata, message):
    entity = json.loads(message.payload or "{}")
    if entity.get("type") == "ParkingSpot":
        bays[entity["id"]] = entity["status"]["value"]
        print(f"{list(bays.values()).count('free')} of {len(bays)} bays free", flush=True)


login = {"username": broker.username, "password": broker.password}
tls = {"ca_certs": sys.argv[3]} if broker.scheme == "mqtts" else None
subscribe.callback(on_message, topic, qos=1, hostname=broker.hostname, port=broker.port, auth=login, tls=tls)
