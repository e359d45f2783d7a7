"""One connection against a real Mosquitto 2, and against peers that misbehave."""

import asyncio
import os
from pathlib import Path

import pytest

from gateway.mqtt.connection import Connection, open_connection
from gateway.mqtt.errors import ConnectionLostError, ConnectRefusedError, ProtocolError
from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.packets import (
    ConnAck,
    Disconnect,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    Subscription,
    Version,
    Will,
)
from gateway.mqtt.properties import Properties
from gateway.mqtt.settings import ConnectionSettings
from gateway.mqtt.wire import variable_integer
from tests import servers
from tests.gateway.mqtt.hostile_peer import Peer, black_hole, playing

VERSIONS: tuple[Version, ...] = ("3.1.1", "5")


class Inbox:
    """Collects what a connection hands over; acknowledges at once unless told to hold."""

    def __init__(self, *, hold: bool = False) -> None:
        self.messages: list[Publish] = []
        self.batches: list[int] = []
        self.hold = hold
        self._arrived = asyncio.Event()

    def take(self, connection: Connection, publishes: list[Publish]) -> None:
        self.messages += publishes
        self.batches.append(len(publishes))
        if not self.hold:
            connection.acknowledge([publish.packet_id for publish in publishes if publish.qos == 1])
            connection.received([publish.packet_id for publish in publishes if publish.qos == 2])
        self._arrived.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.messages) < count:
                self._arrived.clear()
                await self._arrived.wait()


def settings_for(port: int, **given: object) -> ConnectionSettings:
    return ConnectionSettings(**({"host": "127.0.0.1", "port": port} | given))  # type: ignore[arg-type]


def persistent(port: int, version: Version, client_id: str = "gw") -> ConnectionSettings:
    return settings_for(port, version=version, client_id=client_id, clean_start=False, session_expiry_s=3_600)


# With a real broker


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("window", [20, 1_000])
async def test_receives_every_message_of_every_quality(tmp_path: Path, version: Version, window: int) -> None:
    config = f"max_inflight_messages {window}\n"
    with servers.running(servers.mosquitto(tmp_path, config=config)) as broker:
        inbox = Inbox()
        reader = await open_connection(settings_for(broker.port, version=version), on_publishes=inbox.take)
        codes = await reader.subscribe([Subscription("t/#", 2), Subscription("u", 0)])
        writer = await open_connection(settings_for(broker.port, version=version))
        published = await writer.publish_many([Outgoing(f"t/{i}", b"%d" % i, i % 2) for i in range(600)])
        await inbox.until(600)
        await writer.close()
        await reader.close()
    assert codes == (2, 0)
    assert set(published) == {0}
    assert sorted(int(message.payload) for message in inbox.messages) == list(range(600))
    in_order = [int(message.payload) for message in inbox.messages if message.qos == 1]
    assert in_order == sorted(in_order)


@pytest.mark.parametrize("version", VERSIONS)
async def test_unacknowledged_messages_come_again_after_the_link_was_dropped(
    mosquitto: servers.Server, version: Version
) -> None:
    held = Inbox(hold=True)
    first = await open_connection(persistent(mosquitto.port, version), on_publishes=held.take)
    await first.subscribe([Subscription("t", 1)])
    writer = await open_connection(settings_for(mosquitto.port, version=version))
    await writer.publish_many([Outgoing("t", b"%d" % i) for i in range(10)])
    await held.until(10)
    first.acknowledge([message.packet_id for message in held.messages[:4]])
    await asyncio.sleep(0.1)
    first.abort()
    again = Inbox()
    second = await open_connection(persistent(mosquitto.port, version), on_publishes=again.take)
    await again.until(6)
    await writer.close()
    await second.close()
    assert second.session_present
    assert [message.payload for message in again.messages] == [b"%d" % i for i in range(4, 10)]
    assert all(message.dup for message in again.messages)
    assert [m.packet_id for m in again.messages] == [m.packet_id for m in held.messages[4:]]


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_session_survives_a_broker_killed_nine(mosquitto: servers.Server, version: Version) -> None:
    first = await open_connection(persistent(mosquitto.port, version))
    await first.subscribe([Subscription("t", 1)])
    first.abort()
    writer = await open_connection(settings_for(mosquitto.port, version=version))
    await writer.publish_many([Outgoing("t", b"%d" % i) for i in range(30)])
    await asyncio.sleep(1.2)  # Mosquitto saves its changes once a second
    mosquitto.kill_nine()
    lost = await writer.lost()
    mosquitto.start()
    inbox = Inbox()
    second = await open_connection(persistent(mosquitto.port, version), on_publishes=inbox.take)
    await inbox.until(30)
    await second.close()
    assert lost.by in ("closed", "broken")
    assert second.session_present
    assert [message.payload for message in inbox.messages] == [b"%d" % i for i in range(30)]


@pytest.mark.parametrize("version", VERSIONS)
async def test_qos_2_of_an_old_session_is_finished_by_a_new_connection(
    mosquitto: servers.Server, version: Version
) -> None:
    held = Inbox(hold=True)
    first = await open_connection(persistent(mosquitto.port, version), on_publishes=held.take)
    await first.subscribe([Subscription("t", 2)])
    await _publish_qos_2(mosquitto.port)
    await held.until(1)
    first.abort()
    again = Inbox()
    released: list[int] = []
    second = await open_connection(
        persistent(mosquitto.port, version),
        on_publishes=again.take,
        on_released=lambda _connection, packet_id: released.append(packet_id),
    )
    await again.until(1)
    async with asyncio.timeout(5):
        while not released:  # noqa: ASYNC110 - the callback has no event of its own
            await asyncio.sleep(0.01)
    await second.close()
    assert [message.payload for message in again.messages] == [b"two"]
    assert released == [held.messages[0].packet_id]


async def _publish_qos_2(port: int) -> None:
    """By Mosquitto's own client: ours publishes QoS 0 and 1."""
    command = [servers.program("mosquitto_pub"), "-p", str(port), "-t", "t", "-m", "two", "-q", "2"]
    child = await asyncio.create_subprocess_exec(*command)
    assert await child.wait() == 0


async def test_properties_retain_and_will_reach_the_broker(mosquitto: servers.Server) -> None:
    inbox = Inbox()
    reader = await open_connection(settings_for(mosquitto.port), on_publishes=inbox.take)
    will = Will("will", b"gone", 1)
    writer = await open_connection(settings_for(mosquitto.port, will=will))
    properties = Properties(
        content_type="application/json", message_expiry_s=60, user_properties=(("a", "1"), ("a", "2"))
    )
    await writer.publish_many([Outgoing("state", b"{}", 1, retain=True, properties=properties)])
    await reader.subscribe([Subscription("#", 1)])
    writer.abort()
    await inbox.until(2)
    await reader.close()
    state, gone = inbox.messages
    assert state.retain
    assert state.properties.content_type == "application/json"
    assert state.properties.user_properties == (("a", "1"), ("a", "2"))
    assert 0 < (state.properties.message_expiry_s or 0) <= 60
    assert (gone.topic, gone.payload) == ("will", b"gone")


async def test_a_forbidden_publish_says_so_in_version_5(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read forbidden/#\ntopic readwrite free/#\n")
    with servers.running(servers.mosquitto(tmp_path / "m", config=f"acl_file {tmp_path}/acl")) as broker:
        writer = await open_connection(settings_for(broker.port))
        codes = await writer.publish_many(
            [Outgoing("free/a", b"1"), Outgoing("forbidden/a", b"1"), Outgoing("a/#", b"")]
        )
        await writer.close()
    assert codes[0] in (0x00, 0x10)
    assert codes[1:] == [0x87, 0x90]


@pytest.mark.parametrize(("version", "code"), [("3.1.1", 5), ("5", 0x87)])
async def test_a_wrong_password_is_refused_with_words_and_a_cure(tmp_path: Path, version: Version, code: int) -> None:
    with servers.running(password_broker(tmp_path)) as broker:
        with pytest.raises(ConnectRefusedError) as caught:
            await open_connection(settings_for(broker.port, version=version, username="gw", password=b"wrong"))
        good = await open_connection(settings_for(broker.port, version=version, username="gw", password=b"secret"))
        await good.close()
    assert caught.value.code == code
    assert "authorised" in caught.value.words
    assert caught.value.mend


def password_broker(folder: Path) -> servers.Server:
    passwords = folder / "passwords"
    command = [servers.program("mosquitto_passwd"), "-b", "-c", str(passwords), "gw", "secret"]
    assert os.spawnv(os.P_WAIT, command[0], command) == 0
    return servers.mosquitto(folder / "m", config=f"password_file {passwords}\nallow_anonymous false")


@pytest.mark.parametrize("version", VERSIONS)
async def test_mosquitto_hangs_up_without_a_word_when_our_client_id_is_taken(
    mosquitto: servers.Server, version: Version
) -> None:
    first = await open_connection(persistent(mosquitto.port, version))
    second = await open_connection(persistent(mosquitto.port, version))
    lost = await first.lost()
    await second.close()
    assert lost.by == "closed"


async def test_pings_keep_an_idle_link_alive(mosquitto: servers.Server) -> None:
    connection = await open_connection(settings_for(mosquitto.port, keep_alive_s=1))
    await asyncio.sleep(2.5)
    assert connection.alive
    await connection.close()
    assert (await connection.lost()).by == "us"


async def test_unsubscribe_ends_the_messages(mosquitto: servers.Server) -> None:
    inbox = Inbox()
    connection = await open_connection(settings_for(mosquitto.port), on_publishes=inbox.take)
    await connection.subscribe([Subscription("a", 1), Subscription("b", 1)])
    assert await connection.unsubscribe(["a", "never"]) == (0, 0x11)
    await connection.publish_many([Outgoing("a", b"1"), Outgoing("b", b"2")])
    await inbox.until(1)
    await connection.close()
    assert [message.payload for message in inbox.messages] == [b"2"]


async def test_nothing_is_read_while_reading_is_paused(mosquitto: servers.Server) -> None:
    inbox = Inbox()
    reader = await open_connection(settings_for(mosquitto.port, keep_alive_s=1), on_publishes=inbox.take)
    await reader.subscribe([Subscription("t", 1)])
    reader.pause_reading()
    writer = await open_connection(settings_for(mosquitto.port))
    await writer.publish_many([Outgoing("t", b"1")])
    await asyncio.sleep(2)
    assert inbox.messages == []
    assert reader.alive  # silence while we do not read proves nothing
    reader.resume_reading()
    await inbox.until(1)
    await writer.close()
    await reader.close()


# With a peer that misbehaves


async def test_garbage_instead_of_connack_is_a_protocol_error() -> None:
    async def garbage(peer: Peer) -> None:
        peer.writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await peer.writer.drain()
        await black_hole(peer)

    async with playing(garbage) as port:
        with pytest.raises(ProtocolError):
            await open_connection(settings_for(port))


async def test_a_message_before_connack_is_a_protocol_error() -> None:
    async def hasty(peer: Peer) -> None:
        peer.send(Publish("t", b"x"))
        await black_hole(peer)

    async with playing(hasty) as port:
        with pytest.raises(ProtocolError, match="before CONNACK"):
            await open_connection(settings_for(port))


async def test_no_connack_is_a_timeout() -> None:
    async with playing(black_hole) as port:
        with pytest.raises(TimeoutError, match="no CONNACK"):
            await open_connection(settings_for(port, connect_within_s=0.2))


async def test_a_peer_that_hangs_up_before_connack_says_so() -> None:
    async def hang_up(peer: Peer) -> None:
        await peer.next_packet()

    async with playing(hang_up) as port:
        with pytest.raises(ConnectionLostError, match="no CONNACK"):
            await open_connection(settings_for(port))


async def test_a_black_hole_is_noticed_by_its_silence() -> None:
    async def fall_silent(peer: Peer) -> None:
        await peer.greet()
        await black_hole(peer)

    async with playing(fall_silent) as port:
        connection = await open_connection(settings_for(port, keep_alive_s=1))
        began_s = asyncio.get_running_loop().time()
        async with asyncio.timeout(5):
            lost = await connection.lost()
        noticed_s = asyncio.get_running_loop().time() - began_s
    assert lost.by == "silent"
    assert 1.0 <= noticed_s < 4  # one and a half keep-alives, to the millisecond: test_liveness.py


async def test_the_brokers_reason_for_ending_a_link_is_told() -> None:
    async def dismiss(peer: Peer) -> None:
        await peer.greet()
        code = codes.pop()
        peer.send(Disconnect(code, Properties(reason_string="tea time")))
        await black_hole(peer)

    codes = [0x8B, 0x8E]
    async with playing(dismiss) as port:
        taken_over = await (await open_connection(settings_for(port))).lost()
        shut_down = await (await open_connection(settings_for(port))).lost()
    assert (taken_over.by, taken_over.code) == ("taken_over", 0x8E)
    assert (shut_down.by, shut_down.code) == ("server", 0x8B)
    assert "server shutting down: 'tea time'" in str(shut_down)


async def test_half_a_packet_and_then_the_end_is_a_lost_link_and_gives_no_message() -> None:
    async def half(peer: Peer) -> None:
        await peer.greet()
        peer.writer.write(b"\x32\x20\x00\x05topic\x00\x01abc")
        await peer.writer.drain()

    inbox = Inbox()
    async with playing(half, version="3.1.1") as port:
        connection = await open_connection(settings_for(port, version="3.1.1"), on_publishes=inbox.take)
        lost = await connection.lost()
    assert lost.by == "closed"
    assert inbox.messages == []


async def test_garbage_in_the_stream_keeps_what_came_before_and_tells_the_peer() -> None:
    told: asyncio.Queue[object] = asyncio.Queue()

    async def spoil(peer: Peer) -> None:
        await peer.greet()
        peer.send(Publish("t", b"good"))
        peer.writer.write(b"\x00\xff\xff")
        told.put_nowait(await peer.next_packet())

    inbox = Inbox()
    async with playing(spoil) as port:
        connection = await open_connection(settings_for(port), on_publishes=inbox.take)
        lost = await connection.lost()
        farewell = await asyncio.wait_for(told.get(), 5)
    assert lost.by == "protocol"
    assert [message.payload for message in inbox.messages] == [b"good"]
    assert farewell == Disconnect(0x81)


async def test_a_length_of_256_mb_ends_the_link_unless_it_is_a_message() -> None:
    async def declare(peer: Peer) -> None:
        await peer.greet()
        peer.writer.write(b"\x90" + variable_integer(268_435_455))
        await black_hole(peer)

    async with playing(declare) as port:
        connection = await open_connection(settings_for(port))
        lost = await connection.lost()
    assert (lost.by, lost.code) == ("protocol", 0x95)


async def test_a_window_overshot_fifty_fold_is_taken_and_acknowledged_in_order() -> None:
    acknowledged: list[int] = []
    done = asyncio.Event()

    async def overshoot(peer: Peer) -> None:
        await peer.greet()
        peer.send(*[Publish("t", b"x" * 50, 1, packet_id=number) for number in range(1, 1_001)])
        while len(acknowledged) < 1_000:
            packet = await peer.next_packet()
            assert isinstance(packet, PubAck)
            acknowledged.append(packet.packet_id)
        done.set()

    inbox = Inbox()
    async with playing(overshoot) as port:
        connection = await open_connection(settings_for(port, receive_maximum=20), on_publishes=inbox.take)
        async with asyncio.timeout(5):
            await done.wait()
        connection.abort()
    assert acknowledged == list(range(1, 1_001))
    assert len(inbox.batches) < 100


async def test_a_peer_that_reads_no_acknowledgements_is_not_read_either() -> None:
    async def flood(peer: Peer) -> None:
        await peer.greet()
        burst = b"".join(b"\x32\x06\x00\x01t\x00\x01\x00" for _ in range(10_000))
        while True:
            peer.writer.write(burst)
            await peer.writer.drain()

    inbox = Inbox()
    async with playing(flood) as port:
        connection = await open_connection(settings_for(port), on_publishes=inbox.take)
        stuck = 0
        async with asyncio.timeout(30):
            while True:
                await asyncio.sleep(0.2)
                if inbox.batches and stuck == len(inbox.batches):
                    break
                stuck = len(inbox.batches)
        written = connection._transport.get_write_buffer_size()  # type: ignore[union-attr]
        connection.abort()
    assert written < 2_000_000


async def test_a_pubrel_for_an_unknown_id_is_answered() -> None:
    answers: asyncio.Queue[object] = asyncio.Queue()

    async def release(peer: Peer) -> None:
        await peer.greet(ConnAck(session_present=True))
        peer.send(PubRel(77))
        answers.put_nowait(await peer.next_packet())

    async with playing(release) as port:
        connection = await open_connection(settings_for(port, clean_start=False))
        answer = await asyncio.wait_for(answers.get(), 5)
        connection.abort()
    assert answer == PubComp(77)


async def test_publishing_stays_within_the_brokers_receive_maximum() -> None:
    highest = 0

    async def count(peer: Peer) -> None:
        nonlocal highest
        await peer.greet(ConnAck(properties=Properties(receive_maximum=5, maximum_packet_bytes=200)))
        waiting: list[int] = []
        while True:
            try:
                async with asyncio.timeout(0.05):
                    packet = await peer.next_packet()
            except TimeoutError:
                peer.send(*[PubAck(packet_id) for packet_id in waiting])
                waiting.clear()
                continue
            if isinstance(packet, Publish):
                waiting.append(packet.packet_id)
                highest = max(highest, len(waiting))

    async with playing(count) as port:
        connection = await open_connection(settings_for(port))
        codes = await connection.publish_many([*[Outgoing("t", b"x")] * 12, Outgoing("t", b"x" * 300)])
        connection.abort()
    assert highest == 5
    assert codes == [0] * 12 + [0x95]


async def test_what_is_under_way_when_the_link_ends_is_reported_as_lost() -> None:
    async def swallow(peer: Peer) -> None:
        await peer.greet()
        await peer.next_packet()

    async with playing(swallow) as port:
        connection = await open_connection(settings_for(port))
        with pytest.raises(ConnectionLostError):
            await connection.publish_many([Outgoing("t", b"x")] * 3)
        with pytest.raises(ConnectionLostError):
            await connection.subscribe([Subscription("t")])


async def test_a_suback_of_the_wrong_length_ends_the_link() -> None:
    async def short(peer: Peer) -> None:
        await peer.greet()
        packet = await peer.next_packet()
        assert isinstance(packet, Subscribe)
        peer.send(SubAck(packet.packet_id, (1,)))
        await black_hole(peer)

    async with playing(short) as port:
        connection = await open_connection(settings_for(port))
        with pytest.raises(ConnectionLostError, match="SUBACK"):
            await connection.subscribe([Subscription("a"), Subscription("b")])


async def test_limits_in_connack_are_refused_here_without_asking() -> None:
    async def limited(peer: Peer) -> None:
        await peer.greet(ConnAck(properties=Properties(maximum_qos=0, retain_available=0)))
        await black_hole(peer)

    async with playing(limited) as port:
        connection = await open_connection(settings_for(port))
        codes = await connection.publish_many([Outgoing("t", b"", 1), Outgoing("t", b"", 0, retain=True)])
        connection.abort()
    assert codes == [0x9B, 0x9A]


async def test_an_acknowledgement_meant_for_the_other_side_ends_the_link() -> None:
    async def confuse(peer: Peer) -> None:
        await peer.greet()
        peer.send(PubRec(1))
        await black_hole(peer)

    async with playing(confuse) as port:
        connection = await open_connection(settings_for(port))
        assert (await connection.lost()).by == "protocol"


async def test_a_transport_of_another_event_loop_serves_as_well(mosquitto: servers.Server) -> None:
    """uvloop's transports are no asyncio.Transport; only their methods count."""
    uvloop = pytest.importorskip("uvloop")

    async def connect() -> bool:
        connection = await open_connection(ConnectionSettings(host="127.0.0.1", port=mosquitto.port, client_id="uv"))
        alive = connection.alive
        await connection.close()
        await asyncio.sleep(0.05)  # uvloop frees the handle on a later turn
        return alive

    def run() -> bool:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(connect())

    assert await asyncio.to_thread(run)
