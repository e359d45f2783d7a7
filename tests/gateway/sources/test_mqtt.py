"""The MQTT source against a real Mosquitto, and against a scripted broker where the order of bytes matters."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import aiomqtt
import pytest

from gateway.clock import Clock
from gateway.events import (
    Event,
    Events,
    SourceConnected,
    SourceLost,
    SourceRefused,
    SourceTakenOver,
    SubscriptionGranted,
    SubscriptionRefused,
    SubscriptionWeakened,
)
from gateway.mqtt.packets import (
    ConnAck,
    Disconnect,
    Packet,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
)
from gateway.mqtt.patience import Patience
from gateway.sources import mqtt
from gateway.sources.mqtt import MqttSource
from gateway.sources.mqtt_settings import MqttSourceSettings
from tests import servers
from tests.gateway.mqtt.hostile_peer import Peer, black_hole, playing
from tests.gateway.sources.memory_intake import MemoryIntake

Version = Literal["3.1.1", "5"]
VERSIONS: tuple[Version, ...] = ("3.1.1", "5")


def source_for(
    port: int, intake: MemoryIntake, *, events: Events | None = None, password: bytes | None = None, **given: Any
) -> MqttSource:
    keys = {"kind": "mqtt", "url": f"mqtt://127.0.0.1:{port}", "client_id": "gw", "topics": ["t/#"], "dialect": "d"}
    settings = MqttSourceSettings(**(keys | given))
    source = MqttSource("s", settings, intake, Clock(), events or Events(), password=password)
    source._patience = Patience(lambda _low, high: min(high, 0.02))
    return source


@contextlib.asynccontextmanager
async def serving(source: MqttSource) -> AsyncIterator[None]:
    """Run the source; leaving is a crash: no stop, no close."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run())
        try:
            yield
        finally:
            task.cancel()


async def until(true: Callable[[], object], within_s: float = 40) -> None:
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


def events_of(events: Events, kind: type[Event]) -> list[Any]:
    return [event for _at, event in events.recent if isinstance(event, kind)]


async def publish(port: int, count: int, *, first: int = 0, qos: int = 1, pause_each: int = 1_000) -> None:
    """By an independent client, pipelined."""
    async with aiomqtt.Client("127.0.0.1", port, max_queued_outgoing_messages=0, max_inflight_messages=100) as client:
        for start in range(first, first + count, pause_each):
            numbers = range(start, min(start + pause_each, first + count))
            await asyncio.gather(*[client.publish(f"t/{number % 7}", b"%d" % number, qos) for number in numbers])


def numbers_in(intake: MemoryIntake) -> list[int]:
    return sorted(int(entry.body) for entry in intake.entries)


# With a real broker


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("window", [20, 1_000])
async def test_every_message_is_journalled_once(tmp_path: Path, version: Version, window: int) -> None:
    with servers.running(servers.mosquitto(tmp_path, config=f"max_inflight_messages {window}")) as broker:
        intake, events = MemoryIntake(), Events()
        source = source_for(broker.port, intake, events=events, version=version)
        async with serving(source):
            await until(lambda: events_of(events, SourceConnected))
            await publish(broker.port, 200)
            await until(lambda: len(intake.entries) >= 200)
            await source.stop_reading()
            await source.close()
    assert numbers_in(intake) == list(range(200))
    assert events.counts["received.s"] == 200
    entry = intake.entries[0]
    assert (entry.source, entry.topic, entry.qos, entry.epoch) == ("s", "t/0", 1, 1)
    assert entry.packet_id
    assert not entry.retained


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("qos", [1, 2])
async def test_a_crashed_process_finds_its_session_and_journals_nothing_twice(
    mosquitto: servers.Server, version: Version, qos: int
) -> None:
    intake, events = MemoryIntake("told"), Events()
    source = source_for(mosquitto.port, intake, events=events, version=version, qos=qos)
    async with serving(source):
        await until(lambda: events_of(events, SourceConnected))
        await asyncio.sleep(0.1)
        await publish(mosquitto.port, 10, qos=qos)
        await until(lambda: len(intake.entries) == 10)
        intake.make_durable()
        await asyncio.sleep(0.2)
        await publish(mosquitto.port, 5, first=10, qos=qos)
        await until(lambda: len(intake.entries) == 15)
    undurable = MemoryIntake()
    undurable.entries = intake.entries[:13]  # two were written and not synced, as a power cut leaves them
    events = Events()
    async with serving(source_for(mosquitto.port, undurable, events=events, version=version, qos=qos)):
        await publish(mosquitto.port, 5, first=15, qos=qos)
        await until(lambda: len(undurable.entries) >= 20)
        await asyncio.sleep(0.2)
    assert numbers_in(undurable) == list(range(20))
    assert events.counts["redelivered.s"] == 3
    assert events_of(events, SourceConnected)[0].session_present
    assert undurable.entries[-1].epoch == 2


async def crash_again_and_again(port: int, *, crashes: int, seed: int) -> MemoryIntake:
    """Messages flow; the source dies at random moments and a new one takes its place over the same intake."""
    intake, events, moments = MemoryIntake(), Events(), random.Random(seed)
    async with serving(source_for(port, intake, events=events)):
        await until(lambda: events_of(events, SourceConnected))
        await asyncio.sleep(0.1)  # the subscription stands with the session from here on
    count = crashes * 20
    async with asyncio.TaskGroup() as group:
        group.create_task(publish(port, count, pause_each=20))
        for _ in range(crashes):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(moments.uniform(0.005, 0.1)), serving(source_for(port, intake)):
                    await asyncio.Event().wait()
    async with serving(source_for(port, intake)):
        await until(lambda: len(set(numbers_in(intake))) == count)
        await asyncio.sleep(0.2)
    return intake


async def test_a_source_that_crashes_ten_times_in_the_flow_loses_and_doubles_nothing(
    mosquitto: servers.Server,
) -> None:
    intake = await crash_again_and_again(mosquitto.port, crashes=10, seed=1)
    assert numbers_in(intake) == list(range(200))


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
async def test_proof_a_source_that_crashes_in_the_flow_loses_and_doubles_nothing(
    mosquitto: servers.Server, seed: int
) -> None:
    intake = await crash_again_and_again(mosquitto.port, crashes=100, seed=seed)
    assert numbers_in(intake) == list(range(2_000))


async def test_a_broker_killed_nine_loses_and_doubles_nothing(mosquitto: servers.Server) -> None:
    intake, events = MemoryIntake(), Events()
    async with serving(source_for(mosquitto.port, intake, events=events)):
        await until(lambda: events_of(events, SourceConnected))
        await publish(mosquitto.port, 50)
        await until(lambda: len(intake.entries) >= 50)
        await asyncio.sleep(1.2)  # Mosquitto saves its changes once a second
        mosquitto.kill_nine()
        await until(lambda: events_of(events, SourceLost))
        mosquitto.start()
        await until(lambda: len(events_of(events, SourceConnected)) == 2)
        await publish(mosquitto.port, 50, first=50)
        await until(lambda: len(set(numbers_in(intake))) == 100)
    assert numbers_in(intake) == list(range(100))
    assert events_of(events, SourceConnected)[1].session_present


async def test_qos_0_and_retained_and_oversize_are_journalled_as_what_they_are(mosquitto: servers.Server) -> None:
    async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
        await client.publish("t/old", b"old", 1, retain=True)
    intake, events = MemoryIntake(), Events()
    async with serving(source_for(mosquitto.port, intake, events=events, max_payload_bytes=5_000)):
        await until(lambda: intake.entries)
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            await client.publish("t/zero", b"zero", 0)
            await client.publish("t/big", b"x" * 100_000, 1)
        await until(lambda: len(intake.entries) == 3)
    old, zero, big = intake.entries
    assert (old.body, old.retained) == (b"old", True)
    assert (zero.body, zero.qos, zero.packet_id) == (b"zero", 0, 0)
    assert (len(big.body), big.full_size, len(big.digest)) == (4_096, 100_000, 16)
    assert events.counts["qos0.s"] == 1
    assert events.counts["oversize.s"] == 1
    assert events.counts["received.s"] == 3


# With a scripted broker


class Script:
    """A broker that grants every subscription and records what it is sent."""

    def __init__(self, *greetings: tuple[ConnAck, list[Packet]]) -> None:
        self.greetings = list(greetings)
        self.told: list[Packet] = []
        self.connections = 0

    async def play(self, peer: Peer) -> None:
        self.connections += 1
        connack, packets = self.greetings.pop(0)
        await peer.greet(connack)
        peer.send(*packets)
        while True:
            packet = await peer.next_packet()
            if isinstance(packet, Subscribe):
                peer.send(SubAck(packet.packet_id, tuple(wanted.qos for wanted in packet.subscriptions)))
            elif isinstance(packet, Disconnect) or packet == PubAck(999):
                self.told.append(packet)
                return
            else:
                self.told.append(packet)


def message(packet_id: int, body: bytes = b"b", *, qos: int = 1, dup: bool = False) -> Publish:
    return Publish("t/x", body, qos, dup=dup, packet_id=packet_id)


async def test_nothing_is_acknowledged_before_it_is_durable_and_then_in_order_of_receipt() -> None:
    intake = MemoryIntake("told")
    script = Script((ConnAck(), [message(9), message(3), message(7)]))
    async with playing(script.play) as port, serving(source_for(port, intake)):
        await until(lambda: len(intake.entries) == 3)
        await asyncio.sleep(0.1)
        before = list(script.told)
        intake.make_durable()
        await until(lambda: len(script.told) == 3)
    assert before == []
    assert script.told == [PubAck(9), PubAck(3), PubAck(7)]


async def test_a_redelivery_is_acknowledged_only_when_its_original_is_durable() -> None:
    intake, events = MemoryIntake("told"), Events()
    again: list[Packet] = [message(5, dup=True), message(6)]
    script = Script((ConnAck(), [message(5)]), (ConnAck(session_present=True), again))

    async def play(peer: Peer) -> None:
        if script.connections:
            await script.play(peer)
        else:  # the first link breaks when the message is out
            script.connections += 1
            connack, packets = script.greetings.pop(0)
            await peer.greet(connack)
            peer.send(*packets)
            await until(lambda: intake.entries)

    async with playing(play) as port, serving(source_for(port, intake, events=events)):
        await until(lambda: len(intake.entries) == 2)
        await asyncio.sleep(0.1)
        before = list(script.told)
        intake.make_durable()
        await until(lambda: len(script.told) == 2)
    assert before == []
    assert script.told == [PubAck(5), PubAck(6)]
    assert [entry.packet_id for entry in intake.entries] == [5, 6]
    assert [entry.epoch for entry in intake.entries] == [1, 2]
    assert events.counts["redelivered.s"] == 1


@pytest.mark.parametrize(
    ("second", "journalled"),
    [
        ((ConnAck(session_present=True), message(5, dup=True)), 1),
        ((ConnAck(session_present=False), message(5, dup=True)), 2),  # the broker began anew: another message
        ((ConnAck(session_present=True), message(5)), 2),  # not marked as a repetition
        ((ConnAck(session_present=True), message(5, b"other", dup=True)), 2),
        ((ConnAck(session_present=True), message(6, dup=True)), 2),
    ],
)
async def test_only_the_same_id_and_body_marked_as_repeated_in_the_same_session_is_a_redelivery(
    second: tuple[ConnAck, Publish], journalled: int
) -> None:
    intake = MemoryIntake()
    script = Script((ConnAck(), [message(5)]), (second[0], [second[1]]))
    async with playing(script.play) as port:
        async with serving(source_for(port, intake)):
            await until(lambda: len(script.told) == 1)
        async with serving(source_for(port, intake)):
            await until(lambda: len(script.told) == 2)
    assert len(intake.entries) == journalled
    assert script.told[1] == PubAck(second[1].packet_id)


async def test_qos_2_is_received_once_and_its_id_is_free_after_pubrel() -> None:
    intake = MemoryIntake()
    first: list[Packet] = [message(5, qos=2)]
    later: list[Packet] = [message(5, qos=2, dup=True), PubRel(5), message(5, qos=2, dup=True)]
    script = Script((ConnAck(), first), (ConnAck(session_present=True), later))
    async with playing(script.play) as port:
        async with serving(source_for(port, intake, qos=2)):
            await until(lambda: len(script.told) == 1)
        async with serving(source_for(port, intake, qos=2)):
            await until(lambda: len(script.told) == 4)
    assert script.told[0] == PubRec(5)
    assert sorted(script.told[1:], key=repr) == sorted([PubRec(5), PubComp(5), PubRec(5)], key=repr)
    assert len(intake.entries) == 2


async def test_stale_acknowledgements_are_not_sent_on_a_new_link() -> None:
    intake = MemoryIntake("told")
    script = Script((ConnAck(session_present=True), [message(8)]))
    calls = 0

    async def play(peer: Peer) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            await peer.greet()
            peer.send(message(7))
            await until(lambda: intake.entries)
            return
        await script.play(peer)

    async with playing(play) as port, serving(source_for(port, intake)):
        await until(lambda: len(intake.entries) == 2)
        intake.make_durable()
        await until(lambda: script.told)
        await asyncio.sleep(0.1)
    assert script.told == [PubAck(8)]


async def test_a_full_ring_stops_the_reading_until_there_is_space() -> None:
    intake = MemoryIntake()
    script = Script((ConnAck(), [message(1)]))
    sent = asyncio.Event()

    async def play(peer: Peer) -> None:
        await peer.greet()
        subscribe = await peer.next_packet()
        assert isinstance(subscribe, Subscribe)
        peer.send(SubAck(subscribe.packet_id, (1,)), message(1))
        await sent.wait()
        peer.send(message(2))
        while True:
            script.told.append(await peer.next_packet())

    async with playing(play) as port, serving(source_for(port, intake)):
        intake.full = False
        await until(lambda: script.connections or intake.entries)
        intake.full = True
        sent.set()
        await until(lambda: len(intake.entries) == 2)  # noticed with the next batch
        await asyncio.sleep(0.1)
        assert script.told == [PubAck(1), PubAck(2)]
        intake.free()


async def test_a_full_ring_keeps_a_source_from_connecting() -> None:
    intake = MemoryIntake()
    intake.full = True
    script = Script((ConnAck(), []))
    async with playing(script.play) as port, serving(source_for(port, intake)):
        await asyncio.sleep(0.2)
        connected_while_full = script.connections
        intake.free()
        await until(lambda: script.connections)
    assert connected_while_full == 0


async def test_an_orderly_stop_sends_the_acknowledgements_and_then_says_goodbye() -> None:
    intake = MemoryIntake("told")
    script = Script((ConnAck(), [message(1), message(2)]))
    async with playing(script.play) as port:
        source = source_for(port, intake)
        async with serving(source):
            await until(lambda: len(intake.entries) == 2)
            await source.stop_reading()
            intake.make_durable()
            await source.close()
            await until(lambda: len(script.told) == 3)
    assert script.told == [PubAck(1), PubAck(2), Disconnect()]
    assert script.connections == 1


async def test_half_the_receive_maximum_waiting_hastens_the_commit() -> None:
    intake = MemoryIntake("told")
    script = Script((ConnAck(), [message(number) for number in range(1, 600)]))
    async with playing(script.play) as port, serving(source_for(port, intake)):
        await until(lambda: len(intake.entries) == 599)
    assert intake.hastened >= 1


async def test_a_broker_that_waits_at_its_window_is_not_kept_waiting() -> None:
    acknowledged: list[int] = []

    async def strict(peer: Peer) -> None:
        """Twenty at a time, the next only when all are acknowledged."""
        await peer.greet()
        for start in range(1, 101, 20):
            peer.send(*[message(number) for number in range(start, start + 20)])
            while len(acknowledged) < start + 19:
                packet = await peer.next_packet()
                if isinstance(packet, PubAck):
                    acknowledged.append(packet.packet_id)
        await black_hole(peer)

    intake = MemoryIntake("hastened")
    async with playing(strict, version="3.1.1") as port, serving(source_for(port, intake, version="3.1.1")):
        await until(lambda: len(acknowledged) == 100)
    assert acknowledged == list(range(1, 101))
    assert intake.hastened == 5


@pytest.mark.parametrize("version", VERSIONS)
async def test_three_takeovers_in_a_minute_name_the_client_id_and_wait_a_minute(version: Version) -> None:
    async def throw_out(peer: Peer) -> None:
        await peer.greet()
        await peer.next_packet()

    events = Events()
    async with (
        playing(throw_out, version=version) as port,
        serving(source_for(port, MemoryIntake(), events=events, version=version)),
    ):
        await until(lambda: events_of(events, SourceTakenOver))
    (taken_over,) = events_of(events, SourceTakenOver)
    assert taken_over.client_id == "gw"
    assert "client_id" in taken_over.mend
    assert len(events_of(events, SourceLost)) == 3
    assert events_of(events, SourceLost)[-1].retry_s == 60


async def test_a_refusal_is_an_event_with_a_cure_and_is_tried_again() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.greet(ConnAck(code=0x86))

    events = Events()
    async with playing(refuse) as port, serving(source_for(port, MemoryIntake(), events=events)):
        await until(lambda: len(events_of(events, SourceRefused)) == 2)
    assert events_of(events, SourceRefused)[0].why == "bad user name or password"
    assert "password_file" in events_of(events, SourceRefused)[0].mend


async def test_refused_and_weakened_subscriptions_are_named_and_the_others_serve() -> None:
    async def choose(peer: Peer) -> None:
        await peer.greet()
        subscribe = await peer.next_packet()
        assert isinstance(subscribe, Subscribe)
        assert [wanted.retain_handling for wanted in subscribe.subscriptions] == [1, 1, 1]
        peer.send(SubAck(subscribe.packet_id, (1, 0x87, 0)), message(1))
        await black_hole(peer)

    intake, events = MemoryIntake(), Events()
    async with playing(choose) as port, serving(source_for(port, intake, events=events, topics=["a", "b", "c"])):
        await until(lambda: intake.entries and events_of(events, SubscriptionWeakened))
    assert events_of(events, SubscriptionRefused) == [SubscriptionRefused("s", "b", 0x87)]
    assert events_of(events, SubscriptionWeakened) == [SubscriptionWeakened("s", "c", 1, 0)]


async def test_a_subscription_that_was_refused_and_is_granted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "SUBSCRIBE_AGAIN_S", 0.05)

    async def think_again(peer: Peer) -> None:
        await peer.greet()
        for code in (0x87, 0x87, 1):
            subscribe = await peer.next_packet()
            assert isinstance(subscribe, Subscribe)
            peer.send(SubAck(subscribe.packet_id, (code,)))
        await black_hole(peer)

    events = Events()
    async with playing(think_again) as port, serving(source_for(port, MemoryIntake(), events=events, topics=["b"])):
        await until(lambda: events_of(events, SubscriptionGranted))
    assert len(events_of(events, SubscriptionRefused)) == 1
    assert events_of(events, SubscriptionGranted) == [SubscriptionGranted("s", "b")]


async def test_a_source_whose_certificate_is_missing_says_which_and_tries_again() -> None:
    events = Events()
    source = source_for(1, MemoryIntake(), events=events, url="mqtts://127.0.0.1:1", ca_file=Path("/nowhere/ca.pem"))
    async with serving(source):
        await until(lambda: len(events_of(events, SourceLost)) == 2)
    assert "/nowhere/ca.pem" in events_of(events, SourceLost)[0].why
