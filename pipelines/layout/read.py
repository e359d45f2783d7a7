"""Fields → one closure that reads them. Everything that can be decided once is decided when a profile is compiled.

Law: a reader never looks behind ``end`` and raises nothing but ``Unreadable``.
"""

from collections.abc import Callable, Sequence

from pipelines.layout.convert import Convert, Unmapped, converter, with_sign
from pipelines.layout.notation import Field, Part, Reading, Repeat
from pipelines.layout.wire import Number, WireType, reader, unpacker

NS_PER_S = 1_000_000_000
MAX_BLOCKS = 1_000  # a LoRaWAN frame has at most 242 bytes; this only bounds what a wrong count can ask for

Read = Callable[[bytes, int, int, list[Reading]], int]
"""``(payload, at, end, readings) → where the next field begins``; appends to readings."""


class Unreadable(Exception):  # noqa: N818 - it is a verdict on a frame, not an error of the program
    """These bytes are not what the layout says; the text names byte and rule."""


class _End(Exception):  # noqa: N818 - control flow inside this file
    """The frame ended before an optional field: that is fine."""


def compile_parts(parts: Sequence[Part]) -> Read:
    """One reader for fields and repeats that follow each other."""
    steps = _steps(parts)
    if any(isinstance(part, Field) and part.optional for part in parts):
        return _until_the_end(steps)
    if len(steps) == 1:
        return steps[0]

    def read_all(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        for step in steps:
            at = step(payload, at, end, readings)
        return at

    return read_all if steps else _read_nothing


def _read_nothing(_payload: bytes, at: int, _end: int, _readings: list[Reading]) -> int:
    return at


def _until_the_end(steps: Sequence[Read]) -> Read:
    def read_while_there(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        try:
            for step in steps:
                at = step(payload, at, end, readings)
        except _End:
            return end
        return at

    return read_while_there


def _steps(parts: Sequence[Part]) -> list[Read]:
    """One step per number: a field and the bit fields that live in it belong together."""
    steps: list[Read] = []
    timed = any(isinstance(part, Field) and part.time for part in parts)
    index = 0
    while index < len(parts):
        part = parts[index]
        index += 1
        if isinstance(part, Repeat):
            steps.append(_repeat(part))
            continue
        bits: list[Field] = []
        while index < len(parts) and isinstance(follower := parts[index], Field) and _in_last_number(follower):
            bits.append(follower)
            index += 1
        steps.append(_step(part, bits))
    return [_timed(steps)] if timed else steps


def _in_last_number(field: Field) -> bool:
    return field.bits is not None and field.wire is None


def _step(field: Field, bits: Sequence[Field]) -> Read:
    step = _skip(field) if field.wire is None else _number(field, field.wire, bits)
    if field.at is not None:
        step = _placed(step, field.at)
    return _optional(step) if field.optional else step


def _placed(step: Read, place: int) -> Read:
    return lambda payload, _at, end, readings: step(payload, place, end, readings)


def _optional(step: Read) -> Read:
    def read_if_there(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        if at == end:
            raise _End
        return step(payload, at, end, readings)

    return read_if_there


def _skip(field: Field) -> Read:
    count = field.skip

    def skip(_payload: bytes, at: int, end: int, _readings: list[Reading]) -> int:
        if at + count > end:
            raise Unreadable(f"byte {at}: {count} bytes to pass over, but {_left(at, end)}")
        return at + count

    return skip


def _left(at: int, end: int) -> str:
    return f"only {max(end - at, 0)} left"


def _number(field: Field, wire: WireType, bits: Sequence[Field]) -> Read:
    plain = field.bits is None and field.const is None and field.name is not None
    if plain and not bits and field.time is None:
        return _plain(field, wire)
    return _word(field, wire, bits)


def _plain(field: Field, wire: WireType) -> Read:
    """The common case, kept as lean as it can be: a number is a reading."""
    name, size, unpack, convert = field.name or "", wire.size, unpacker(wire), converter(field)
    too_short = f"{name} is {wire.name}, but"
    if convert is None:

        def read_raw(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
            if (behind := at + size) > end:
                raise Unreadable(f"byte {at}: {too_short} {_left(at, end)}")
            readings.append(Reading(name, unpack(payload, at)[0]))
            return behind

        return read_raw
    known: Convert = convert

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        if (behind := at + size) > end:
            raise Unreadable(f"byte {at}: {too_short} {_left(at, end)}")
        try:
            value = known(unpack(payload, at)[0])
        except Unmapped as error:
            raise Unreadable(f"byte {at}: {error}") from None
        if value is not None:
            readings.append(Reading(name, value))
        return behind

    return read


def _word(field: Field, wire: WireType, bits: Sequence[Field]) -> Read:
    """A number with a fixed value, with bits taken from it, or that is a time: several fields may live in it."""
    number, size = reader(wire), wire.size
    takes = [
        _take(part, wire) for part in (field, *bits) if part.name is not None or part.time or part.const is not None
    ]
    label = next((part.name for part in (field, *bits) if part.name), "a number")

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        if at + size > end:
            raise Unreadable(f"byte {at}: {label} is {wire.name}, but {_left(at, end)}")
        raw = number(payload, at)
        for take in takes:
            take(raw, at, readings)
        return at + size

    return read


def _take(field: Field, wire: WireType) -> Callable[[Number, int, list[Reading]], None]:
    """What one field makes of the number it lives in."""
    name, const, time = field.name, field.const, field.time
    low, high = field.bits or (0, 8 * wire.size - 1)
    mask = (1 << (high - low + 1)) - 1
    cut, signed = field.bits is not None, field.signed
    convert = converter(field)

    def take(raw: Number, at: int, readings: list[Reading]) -> None:
        if cut:
            raw = (int(raw) >> low) & mask
            if signed:
                raw = with_sign(field, raw)
        if const is not None and raw != const:
            raise Unreadable(f"byte {at}: {name or 'a number'} is 0x{int(raw):02x}, the layout says 0x{const:02x}")
        if time is not None:
            readings.append(Reading("", 0, 0.0, int(raw) * NS_PER_S))
        elif name is not None and const is None:
            try:
                value = raw if convert is None else convert(raw)
            except Unmapped as error:
                raise Unreadable(f"byte {at}: {error}") from None
            if value is not None:
                readings.append(Reading(name, value))

    return take


def _timed(steps: Sequence[Read]) -> Read:
    """Read a group that carries its own instant: the instant goes to every reading of the group."""

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        group: list[Reading] = []
        try:
            for step in steps:
                at = step(payload, at, end, group)
        finally:  # an optional field may have ended the frame
            instant = next((one.time_ns for one in group if one.name == ""), None)
            readings.extend(Reading(one.name, one.value, 0.0, instant) for one in group if one.name)
        return at

    return read


def _repeat(repeat: Repeat) -> Read:
    block, count, step_s, first = compile_parts(repeat.fields), repeat.count, repeat.step_s, repeat.first_age_s
    newest_first = repeat.order == "newest_first"
    sent = reader(count) if isinstance(count, WireType) else None
    sent_size = count.size if isinstance(count, WireType) else 0
    fixed = count if isinstance(count, int) else MAX_BLOCKS

    def read(payload: bytes, at: int, end: int, readings: list[Reading]) -> int:
        blocks: list[list[Reading]] = []
        limit = fixed
        if sent is not None:
            if at + sent_size > end:
                raise Unreadable(f"byte {at}: the number of blocks is missing")
            limit = int(sent(payload, at))
            at += sent_size
        while len(blocks) < limit and (at < end or count is not None):
            group: list[Reading] = []
            at = block(payload, at, end, group)
            blocks.append(group)
        for age, group in enumerate(blocks if newest_first else reversed(blocks)):
            age_s = first + age * step_s
            readings.extend(one if one.time_ns is not None else Reading(one.name, one.value, age_s) for one in group)
        return at

    return read
