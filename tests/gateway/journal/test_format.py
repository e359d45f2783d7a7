"""The bytes on disk, written out. A change here is a new format version."""

import struct
import zlib

import pytest

from gateway.journal.checksum import crc32
from gateway.journal.format import (
    FOOTER_BYTES,
    FRAMES_START,
    HEAD_BYTES,
    HEADER_BYTES,
    PACKED,
    TOMBSTONE,
    Footer,
    Framing,
    Header,
    Index,
    decode_header,
)
from gateway.journal.notices import LogFormatError

SALT = bytes.fromhex("0102030405060708")

GOLDEN_HEADER = bytes.fromhex(
    "8943474c4f470d0a"  # magic
    "0100"  # version 1
    "0100"  # form 1, rewritten
    "696e74616b65000000000000000000 0000000000"  # "intake"
    "0700000000000000"  # serial 7
    "0040010000000000"  # first number 81920
    "0102030405060708"  # salt
    "00000000"  # reserved
    "2d84f066"  # CRC-32 of the 60 bytes before
)

GOLDEN_FRAME = bytes.fromhex(
    "01020304"  # marker: first half of the salt
    "05000000"  # length 5
    "01"  # kind 1
    "00"  # flags
    "0040010000000000"  # number 81920
    "6b2b68a9"  # CRC of salt + 18 bytes
    "dd55c096"  # CRC of salt + 18 bytes + payload
    "68656c6c6f"  # "hello"
)


def crc(data: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(data))


def test_a_header_has_these_bytes_twice() -> None:
    data = Header(1, "intake", 7, 81920, SALT).encode()
    assert data[:HEADER_BYTES].hex() == GOLDEN_HEADER.hex()
    assert data[HEADER_BYTES:] == GOLDEN_HEADER
    assert GOLDEN_HEADER[60:] == crc(GOLDEN_HEADER[:60])


def test_a_frame_has_these_bytes() -> None:
    framing = Framing(SALT)
    assert framing.frame(81920, 1, 0, b"hello").hex() == GOLDEN_FRAME.hex()
    assert GOLDEN_FRAME[18:22] == crc(SALT + GOLDEN_FRAME[:18])
    assert GOLDEN_FRAME[22:26] == crc(SALT + GOLDEN_FRAME[:18] + b"hello")


def test_many_frames_are_single_frames_one_after_another() -> None:
    framing = Framing(SALT)
    one_by_one = b"".join(framing.frame(number, 9, 0, b"x" * number) for number in range(5, 9))
    assert framing.frames(5, 9, [b"x" * number for number in range(5, 9)]) == one_by_one


def test_a_footer_is_read_back_and_has_44_bytes() -> None:
    framing = Framing(SALT)
    footer = Footer(seal_offset=1000, dictionary_offset=500, first=7, last=12, live=5)
    data = framing.encode_footer(footer)
    assert len(data) == FOOTER_BYTES == 44
    assert data[:4] == b"cgFT"
    assert data[40:] == crc(SALT + data[:40])
    assert framing.decode_footer(data) == footer


def test_either_copy_of_the_header_is_enough() -> None:
    header = Header(0, "ledger", 1, 1, SALT)
    data = bytearray(header.encode())
    data[20] ^= 1
    assert decode_header(bytes(data), "here") == (header, 1)
    data[HEADER_BYTES + 30] ^= 1
    assert decode_header(bytes(data), "here") == (None, 2)


@pytest.mark.parametrize("version", [0, 2])
def test_another_version_is_refused_by_name(version: int) -> None:
    body = bytearray(GOLDEN_HEADER[:60])
    body[8] = version
    copy = bytes(body) + crc(bytes(body))
    with pytest.raises(LogFormatError, match=rf"x\.seg: format version {version}; this program .* version 1"):
        decode_header(copy * 2, "x.seg")


def test_every_flipped_bit_of_a_frame_is_noticed() -> None:
    framing = Framing(SALT)
    for bit in range(len(GOLDEN_FRAME) * 8):
        frame = bytearray(GOLDEN_FRAME)
        frame[bit // 8] ^= 1 << bit % 8
        head = framing.head_at(bytes(frame), 0)
        assert head is None or crc32(frame[HEAD_BYTES:], head.head_crc) != head.body_crc


def test_a_frame_of_another_segment_is_no_frame() -> None:
    assert Framing(b"otherslt").head_at(GOLDEN_FRAME, 0) is None
    same_marker = Framing(SALT[:4] + b"else")
    assert same_marker.head_at(GOLDEN_FRAME, 0) is None


def test_flags_are_covered_by_the_checksum() -> None:
    framing = Framing(SALT)
    packed = framing.frame(1, 1, PACKED, b"abc")
    head = framing.head_at(packed, 0)
    assert head is not None
    assert head.flags == PACKED
    assert packed[:9] == framing.frame(1, 1, TOMBSTONE, b"abc")[:9]
    assert packed[18:] != framing.frame(1, 1, TOMBSTONE, b"abc")[18:]


def test_an_index_keeps_one_place_in_64_kib() -> None:
    index = Index()
    for number in range(1, 1001):
        index.note(number, FRAMES_START + number * 1000)
    again = Index.decode(index.encode())
    assert again.numbers == index.numbers
    assert again.offsets == index.offsets
    assert len(again.numbers) == 16
    assert all(after - before >= 64 << 10 for before, after in zip(again.offsets, again.offsets[1:], strict=False))
