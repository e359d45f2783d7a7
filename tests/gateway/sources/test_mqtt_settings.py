import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import gateway.sources
from gateway.sources.mqtt_settings import Address, MqttSourceSettings, address_of

SAMPLE = Path(gateway.sources.__file__).with_name("mqtt.sample.toml").read_text()


def settings_from(text: str) -> MqttSourceSettings:
    return MqttSourceSettings(**tomllib.loads(text)["sources"]["broker"])


def test_the_sample_is_valid_as_it_stands() -> None:
    assert settings_from(SAMPLE).address == Address("localhost", 1883, False)


def test_the_sample_is_valid_with_every_line_uncommented_and_names_every_key() -> None:
    text = re.sub(r"^# ", "", SAMPLE, flags=re.MULTILINE).replace("mqtt://", "mqtts://")
    assert settings_from(text).model_fields_set == set(MqttSourceSettings.model_fields)


def test_the_sample_shows_the_defaults() -> None:
    shown = settings_from(re.sub(r"^# ", "", SAMPLE, flags=re.MULTILINE).replace("mqtt://", "mqtts://"))
    for name, field in MqttSourceSettings.model_fields.items():
        if not field.is_required() and field.default is not None:
            assert getattr(shown, name) == field.default, name


GOOD: dict[str, Any] = {"kind": "mqtt", "url": "mqtt://h", "client_id": "c", "topics": ["a/#"], "dialect": "d"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "http://h"}, "mqtts://host:8883"),
        ({"url": "mqtt://"}, "mqtt://host:1883"),
        ({"url": "mqtt://me:secret@h"}, "password_file"),
        ({"url": "mqtt://h/topic"}, "nothing may follow the port"),
        ({"url": "mqtt://h:99999"}, "range"),
        ({"topics": []}, "at least 1"),
        ({"topics": ["a/#/b"]}, "# may only stand alone"),
        ({"client_id": ""}, "at least 1"),
        ({"password_file": "p"}, "needs username"),
        ({"url": "mqtts://h", "key_file": "k"}, "needs cert_file"),
        ({"ca_file": "ca.pem"}, "mqtts://"),
        ({"qos": 3}, "0, 1 or 2"),
        ({"keepalive": 3}, "Extra inputs"),
    ],
)
def test_says_how_to_mend(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        MqttSourceSettings(**(GOOD | change))


def test_ports_follow_from_the_scheme() -> None:
    assert address_of("mqtts://broker.example") == Address("broker.example", 8883, True)
    assert address_of("mqtt://[::1]:1884") == Address("::1", 1884, False)
