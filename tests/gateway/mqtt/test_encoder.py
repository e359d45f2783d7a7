"""Golden vectors: every byte commented. Those marked OASIS are the specification's own examples."""

import pytest

from gateway.mqtt.decoder import Decoder
from gateway.mqtt.encoder import encode, encode_pubacks, encode_pubcomps, encode_pubrecs
from gateway.mqtt.packets import (
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    Subscription,
    UnsubAck,
    Unsubscribe,
    Version,
    Will,
)
from gateway.mqtt.properties import Properties
from gateway.mqtt.wire import Reader, variable_integer

VECTORS: dict[str, tuple[Version, Packet, bytes]] = {
    # OASIS MQTT 3.1.1 §3.1.2: user name, password, QoS 1 will, clean session, keep-alive 10
    "3.1.1 CONNECT": (
        "3.1.1",
        Connect("c", True, 10, "u", b"p", Will("w", b"m", 1)),
        (
            b"\x10\x19"  # CONNECT, 25 bytes follow
            b"\x00\x04MQTT"  # protocol name
            b"\x04"  # level 4: 3.1.1
            b"\xce"  # 1100 1110: user name, password, will QoS 1, will, clean session
            b"\x00\x0a"  # keep-alive 10 s
            b"\x00\x01c"  # client id
            b"\x00\x01w\x00\x01m"  # will topic and message
            b"\x00\x01u\x00\x01p"
        ),  # user name, password
    ),
    # OASIS MQTT 5 §3.1.2: the same flags, session expiry 10
    "5 CONNECT": (
        "5",
        Connect("c", True, 10, "u", b"p", Will("w", b"m", 1), Properties(session_expiry_s=10)),
        (
            b"\x10\x20"  # CONNECT, 32 bytes follow
            b"\x00\x04MQTT"
            b"\x05"  # level 5
            b"\xce"
            b"\x00\x0a"
            b"\x05"  # properties: 5 bytes
            b"\x11\x00\x00\x00\x0a"  # session expiry interval 10 s
            b"\x00\x01c"
            b"\x00"  # will properties: none
            b"\x00\x01w\x00\x01m"
            b"\x00\x01u\x00\x01p"
        ),
    ),
    "3.1.1 CONNACK with a session": ("3.1.1", ConnAck(True), b"\x20\x02\x01\x00"),
    "5 CONNACK with limits": (
        "5",
        ConnAck(False, 0, Properties(receive_maximum=20, topic_alias_maximum=10)),
        (
            b"\x20\x09"
            b"\x00\x00"  # no session, success
            b"\x06"  # properties: 6 bytes
            b"\x21\x00\x14"  # receive maximum 20
            b"\x22\x00\x0a"
        ),  # topic alias maximum 10
    ),
    # OASIS MQTT 3.1.1 §3.3.2: topic a/b, packet id 10
    "3.1.1 PUBLISH": (
        "3.1.1",
        Publish("a/b", b"\x01\x02", 1, packet_id=10),
        (
            b"\x32\x09"  # PUBLISH QoS 1
            b"\x00\x03a/b"  # topic
            b"\x00\x0a"  # packet id
            b"\x01\x02"
        ),  # body
    ),
    # OASIS MQTT 5 §3.3.2.4: topic a/b, packet id 10, no properties
    "5 PUBLISH": (
        "5",
        Publish("a/b", b"", 1, packet_id=10),
        b"\x32\x08\x00\x03a/b\x00\x0a\x00",  # the last byte: property length 0
    ),
    "5 PUBLISH with properties, again, retained, QoS 2": (
        "5",
        Publish("t", b"x", 2, True, True, 258, Properties(message_expiry_s=1, user_properties=(("k", "v"),))),
        (
            b"\x3d\x13"  # 0011 1101: DUP, QoS 2, RETAIN
            b"\x00\x01t"
            b"\x01\x02"  # packet id 258
            b"\x0c"  # properties: 12 bytes
            b"\x02\x00\x00\x00\x01"  # message expiry 1 s
            b"\x26\x00\x01k\x00\x01v"  # user property k = v
            b"x"
        ),
    ),
    "PUBACK, the short form of success": ("5", PubAck(10), b"\x40\x02\x00\x0a"),
    "5 PUBACK not authorised": ("5", PubAck(10, 0x87), b"\x40\x03\x00\x0a\x87"),
    "5 PUBACK with words": (
        "5",
        PubAck(10, 0x97, Properties(reason_string="no")),
        b"\x40\x09\x00\x0a\x97\x05\x1f\x00\x02no",
    ),
    "PUBREC": ("3.1.1", PubRec(1), b"\x50\x02\x00\x01"),
    "PUBREL carries flags 0010": ("3.1.1", PubRel(1), b"\x62\x02\x00\x01"),
    "PUBCOMP": ("3.1.1", PubComp(1), b"\x70\x02\x00\x01"),
    # OASIS MQTT 3.1.1 §3.8.3: a/b at QoS 1, c/d at QoS 2
    "3.1.1 SUBSCRIBE": (
        "3.1.1",
        Subscribe(10, (Subscription("a/b", 1), Subscription("c/d", 2))),
        b"\x82\x0e\x00\x0a\x00\x03a/b\x01\x00\x03c/d\x02",
    ),
    "5 SUBSCRIBE with options": (
        "5",
        Subscribe(10, (Subscription("a", 1, True, True, 1),), Properties(subscription_identifiers=(300,))),
        (
            b"\x82\x0a\x00\x0a"
            b"\x03\x0b\xac\x02"  # subscription identifier 300 in two bytes
            b"\x00\x01a"
            b"\x1d"
        ),  # 0001 1101: retain handling 1, retain as published, no local, QoS 1
    ),
    # OASIS MQTT 3.1.1 §3.9.3: QoS 0, QoS 2, failure
    "3.1.1 SUBACK": ("3.1.1", SubAck(10, (0, 2, 0x80)), b"\x90\x05\x00\x0a\x00\x02\x80"),
    "5 SUBACK": ("5", SubAck(10, (1, 0x87)), b"\x90\x05\x00\x0a\x00\x01\x87"),
    # OASIS MQTT 3.1.1 §3.10.3: a/b, c/d
    "3.1.1 UNSUBSCRIBE": ("3.1.1", Unsubscribe(10, ("a/b", "c/d")), b"\xa2\x0c\x00\x0a\x00\x03a/b\x00\x03c/d"),
    "3.1.1 UNSUBACK": ("3.1.1", UnsubAck(10), b"\xb0\x02\x00\x0a"),
    "5 UNSUBACK": ("5", UnsubAck(10, (0, 0x11)), b"\xb0\x05\x00\x0a\x00\x00\x11"),
    "PINGREQ": ("5", PingReq(), b"\xc0\x00"),
    "DISCONNECT": ("3.1.1", Disconnect(), b"\xe0\x00"),
    "5 DISCONNECT, session taken over": ("5", Disconnect(0x8E), b"\xe0\x01\x8e"),
}


@pytest.mark.parametrize(("version", "packet", "wire"), VECTORS.values(), ids=VECTORS.keys())
def test_is_these_bytes_and_back(version: Version, packet: Packet, wire: bytes) -> None:
    assert encode(packet, version) == wire
    assert Decoder(version).feed(wire) == [packet]


@pytest.mark.parametrize(
    ("value", "wire"),
    [  # OASIS MQTT 5 table 1-1: the edges of each size
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16_383, b"\xff\x7f"),
        (16_384, b"\x80\x80\x01"),
        (2_097_151, b"\xff\xff\x7f"),
        (2_097_152, b"\x80\x80\x80\x01"),
        (268_435_455, b"\xff\xff\xff\x7f"),
    ],
)
def test_variable_integers_at_the_edges(value: int, wire: bytes) -> None:
    assert variable_integer(value) == wire
    assert Reader(wire).variable_integer() == value


def test_acknowledgements_of_a_batch_are_the_single_ones_in_a_row() -> None:
    ids = [1, 258, 65_535]
    assert encode_pubacks(ids) == b"".join(encode(PubAck(packet_id), "5") for packet_id in ids)
    assert encode_pubrecs(ids) == b"".join(encode(PubRec(packet_id), "3.1.1") for packet_id in ids)
    assert encode_pubcomps(ids) == b"".join(encode(PubComp(packet_id), "5") for packet_id in ids)


UNSAYABLE: dict[str, tuple[Version, Packet]] = {
    "a wildcard to publish to": ("5", Publish("a/#", b"")),
    "an empty topic": ("5", Publish("", b"")),
    "U+0000": ("5", Publish("a\0", b"")),
    "QoS 1 without a packet id": ("5", Publish("a", b"", 1)),
    "QoS 0 with a packet id": ("5", Publish("a", b"", 0, packet_id=1)),
    "properties in 3.1.1": ("3.1.1", Publish("a", b"", properties=Properties(content_type="x"))),
    "a reason in a 3.1.1 acknowledgement": ("3.1.1", PubAck(1, 0x80)),
    "a property that stands elsewhere": ("5", Publish("a", b"", properties=Properties(receive_maximum=1))),
    "a 3.1.1 password without a user": ("3.1.1", Connect("c", password=b"p")),
    "a # in the middle": ("5", Subscribe(1, (Subscription("a/#/b"),))),
    "a + with neighbours": ("5", Subscribe(1, (Subscription("a/b+"),))),
    "a share without a filter": ("5", Subscribe(1, (Subscription("$share/g"),))),
    "no subscription at all": ("5", Subscribe(1, ())),
    "a topic of 65,536 bytes": ("5", Publish("x" * 65_536, b"")),
}


@pytest.mark.parametrize(("version", "packet"), UNSAYABLE.values(), ids=UNSAYABLE.keys())
def test_refuses_to_say(version: Version, packet: Packet) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        encode(packet, version)
