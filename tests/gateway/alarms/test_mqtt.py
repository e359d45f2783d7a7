"""MQTT before a real Mosquitto: retained states, messages, and what a broker's refusal asks for."""

import json
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from gateway.alarms.alarm import Change, Key
from gateway.alarms.mqtt import MqttTransport
from gateway.alarms.settings import MqttRoute
from gateway.sinks import SinkUnavailableError
from tests import servers
from tests.gateway.alarms.desk import alarm
from tests.gateway.alarms.test_email import notice
from tests.proofs.city import QUICK_BROKER
from tests.servers import Server

FIRE = alarm("B-7", "fire-alarm", "critical")
TOPIC = "citygate/delft/alarms"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.running(servers.mosquitto(tmp_path_factory.mktemp("broker"), config=QUICK_BROKER)) as server:
        yield server


def transport(port: int, **more: object) -> MqttTransport:
    route = MqttRoute.model_validate({"url": f"mqtt://127.0.0.1:{port}"} | more)
    return MqttTransport(route, client_id="citygate-gw-alarms-desk", city="delft")


async def retained(port: int, topics: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topics)
        await client.subscribe("$SYS/broker/version")
        async for message in client.messages:
            if str(message.topic).startswith("$SYS"):
                return found
            assert isinstance(message.payload, bytes)
            found[str(message.topic)] = message.payload
    raise AssertionError


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_state_is_retained_while_the_alarm_stands_and_each_message_is_an_event(
    broker: Server, version: str
) -> None:
    one = transport(broker.port, version=version)
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe(f"{TOPIC}/notices")
        await one.send(notice(changes=(Change("raised", FIRE),)))
        event = await anext(aiter(client.messages))
    assert isinstance(event.payload, bytes)
    assert json.loads(event.payload)["id"] == "gw-desk-1"
    assert not event.retain
    topic = f"{TOPIC}/state/fire-alarm/waste-delft/waste-container/B-7"
    states = await retained(broker.port, f"{TOPIC}/#")
    assert list(states) == [topic]
    said = json.loads(states[topic])
    assert (said["state"], said["severity"], said["label"]) == ("raised", "critical", "bin B-7")
    await one.send(notice(changes=(Change("unsteady", FIRE),)))
    assert json.loads((await retained(broker.port, f"{TOPIC}/#"))[topic])["state"] == "unsteady"
    await one.send(notice(changes=(Change("cleared", FIRE),)))
    assert await retained(broker.port, f"{TOPIC}/#") == {}


async def test_a_thousand_states_go_in_one_message(broker: Server) -> None:
    changes = tuple(Change("raised", alarm(f"T-{number}")) for number in range(1_000))
    assert await transport(broker.port, topic="thousand").send(notice(changes=changes)) == "1000 states"
    assert len(await retained(broker.port, "thousand/state/#")) == 1_000


def test_no_subject_can_leave_its_topic() -> None:
    topic = transport(1).state_topic(Key("sink-stalled", "", "a+b/#/$ ü\x00c"))
    assert topic == f"{TOPIC}/state/sink-stalled/-/a-b/-/-c"


async def test_a_broker_that_is_away_or_forbids(tmp_path: Path) -> None:
    with pytest.raises(SinkUnavailableError, match=r"127\.0\.0\.1") as away:
        await transport(servers.free_port()).send(notice())
    assert not away.value.mend
    acl = tmp_path / "acl"
    acl.write_text("topic read #\n")
    acl.chmod(0o700)
    with servers.running(servers.mosquitto(tmp_path / "closed", config=f"acl_file {acl}")) as closed:
        with pytest.raises(SinkUnavailableError, match="not authorised") as forbidden:
            await transport(closed.port).send(notice())
        assert "access list" in forbidden.value.mend
        with pytest.raises(SinkUnavailableError, match="ca_file"):
            await transport(closed.port, url="mqtts://127.0.0.1:1", ca_file=acl / "none").send(notice())
        with pytest.raises(SinkUnavailableError, match="password_file: there is no file") as unread:
            await transport(closed.port, username="u", password_file=tmp_path / "none").send(notice())
        assert "umask 077" in unread.value.mend
