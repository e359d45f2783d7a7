"""The data types that MQTT packets are made of (§1.5 of both versions): written as bytes, read with bounds checked."""

from typing import Final

from gateway.mqtt.errors import ProtocolError

MOST_TEXT_BYTES: Final = 65_535
MOST_VARIABLE: Final = 268_435_455
"""Largest variable byte integer: four bytes of seven bits."""


def variable_integer(value: int) -> bytes:
    """A variable byte integer. Raises ValueError when it needs more than four bytes."""
    if not 0 <= value <= MOST_VARIABLE:
        raise ValueError(f"{value} does not fit a variable byte integer")
    if value < 0x80:  # noqa: PLR2004 - the continuation bit
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - the seven value bits
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def utf8(text: str) -> bytes:
    """A length-prefixed string. Raises ValueError for U+0000, a lone surrogate or more than 65,535 bytes."""
    if "\0" in text:
        raise ValueError("MQTT strings cannot hold U+0000")
    return binary(text.encode())


def binary(data: bytes) -> bytes:
    """Length-prefixed bytes. Raises ValueError above 65,535 bytes."""
    if len(data) > MOST_TEXT_BYTES:
        raise ValueError(f"{len(data)} bytes do not fit a length of two bytes")
    return len(data).to_bytes(2, "big") + data


def text_of(raw: bytes) -> str:
    """A string as received. Raises ProtocolError unless it is well-formed UTF-8 without U+0000."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"a string is not UTF-8: {error.reason}") from error
    if "\0" in text:
        raise ProtocolError("a string holds U+0000")
    return text


def remaining_length(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The variable byte integer at ``at`` and where it ends; (0, 0) while it is not whole. Raises ProtocolError."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            if shift and not byte:
                raise ProtocolError("a length is written longer than it needs to be")
            return value, at
        shift += 7
        if shift > 21:  # noqa: PLR2004 - a fifth byte would follow
            raise ProtocolError("a length has more than four bytes")
    return 0, 0


class Reader:
    """Reads one packet's body from left to right. Every method raises ProtocolError past the end."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = at
        self._end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self._end - self._at

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        at = self._at
        if count > self._end - at:
            raise ProtocolError("a packet ends before its fields do")
        self._at = at + count
        return self._data[at : at + count]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def part(self, count: int) -> "Reader":
        """A reader of the next ``count`` bytes alone."""
        at = self._at
        self.take(count)
        return Reader(self._data, at, at + count)

    def u8(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Two bytes, big-endian."""
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        """Four bytes, big-endian."""
        return int.from_bytes(self.take(4), "big")

    def variable_integer(self) -> int:
        """A variable byte integer of at most four bytes, in its shortest form."""
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                if shift and not byte:
                    raise ProtocolError("a variable byte integer is longer than it needs to be")
                return value
        raise ProtocolError("a variable byte integer has more than four bytes")

    def utf8(self) -> str:
        """A length-prefixed string."""
        return text_of(self.take(self.u16()))

    def binary(self) -> bytes:
        """Length-prefixed bytes."""
        return self.take(self.u16())

    def end(self) -> None:
        """Nothing may be left."""
        if self.left:
            raise ProtocolError(f"{self.left} bytes too many in a packet")
