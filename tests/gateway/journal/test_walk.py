import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.journal.format import SEAL, Framing
from gateway.journal.walk import CHUNK_BYTES, Damage, Found, walk

FRAMING = Framing(b"saltsalt")


def steps(data: bytes, start: int = 0) -> list[Found | Damage]:
    return list(walk(lambda size, offset: data[offset : offset + size], FRAMING, start, len(data)))


def run(count: int, size: int = 20) -> bytes:
    return FRAMING.frames(1, 1, [bytes([number % 251]) * size for number in range(1, count + 1)])


def numbers(data: bytes) -> list[int]:
    return [step.number for step in steps(data) if isinstance(step, Found)]


def test_every_frame_comes_in_order() -> None:
    assert numbers(run(1000)) == list(range(1, 1001))


def test_a_damaged_length_costs_one_entry() -> None:
    data = bytearray(run(10))
    data[4 * 46 + 4] ^= 0x80  # length of entry 5
    assert numbers(bytes(data)) == [1, 2, 3, 4, 6, 7, 8, 9, 10]


def test_frames_across_chunks_are_whole() -> None:
    data = FRAMING.frames(1, 1, [b"a" * (CHUNK_BYTES - 40), b"b" * 3 * CHUNK_BYTES, b"c", b"d" * 100])
    found = [step for step in steps(data) if isinstance(step, Found)]
    assert [len(step.payload) for step in found] == [CHUNK_BYTES - 40, 3 * CHUNK_BYTES, 1, 100]


def test_resynchronises_over_damage_longer_than_a_chunk() -> None:
    for extra in range(-30, 30, 7):
        rubbish = random.Random(extra).randbytes(2 * CHUNK_BYTES + extra)
        data = run(2) + rubbish + FRAMING.frame(9, 1, 0, b"after")
        assert numbers(data) == [1, 2, 9]


def test_a_marker_in_a_payload_is_no_frame() -> None:
    data = bytearray(FRAMING.frames(1, 1, [FRAMING.marker * 50, b"next"]))
    data[2] ^= 1
    assert numbers(bytes(data)) == [2]


def test_ends_at_the_seal() -> None:
    data = run(3) + FRAMING.frame(3, 0, SEAL, b"") + b"footer"
    assert [type(step) for step in steps(data)] == [Found] * 4


def test_a_frame_cut_at_any_byte_is_torn_and_what_was_before_is_whole() -> None:
    data = run(3)
    for cut in range(2 * 46 + 1, 3 * 46):
        assert numbers(data[:cut]) == [1, 2]
        last = steps(data[:cut])[-1]
        assert isinstance(last, Damage)
        assert last.offset + last.size == cut


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 8), st.data())
def test_any_bytes_are_named_completely_and_only_true_payloads_come_out(
    rubbish: bytes, count: int, data: st.DataObject
) -> None:
    true = run(count)
    at = data.draw(st.integers(0, len(true)))
    mixed = true[:at] + rubbish + true[at:]
    offset = 0
    for step in steps(mixed):
        assert step.offset == offset
        offset += step.size
        if isinstance(step, Found):
            assert step.payload == bytes([step.number % 251]) * 20
    assert offset == len(mixed)
