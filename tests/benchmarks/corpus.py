"""Messages for the benchmarks, in the true wire shapes and sizes: plain JSON, The Things Stack, ChirpStack v4.

Every message carries its own time, which is when it is published: the sink can tell how long it took.
"""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

DEVICES = 200
ELSYS_PAYLOAD = bytes.fromhex("0100e202290400270506060308070d620b0000000f")
DECODED = {"temperature": 22.6, "humidity": 41, "light": 39, "motion": 6, "co2": 776, "vdd": 3426}


def device_id(index: int) -> str:
    """The device of the n-th message."""
    return f"02c17e00000000{index % DEVICES:02x}"


def iso(at_ns: int) -> str:
    """RFC 3339 with nanoseconds."""
    return datetime.fromtimestamp(at_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at_ns % 10**9:09d}Z"


def plain(index: int, at_ns: int) -> tuple[str, bytes]:
    """Plain JSON of about 120 bytes."""
    body = {
        "device": device_id(index),
        "time_ns": at_ns,
        "temperature_c": 20 + index % 50 / 10,
        "humidity_percent": 40 + index % 30,
        "pressure_hpa": 1013.2,
    }
    return f"sensors/{device_id(index)}/up", json.dumps(body, separators=(",", ":")).encode()


def tts(index: int, at_ns: int) -> tuple[str, bytes]:
    """A Things Stack uplink of about 1.26 kB."""
    at = iso(at_ns)
    device = f"eui-{device_id(index)}"
    body = {
        "end_device_ids": {
            "device_id": device,
            "application_ids": {"application_id": "city-air"},
            "dev_eui": device_id(index).upper(),
            "join_eui": "0000000000000001",
            "dev_addr": "260B1234",
        },
        "correlation_ids": ["gs:uplink:01J9Z0000000000000000000AB"],
        "received_at": at,
        "uplink_message": {
            "session_key_id": "AZLx7C0bT6q1yQ2n1o9wWg==",
            "f_port": 5,
            "f_cnt": index // DEVICES,
            "frm_payload": base64.b64encode(ELSYS_PAYLOAD).decode(),
            "decoded_payload": DECODED,
            "rx_metadata": [
                {
                    "gateway_ids": {"gateway_id": "city-hall-roof", "eui": "A84041FFFF1E0001"},
                    "time": at,
                    "timestamp": 2463457000,
                    "rssi": -95,
                    "channel_rssi": -95,
                    "snr": 8.2,
                    "location": {"latitude": 51.025, "longitude": 4.479, "altitude": 32, "source": "SOURCE_REGISTRY"},
                    "uplink_token": "Ch4KHAoQY2l0eS1oYWxsLXJvb2YSCKhAQf//HgABEIjv5JYJGgwIn",
                    "received_at": at,
                }
            ],
            "settings": {
                "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7, "coding_rate": "4/5"}},
                "frequency": "868100000",
                "timestamp": 2463457000,
                "time": at,
            },
            "received_at": at,
            "consumed_airtime": "0.071936s",
            "network_ids": {"net_id": "000013", "tenant_id": "city", "cluster_id": "eu1"},
        },
    }
    return f"v3/city-air@city/devices/{device}/up", json.dumps(body, separators=(",", ":")).encode()


def chirpstack(index: int, at_ns: int) -> tuple[str, bytes]:
    """A ChirpStack v4 uplink of about 1.7 kB, heard by three gateways."""
    at = iso(at_ns)
    receptions = [
        {
            "gatewayId": f"a84041ffff1e000{n}",
            "uplinkId": 3871234560 + n,
            "gwTime": at,
            "nsTime": at,
            "timeSinceGpsEpoch": "1415873654.123s",
            "rssi": -95 - n,
            "snr": 8.2 - n,
            "channel": 3,
            "rfChain": 1,
            "location": {"latitude": 51.025 + n / 1000, "longitude": 4.479},
            "context": "EFwMtA==",
            "crcStatus": "CRC_OK",
        }
        for n in range(3)
    ]
    body = {
        "deduplicationId": "2f3d4ec1-2ba1-4b0c-a1f5-3a5c6e1f9d10",
        "time": at,
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "City",
            "applicationId": "8d2c7b1e-0c6f-4f0b-8d7e-cc24ad7a43fa",
            "applicationName": "air",
            "deviceProfileId": "7d51be8f-0d09-4a79-9a9e-0e6b4b6b3f6d",
            "deviceProfileName": "ERS CO2",
            "deviceName": f"air-{index % DEVICES}",
            "devEui": device_id(index),
            "deviceClassEnabled": "CLASS_A",
            "tags": {"street": "sluisstraat"},
        },
        "devAddr": "01a3b5c7",
        "adr": True,
        "dr": 5,
        "fCnt": index // DEVICES,
        "fPort": 5,
        "confirmed": False,
        "data": base64.b64encode(ELSYS_PAYLOAD).decode(),
        "object": DECODED,
        "rxInfo": receptions,
        "txInfo": {
            "frequency": 868100000,
            "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}},
        },
    }
    topic = f"application/8d2c7b1e-0c6f-4f0b-8d7e-cc24ad7a43fa/device/{device_id(index)}/event/up"
    return topic, json.dumps(body, separators=(",", ":")).encode()


Corpus = Callable[[int, int], tuple[str, bytes]]
CORPORA: dict[str, Corpus] = {"plain": plain, "tts": tts, "chirpstack": chirpstack}
TOPICS = {"plain": "sensors/#", "tts": "v3/#", "chirpstack": "application/#"}
DIALECTS = {"plain": "plain-json", "tts": "tts-v3", "chirpstack": "chirpstack-v4"}
PROFILES = {"plain": "generic/json", "tts": "elsys/ems", "chirpstack": "elsys/ems"}
