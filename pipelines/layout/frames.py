"""Layouts → one closure per profile: ``(payload, f_port) → readings``. Fixed, tlv and flags."""

from collections.abc import Callable

from pipelines.layout.notation import Layout, Layouts, Reading
from pipelines.layout.read import Read, Unreadable, compile_parts
from pipelines.layout.wire import WireType, reader

FrameReader = Callable[[bytes, int | None], list[Reading]]
"""``(payload, f_port) → readings``; raises Unreadable, or NothingToRead for a frame that carries no readings."""


class NothingToRead(Exception):  # noqa: N818 - a verdict on a frame
    """A frame that is understood and carries no reading: settings, join information."""


def compile_layouts(layouts: Layouts) -> FrameReader:
    """The reader of all frames of one profile."""
    readers = {f_port: _compile(layout) for f_port, layout in layouts.items()}
    otherwise = readers.get(None)
    if otherwise is not None and len(readers) == 1:
        only = otherwise
        return lambda payload, _f_port: only(payload)
    ports = ", ".join(str(port) for port in readers if port is not None)

    def read(payload: bytes, f_port: int | None) -> list[Reading]:
        frame = readers.get(f_port, otherwise)
        if frame is None:
            raise Unreadable(f"there is no layout for this port, only for {ports}")
        return frame(payload)

    return read


def _compile(layout: Layout) -> Callable[[bytes], list[Reading]]:
    if layout.nothing:
        return _silent(layout.nothing)
    header = compile_parts(layout.header) if layout.header else None
    body = {"fixed": _fixed, "tlv": _tlv, "flags": _flags}[layout.kind](layout)
    strict = layout.trailing == "refuse"

    def read(payload: bytes) -> list[Reading]:
        readings: list[Reading] = []
        end = len(payload)
        at = header(payload, 0, end, readings) if header else 0
        at = body(payload, at, end, readings)
        if strict and at < end:
            raise Unreadable(f"byte {at}: the layout ends here, {end - at} bytes are left over")
        return readings

    return read


def _silent(reason: str) -> Callable[[bytes], list[Reading]]:
    def read(_payload: bytes) -> list[Reading]:
        raise NothingToRead(reason)

    return read


def _fixed(layout: Layout) -> Read:
    return compile_parts(layout.fields)


def _flags(layout: Layout) -> Read:
    wire = layout.flags
    assert wire is not None
    number, size = reader(wire), wire.size
    blocks = [(1 << bit, compile_parts(parts)) for bit, parts in sorted(layout.blocks.items())]
    known = sum(mask for mask, _ in blocks)

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        if at + size > end:
            raise Unreadable(f"byte {at}: the flags are {wire.name}, but only {max(end - at, 0)} left")
        flags = int(number(payload, at))
        if unknown := flags & ~known:
            raise Unreadable(f"byte {at}: flag {unknown.bit_length() - 1} is set, the layout does not know it")
        at += size
        for mask, block in blocks:
            if flags & mask:
                at = block(payload, at, end, readings)
        return at

    return read


def _tlv(layout: Layout) -> Read:
    return _with_length(layout, layout.length) if layout.length else _without_length(layout)


def _key_size(layout: Layout) -> int:
    return sum(wire.size for wire in layout.key)


def _unknown_key(payload: bytes, at: int, size: int) -> Unreadable:
    key = payload[at : at + size]
    if len(key) < size:
        return Unreadable(f"byte {at}: a type has {size} bytes, only {len(key)} left")
    return Unreadable(f"byte {at}: type {_shown(key)} is not in the layout")


def _shown(key: bytes) -> str:
    return f"0x{key.hex()}" if len(key) == 1 else key.hex(" ")


def _without_length(layout: Layout) -> Read:
    size = _key_size(layout)
    by_key = {key: compile_parts(item.parts) for key, item in layout.items.items()}
    if size == 1:
        by_byte: list[Read | None] = [by_key.get(bytes([byte])) for byte in range(256)]

        def read_short(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
            while at < end:
                item = by_byte[payload[at]]
                if item is None:
                    raise _unknown_key(payload, at, 1)
                at = item(payload, at + 1, end, readings)
            return at

        return read_short

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        while at < end:
            item = by_key.get(payload[at : at + size])
            if item is None:
                raise _unknown_key(payload, at, size)
            at = item(payload, at + size, end, readings)
        return at

    return read


def _with_length(layout: Layout, length: WireType) -> Read:
    size, skip_unknown = _key_size(layout), layout.unknown == "skip"
    by_key = {key: compile_parts(item.parts) for key, item in layout.items.items()}
    number, length_size = reader(length), length.size

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        while at < end:
            key, begin = payload[at : at + size], at + size + length_size
            if begin > end:
                raise Unreadable(f"byte {at}: type and length have {begin - at} bytes, only {end - at} left")
            behind = begin + int(number(payload, at + size))
            if behind > end:
                raise Unreadable(f"byte {at}: type {_shown(key)} has {behind - begin} bytes, only {end - begin} left")
            item = by_key.get(key)
            if item is not None:
                reached = item(payload, begin, behind, readings)
                if reached != behind:
                    raise Unreadable(f"byte {reached}: type {_shown(key)} has {behind - reached} bytes too many")
            elif not skip_unknown:
                raise _unknown_key(payload, at, size)
            at = behind
        return at

    return read
