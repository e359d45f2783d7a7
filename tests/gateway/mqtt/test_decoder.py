import hashlib
import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mqtt.decoder import Decoder
from gateway.mqtt.encoder import encode
from gateway.mqtt.errors import ProtocolError
from gateway.mqtt.packets import Packet, PingResp, Publish, Version
from gateway.mqtt.properties import Properties
from gateway.mqtt.wire import variable_integer
from tests.gateway.mqtt.packet_strategies import packets, publishes

VERSIONS: tuple[Version, ...] = ("3.1.1", "5")
LEAST_PAYLOAD = 100


def fed_in_cuts(decoder: Decoder, stream: bytes, cuts: list[int]) -> list[Packet]:
    edges = [0, *sorted(cuts), len(stream)]
    found: list[Packet] = []
    for start, stop in itertools.pairwise(edges):
        found += decoder.feed(stream[start:stop])
    return found


@st.composite
def streams(draw: st.DrawFn) -> tuple[Version, list[Packet], bytes, list[int]]:
    version = draw(st.sampled_from(VERSIONS))
    large = publishes(version, payloads=st.binary(min_size=90, max_size=400))
    said = draw(st.lists(packets(version) | large, max_size=6))
    stream = b"".join(encode(packet, version) for packet in said)
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=8))
    return version, said, stream, cuts


def as_kept(packet: Packet) -> Packet:
    """What a decoder with a limit of LEAST_PAYLOAD bytes gives for a packet."""
    if not isinstance(packet, Publish) or len(packet.payload) <= LEAST_PAYLOAD:
        return packet
    return Publish(
        packet.topic,
        packet.payload,
        packet.qos,
        packet.retain,
        packet.dup,
        packet.packet_id,
        full_size=len(packet.payload),
        digest=hashlib.sha256(packet.payload).digest()[:16],
    )


@settings(max_examples=60, deadline=None)
@given(streams())
def test_a_stream_cut_anywhere_gives_the_packets_that_were_encoded(
    stream: tuple[Version, list[Packet], bytes, list[int]],
) -> None:
    version, said, data, cuts = stream
    assert fed_in_cuts(Decoder(version), data, cuts) == said


@settings(max_examples=50, deadline=None)
@given(streams())
def test_a_stream_with_oversize_messages_cut_anywhere_gives_the_same_heads_and_digests(
    stream: tuple[Version, list[Packet], bytes, list[int]],
) -> None:
    version, said, data, cuts = stream
    said = [packet for packet in said if not (isinstance(packet, Publish) and not packet.topic)]
    data = b"".join(encode(packet, version) for packet in said)
    cuts = [cut % (len(data) + 1) for cut in cuts]
    decoder = Decoder(version, max_payload_bytes=LEAST_PAYLOAD)
    assert fed_in_cuts(decoder, data, cuts) == [as_kept(packet) for packet in said]


@pytest.mark.proof
@pytest.mark.timeout(600)
@settings(max_examples=3_000, deadline=None)
@given(streams())
def test_proof_a_stream_cut_anywhere_gives_the_packets_that_were_encoded(
    stream: tuple[Version, list[Packet], bytes, list[int]],
) -> None:
    version, said, data, cuts = stream
    assert fed_in_cuts(Decoder(version), data, cuts) == said


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stream_fed_byte_by_byte_gives_the_same_packets(version: Version) -> None:
    said: list[Packet] = [
        Publish("a/b", b"x" * 200, 1, packet_id=7),
        PingResp(),
        Publish("c", b"y" * 20_000, 2, True, True, 65_535),
    ]
    stream = b"".join(encode(packet, version) for packet in said)
    decoder = Decoder(version)
    found = [packet for at in range(len(stream)) for packet in decoder.feed(stream[at : at + 1])]
    assert found == said


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(VERSIONS), st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_no_bytes_raise_anything_but_protocol_error(version: Version, data: bytes, cuts: list[int]) -> None:
    decoder = Decoder(version, max_payload_bytes=50, max_packet_bytes=60)
    found: list[Packet] = []
    try:
        found = fed_in_cuts(decoder, data, [min(cut, len(data)) for cut in cuts])
    except ProtocolError as error:
        found = error.before
    assert sum(len(getattr(packet, "payload", b"")) for packet in found) <= len(data)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Version, bytes]:
    version = draw(st.sampled_from(VERSIONS))
    stream = bytearray(
        b"".join(encode(packet, version) for packet in draw(st.lists(packets(version), min_size=1, max_size=4)))
    )
    for _ in range(draw(st.integers(1, 4))):
        stream[draw(st.integers(0, len(stream) - 1))] = draw(st.integers(0, 255))
    return version, bytes(stream)


def outcome(version: Version, data: bytes, cuts: list[int]) -> tuple[list[Packet], bool]:
    decoder = Decoder(version, max_payload_bytes=LEAST_PAYLOAD, max_packet_bytes=LEAST_PAYLOAD)
    edges = [0, *sorted(cuts), len(data)]
    found: list[Packet] = []
    for start, stop in itertools.pairwise(edges):
        try:
            found += decoder.feed(data[start:stop])
        except ProtocolError as error:
            return found + error.before, True
    return found, False


@settings(max_examples=60, deadline=None)
@given(damaged(), st.lists(st.integers(0, 400), max_size=5))
def test_damaged_packets_raise_only_protocol_error_wherever_they_are_cut(
    stream: tuple[Version, bytes], cuts: list[int]
) -> None:
    version, data = stream
    whole = outcome(version, data, [])
    assert outcome(version, data, [min(cut, len(data)) for cut in cuts]) == whole


@pytest.mark.proof
@pytest.mark.timeout(600)
@settings(max_examples=3_000, deadline=None)
@given(damaged(), st.lists(st.integers(0, 400), max_size=5))
def test_proof_damaged_packets_raise_only_protocol_error_wherever_they_are_cut(
    stream: tuple[Version, bytes], cuts: list[int]
) -> None:
    version, data = stream
    whole = outcome(version, data, [])
    assert outcome(version, data, [min(cut, len(data)) for cut in cuts]) == whole


def test_packets_ahead_of_a_fault_in_the_same_read_are_not_lost() -> None:
    good = Publish("a", b"1")
    with pytest.raises(ProtocolError) as caught:
        Decoder("5").feed(encode(good, "5") + b"\x00\x00")
    assert caught.value.before == [good]


def test_an_oversize_message_keeps_four_kib_its_size_and_a_digest() -> None:
    body = bytes(range(256)) * 2_000
    message = Publish("big", body, 1, packet_id=9, properties=Properties(content_type="image/png"))
    after = Publish("small", b"s", 1, packet_id=10)
    stream = encode(message, "5") + encode(after, "5")
    decoder = Decoder("5", max_payload_bytes=262_144)
    found = [packet for at in range(0, len(stream), 1_000) for packet in decoder.feed(stream[at : at + 1_000])]
    digest = hashlib.sha256(body).digest()[:16]
    assert found == [Publish("big", body[:4_096], 1, packet_id=9, full_size=512_000, digest=digest), after]


def test_a_body_of_exactly_the_limit_is_kept_whole() -> None:
    body = b"z" * 5_000
    for version in VERSIONS:
        found = Decoder(version, max_payload_bytes=5_000).feed(encode(Publish("t", body), version))
        assert found == [Publish("t", body)]


def test_huge_properties_cannot_block_a_message_for_ever() -> None:
    properties = Properties(user_properties=tuple((f"name{i}", "v" * 90) for i in range(5_000)))
    stream = encode(Publish("t", b"body", 1, packet_id=3, properties=properties), "5")
    (found,) = Decoder("5").feed(stream)
    assert isinstance(found, Publish)
    assert (found.payload, found.packet_id, found.full_size) == (b"body", 3, 4)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_declared_length_of_256_mb_allocates_nothing(version: Version) -> None:
    opening = b"\x32" + variable_integer(268_435_455) + b"\x00\x01t\x00\x05" + (b"\x00" if version == "5" else b"")
    decoder = Decoder(version)
    chunk = b"x" * 65_536
    tracemalloc.start()
    decoder.feed(opening)
    for _ in range(200):
        assert decoder.feed(chunk) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400_000


def test_a_declared_length_of_256_mb_of_another_packet_is_refused_at_once() -> None:
    with pytest.raises(ProtocolError, match="268435455 bytes") as caught:
        Decoder("5").feed(b"\x90" + variable_integer(268_435_455))
    assert caught.value.code == 0x95


WRONG = {
    "a length of five bytes": b"\x30\xff\xff\xff\xff\x01",
    "a length longer than needed": b"\x30\x80\x00",
    "QoS 3": b"\x36\x05\x00\x01a\x00\x01",
    "DUP at QoS 0": b"\x38\x03\x00\x01a",
    "packet id 0": b"\x32\x05\x00\x01a\x00\x00",
    "a topic beyond the packet": b"\x30\x03\x00\x09a",
    "no room for a topic": b"\x30\x01\x00",
    "an empty topic": b"\x30\x02\x00\x00",
    "a wildcard in a topic": b"\x30\x03\x00\x01#",
    "U+0000 in a topic": b"\x30\x03\x00\x01\x00",
    "a surrogate in a topic": b"\x30\x05\x00\x03\xed\xa0\x80",
    "type 0": b"\x00\x00",
    "a PUBREL without its flags": b"\x60\x02\x00\x01",
    "a SUBSCRIBE without its flags": b"\x80\x06\x00\x01\x00\x01a\x00",
    "a SUBSCRIBE without a filter": b"\x82\x02\x00\x01",
    "a PUBACK of one byte": b"\x40\x01\x00",
    "a PINGRESP with a body": b"\xd0\x01\x00",
    "CONNACK with reserved flags": b"\x20\x02\x02\x00",
    "AUTH in 3.1.1": b"\xf0\x00",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_refuses(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        Decoder("3.1.1").feed(wrong)


WRONG_5 = {
    "a property twice": b"\x30\x09\x00\x01a\x05\x01\x01\x01\x01x"[:11],
    "a property of another packet": b"\x30\x07\x00\x01a\x03\x21\x00\x05",
    "an unknown property": b"\x30\x06\x00\x01a\x02\x7f\x00",
    "topic alias 0": b"\x30\x07\x00\x01a\x03\x23\x00\x00",
    "a flag of 2": b"\x30\x06\x00\x01a\x02\x01\x02",
    "receive maximum 0": b"\x20\x06\x00\x00\x03\x21\x00\x00",
    "properties beyond the packet": b"\x30\x05\x00\x01a\x09\x01",
    "no property length": b"\x30\x03\x00\x01a",
    "no topic and no alias": b"\x30\x03\x00\x00\x00",
}


@pytest.mark.parametrize("wrong", WRONG_5.values(), ids=WRONG_5.keys())
def test_refuses_in_version_5(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        Decoder("5").feed(wrong)


def test_a_topic_alias_above_what_was_allowed_is_refused() -> None:
    stream = encode(Publish("t", b"", properties=Properties(topic_alias=1)), "5")
    with pytest.raises(ProtocolError) as caught:
        Decoder("5", topic_alias_maximum=0).feed(stream)
    assert caught.value.code == 0x94
