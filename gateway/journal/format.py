"""Bytes of headers, frames and footers. README.md is the specification; this file does no I/O."""

import os
import struct
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from gateway.journal.checksum import crc32
from gateway.journal.notices import LogFormatError

MAGIC = b"\x89CGLOG\r\n"
VERSION = 1
NAME_BYTES = 20
MAX_PAYLOAD_BYTES = 64 << 20
INDEX_EVERY_BYTES = 64 << 10

FORM_APPENDED = 0
FORM_REWRITTEN = 1

PACKED = 1
TOMBSTONE = 2
LOST = 4
DICTIONARY = 8
SEAL = 16

_HEADER = struct.Struct("<8sHH20sQQ8sI")
_HEAD = struct.Struct("<4sIBBQ")
_WHOLE_HEAD = struct.Struct("<4sIBBQII")
_CRCS = struct.Struct("<II")
_CRC = struct.Struct("<I")
_FOOTER = struct.Struct("<4sQQQQI")
_INDEX_ROW = struct.Struct("<QQ")
_FOOTER_MARK = b"cgFT"

HEADER_BYTES = _HEADER.size + _CRC.size
FRAMES_START = 2 * HEADER_BYTES
HEAD_BYTES = _HEAD.size + _CRCS.size
FOOTER_BYTES = _FOOTER.size + _CRC.size


class Header(NamedTuple):
    """Head of a segment file."""

    form: int
    name: str
    serial: int
    first: int
    salt: bytes

    def encode(self) -> bytes:
        """Both copies, 128 bytes."""
        name = self.name.encode().ljust(NAME_BYTES, b"\0")
        body = _HEADER.pack(MAGIC, VERSION, self.form, name, self.serial, self.first, self.salt, 0)
        return (body + _CRC.pack(crc32(body))) * 2


def decode_header(start: bytes, where: str) -> tuple[Header | None, int]:
    """The header from a segment's first 128 bytes, and how many of its two copies are damaged.

    Raises LogFormatError when a whole header names another version.
    """
    copies = [start[:HEADER_BYTES], start[HEADER_BYTES:FRAMES_START]]
    whole = [copy for copy in copies if _header_checks(copy)]
    if not whole:
        return None, 2
    _, version, form, name, serial, first, salt, _ = _HEADER.unpack_from(whole[0])
    if version != VERSION:
        raise LogFormatError(
            f"{where}: format version {version}; this program reads and writes version {VERSION}. "
            f"Start it with the program that wrote it, or move the directory away"
        )
    return Header(form, name.rstrip(b"\0").decode("utf-8", "replace"), serial, first, salt), 2 - len(whole)


def _header_checks(copy: bytes) -> bool:
    return (
        len(copy) == HEADER_BYTES
        and copy.startswith(MAGIC)
        and _CRC.unpack_from(copy, _HEADER.size)[0] == crc32(copy[: _HEADER.size])
    )


class Head(msgspec.Struct, frozen=True, gc=False):
    """Head of a frame that checks. The body checks when ``crc32(payload, head_crc) == body_crc``."""

    marker: bytes
    length: int
    kind: int
    flags: int
    number: int
    head_crc: int
    body_crc: int


class Framing:
    """Makes and checks the frames of one segment: all of it depends on the segment's salt."""

    __slots__ = ("_salt_crc", "marker", "salt")

    def __init__(self, salt: bytes) -> None:
        self.salt = salt
        self.marker = salt[:4]
        self._salt_crc = crc32(salt)

    @classmethod
    def fresh(cls) -> "Framing":
        """With a new random salt."""
        return cls(os.urandom(8))

    def frame(self, number: int, kind: int, flags: int, payload: bytes) -> bytes:
        """One frame."""
        head = _HEAD.pack(self.marker, len(payload), kind, flags, number)
        head_crc = crc32(head, self._salt_crc)
        return head + _CRCS.pack(head_crc, crc32(payload, head_crc)) + payload

    def frames(self, first: int, kind: int, payloads: Sequence[bytes]) -> bytes:
        """Frames of entries with rising numbers, as one run of bytes. The hot path: 1 µs an entry."""
        marker, salt_crc, pack, pack_crcs, crc = self.marker, self._salt_crc, _HEAD.pack, _CRCS.pack, crc32
        parts: list[bytes] = []
        for number, payload in enumerate(payloads, first):
            head = pack(marker, len(payload), kind, 0, number)
            head_crc = crc(head, salt_crc)
            parts += (head, pack_crcs(head_crc, crc(payload, head_crc)), payload)
        return b"".join(parts)

    def head_at(self, buffer: bytes, at: int) -> Head | None:
        """The frame head at this place, if there is one that checks."""
        if len(buffer) < at + HEAD_BYTES:
            return None
        head = Head(*_WHOLE_HEAD.unpack_from(buffer, at))
        if (
            head.marker != self.marker
            or crc32(buffer[at : at + _HEAD.size], self._salt_crc) != head.head_crc
            or head.length > MAX_PAYLOAD_BYTES
        ):
            return None
        return head

    def encode_footer(self, footer: "Footer") -> bytes:
        """Last bytes of a closed segment."""
        body = _FOOTER.pack(_FOOTER_MARK, *footer)
        return body + _CRC.pack(crc32(body, self._salt_crc))

    def decode_footer(self, end: bytes) -> "Footer | None":
        """The footer from a segment's last bytes; None when it is not closed or the footer is damaged."""
        if len(end) != FOOTER_BYTES or not end.startswith(_FOOTER_MARK):
            return None
        body = end[: _FOOTER.size]
        if crc32(body, self._salt_crc) != _CRC.unpack_from(end, _FOOTER.size)[0]:
            return None
        _, seal_offset, dictionary_offset, first, last, live = _FOOTER.unpack(body)
        return Footer(seal_offset, dictionary_offset, first, last, live)


class Footer(NamedTuple):
    """End of a closed segment. Offsets in bytes; ``dictionary_offset`` 0 means there is none."""

    seal_offset: int
    dictionary_offset: int
    first: int
    last: int
    live: int


class Index:
    """Where some entries of a segment begin: one per 64 KiB, rising. Appended to by one thread, read by others."""

    __slots__ = ("numbers", "offsets")

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.offsets: list[int] = []

    def note(self, number: int, offset: int) -> None:
        """Remember this place if the last one is 64 KiB away."""
        if not self.offsets or offset - self.offsets[-1] >= INDEX_EVERY_BYTES:
            self.offsets.append(offset)  # before the number: a reader that finds the number finds the offset
            self.numbers.append(number)

    def encode(self) -> bytes:
        """Payload of a seal."""
        return b"".join(_INDEX_ROW.pack(*row) for row in zip(self.numbers, self.offsets, strict=True))

    @classmethod
    def decode(cls, payload: bytes) -> "Index":
        """From the payload of a seal that checks."""
        index = cls()
        for number, offset in _INDEX_ROW.iter_unpack(payload):
            index.numbers.append(number)
            index.offsets.append(offset)
        return index
