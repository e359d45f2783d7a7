from gateway.mqtt.packets import Publish
from gateway.mqtt.slots import EMPTY, Slots, fingerprint
from pipelines.model import Received


def test_a_message_and_its_intake_entry_have_one_fingerprint() -> None:
    publish = Publish("t", b"body", 1, packet_id=5, full_size=9, digest=b"d")
    received = Received("s", "t", b"body", 0, 0, 0, "trusted", 1, 5, 1, False, 9, b"d")
    assert fingerprint(publish, publish.payload) == fingerprint(received, received.body)


def test_topic_body_and_digest_all_count() -> None:
    prints = {
        fingerprint(Publish(topic, body, digest=digest), body)
        for topic in ("t", "u")
        for body in (b"", b"x")
        for digest in (b"", b"d")
    }
    assert len(prints) == 8


def test_a_slot_is_remembered_released_and_cleared() -> None:
    slots = Slots()
    received = Received("s", "t", b"b", 0, 0, 0, qos=1, packet_id=65_535)
    slots.remember(65_535, 42, received)
    assert slots.numbers[65_535] == 42
    slots.release(65_535)
    assert slots.numbers[65_535] == EMPTY
    slots.remember(1, 0, received)
    slots.clear()
    assert set(slots.numbers) == {EMPTY}
