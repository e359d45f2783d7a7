"""Where each value of a frame came from: a second, slow reader of the same notation, for people who look at one frame.

    0  0100E202  29  0400 27…        Span(0, 1, "type 01") Span(1, 2, "temperature: s16 / 10", 22.6) …

Laws
- It reads what the compiled reader reads: on every frame both give the same readings or refuse it in the same words.
- The hot path knows nothing of it. Raises nothing; where the frame cannot be read on, ``fault`` says why.
"""

from collections.abc import Sequence

import msgspec

from pipelines.layout.convert import Unmapped, converter, with_sign
from pipelines.layout.notation import Field, Layout, Layouts, Part, Reading, Repeat
from pipelines.layout.read import MAX_BLOCKS, NS_PER_S, Unreadable
from pipelines.layout.wire import Number, WireType, reader


class Span(msgspec.Struct, frozen=True):
    """Some bytes of the frame and the rule that read them. ``name``: the reading; "" for structure.

    ``value`` is None where the bytes make no reading: structure, a sign for a missing value, a skipped part.
    Bit fields share the bytes of their number; ``bits`` says which are theirs.
    """

    offset: int
    length: int
    rule: str
    name: str = ""
    raw: Number | None = None
    value: float | bool | str | None = None
    unit: str = ""
    bits: tuple[int, int] | None = None
    age_s: float = 0.0


class Trace(msgspec.Struct, frozen=True):
    """Every span up to the end or the fault, the readings in the order of the compiled reader, and the fault or ""."""

    spans: tuple[Span, ...]
    readings: tuple[Reading, ...]
    fault: str = ""


def trace(layouts: Layouts, payload: bytes, f_port: int | None) -> Trace:
    """Read one frame and keep where everything was found."""
    layout = layouts.get(f_port, layouts.get(None))
    if layout is None:
        ports = ", ".join(str(port) for port in layouts if port is not None)
        return Trace((), (), f"there is no layout for this port, only for {ports}")
    if layout.nothing:
        return Trace((), (), layout.nothing)
    walk = _Walk(payload)
    try:
        at = walk.parts(layout.header, 0, len(payload), walk.readings) if layout.header else 0
        at = walk.body(layout, at)
    except Unreadable as unreadable:
        return Trace(tuple(walk.spans), (), str(unreadable))
    if layout.trailing == "refuse" and at < len(payload):
        fault = f"byte {at}: the layout ends here, {len(payload) - at} bytes are left over"
        return Trace(tuple(walk.spans), (), fault)
    return Trace(tuple(walk.spans), tuple(walk.readings))


class _EndError(Exception):
    """The frame ended before an optional field: that is fine."""


class _Walk:
    """One reading of one frame."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.spans: list[Span] = []
        self.readings: list[Reading] = []

    def body(self, layout: Layout, at: int) -> int:
        match layout.kind:
            case "fixed":
                return self.parts(layout.fields, at, len(self.payload), self.readings)
            case "flags":
                return self.flags(layout, at)
            case "tlv":
                return self.tlv(layout, at)

    def flags(self, layout: Layout, at: int) -> int:
        wire, end = layout.flags, len(self.payload)
        assert wire is not None
        if at + wire.size > end:
            raise Unreadable(f"byte {at}: the flags are {wire.name}, but only {max(end - at, 0)} left")
        flags = int(reader(wire)(self.payload, at))
        if unknown := flags & ~sum(1 << bit for bit in layout.blocks):
            raise Unreadable(f"byte {at}: flag {unknown.bit_length() - 1} is set, the layout does not know it")
        self.spans.append(Span(at, wire.size, f"flags: {wire.name}", raw=flags))
        at += wire.size
        for bit, parts in sorted(layout.blocks.items()):
            if flags >> bit & 1:
                at = self.parts(parts, at, end, self.readings)
        return at

    def tlv(self, layout: Layout, at: int) -> int:
        end, size = len(self.payload), sum(wire.size for wire in layout.key)
        while at < end:
            key = self.payload[at : at + size]
            if layout.length is not None:
                at = self.item_with_length(layout, layout.length, key, at, size)
                continue
            item = layout.items.get(key)
            if item is None:
                raise _unknown(at, key, size)
            self.spans.append(Span(at, size, f"type {_shown(key)}"))
            at = self.parts(item.parts, at + size, end, self.readings)
        return at

    def item_with_length(self, layout: Layout, length: WireType, key: bytes, at: int, size: int) -> int:
        end, begin, shown = len(self.payload), at + size + length.size, _shown(key)
        if begin > end:
            raise Unreadable(f"byte {at}: type and length have {begin - at} bytes, only {end - at} left")
        behind = begin + int(reader(length)(self.payload, at + size))
        if behind > end:
            raise Unreadable(f"byte {at}: type {shown} has {behind - begin} bytes, only {end - begin} left")
        item = layout.items.get(key)
        if item is None and layout.unknown == "refuse":
            raise _unknown(at, key, size)
        self.spans.append(Span(at, begin - at, f"type {shown}, length {behind - begin}"))
        if item is None:
            self.spans.append(Span(begin, behind - begin, f"type {shown} is not in the layout: passed over"))
            return behind
        reached = self.parts(item.parts, begin, behind, self.readings)
        if reached != behind:
            raise Unreadable(f"byte {reached}: type {shown} has {behind - reached} bytes too many")
        return behind

    def parts(self, parts: Sequence[Part], at: int, end: int, readings: list[Reading]) -> int:
        """Fields and repeats one after the other; a time among them goes to all readings beside it."""
        timed = any(isinstance(part, Field) and part.time for part in parts)
        group: list[Reading] = [] if timed else readings
        try:
            at = self._in_turn(parts, at, end, group)
        except _EndError:
            return end
        finally:
            if timed:
                instant = next((one.time_ns for one in group if one.name == ""), None)
                readings.extend(Reading(one.name, one.value, 0.0, instant) for one in group if one.name)
        return at

    def _in_turn(self, parts: Sequence[Part], at: int, end: int, readings: list[Reading]) -> int:
        index = 0
        while index < len(parts):
            part = parts[index]
            index += 1
            if isinstance(part, Repeat):
                at = self.repeat(part, at, end, readings)
                continue
            bits: list[Field] = []
            while index < len(parts) and isinstance(follower := parts[index], Field) and _is_bits_only(follower):
                bits.append(follower)
                index += 1
            if part.optional and at == end:
                raise _EndError
            begin = at if part.at is None else part.at
            at = (
                self.skip(part, begin, end)
                if part.wire is None
                else self.word((part, *bits), part.wire, begin, end, readings)
            )
        return at

    def skip(self, field: Field, at: int, end: int) -> int:
        if at + field.skip > end:
            raise Unreadable(f"byte {at}: {field.skip} bytes to pass over, but only {max(end - at, 0)} left")
        self.spans.append(Span(at, field.skip, "passed over"))
        return at + field.skip

    def word(self, fields: Sequence[Field], wire: WireType, at: int, end: int, readings: list[Reading]) -> int:
        if at + wire.size > end:
            label = next((part.name for part in fields if part.name), "a number")
            raise Unreadable(f"byte {at}: {label} is {wire.name}, but only {max(end - at, 0)} left")
        raw = reader(wire)(self.payload, at)
        if not any(part.name is not None or part.time or part.const is not None for part in fields):
            self.spans.append(Span(at, wire.size, f"{wire.name}, not used", raw=raw))
        for part in fields:
            if part.name is not None or part.time or part.const is not None:
                self.take(part, wire, raw, at, readings)
        return at + wire.size

    def take(self, field: Field, wire: WireType, raw: Number, at: int, readings: list[Reading]) -> None:
        if field.bits is not None:
            raw = _cut(field, int(raw))
        name, value = field.name or "", None
        if field.const is not None:
            if raw != field.const:
                said = f"0x{int(raw):02x}, the layout says 0x{field.const:02x}"
                raise Unreadable(f"byte {at}: {field.name or 'a number'} is {said}")
        elif field.time is not None:
            readings.append(Reading("", 0, 0.0, int(raw) * NS_PER_S))
        else:
            convert = converter(field)
            try:
                value = raw if convert is None else convert(raw)
            except Unmapped as error:
                self.spans.append(Span(at, wire.size, rule_of(field, wire), name, raw, bits=field.bits))
                raise Unreadable(f"byte {at}: {error}") from None
            if value is not None:
                readings.append(Reading(name, value))
        self.spans.append(Span(at, wire.size, rule_of(field, wire), name, raw, value, field.unit, field.bits))

    def repeat(self, repeat: Repeat, at: int, end: int, readings: list[Reading]) -> int:
        limit = repeat.count if isinstance(repeat.count, int) else MAX_BLOCKS
        if isinstance(repeat.count, WireType):
            if at + repeat.count.size > end:
                raise Unreadable(f"byte {at}: the number of blocks is missing")
            limit = int(reader(repeat.count)(self.payload, at))
            self.spans.append(Span(at, repeat.count.size, f"number of blocks: {repeat.count.name}", raw=limit))
            at += repeat.count.size
        blocks: list[tuple[int, int, list[Reading]]] = []
        while len(blocks) < limit and (at < end or repeat.count is not None):
            group: list[Reading] = []
            first = len(self.spans)
            at = self.parts(repeat.fields, at, end, group)
            blocks.append((first, len(self.spans), group))
        for age, (first, behind, group) in enumerate(blocks if repeat.order == "newest_first" else reversed(blocks)):
            age_s = repeat.first_age_s + age * repeat.step_s
            readings.extend(one if one.time_ns is not None else Reading(one.name, one.value, age_s) for one in group)
            self.spans[first:behind] = [msgspec.structs.replace(span, age_s=age_s) for span in self.spans[first:behind]]
        return at


def _shown(key: bytes) -> str:
    return f"0x{key.hex()}" if len(key) == 1 else key.hex(" ")


def _unknown(at: int, key: bytes, size: int) -> Unreadable:
    if len(key) < size:
        return Unreadable(f"byte {at}: a type has {size} bytes, only {len(key)} left")
    return Unreadable(f"byte {at}: type {_shown(key)} is not in the layout")


def _is_bits_only(field: Field) -> bool:
    return field.bits is not None and field.wire is None


def _cut(field: Field, raw: int) -> int:
    low, high = field.bits or (0, 0)
    return with_sign(field, (raw >> low) & ((1 << (high - low + 1)) - 1))


def rule_of(field: Field, wire: WireType) -> str:
    """A field's rule in a few words: ``s16 / 10``, ``u8 bits 0-3, by a table``."""
    words = wire.name
    if field.bits is not None:
        low, high = field.bits
        words += f" bit {low}" if low == high else f" bits {low}-{high}"
    if field.const is not None:
        return f"{words}, always 0x{field.const:02x}"
    if field.time is not None:
        return f"{words}, seconds since 1970"
    if field.words is not None:
        return f"{words}, by a table"
    if field.scale.numerator != 1:
        words += f" * {field.scale.numerator}"
    if field.scale.denominator != 1:
        words += f" / {field.scale.denominator}"
    if field.offset:
        words += f" {'+' if field.offset > 0 else '-'} {abs(field.offset)}"
    return words
