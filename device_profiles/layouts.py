"""``[payload]`` tables → the pure notation, with every mistake that a table's shape alone cannot show.

Law: what comes out compiles and never surprises: types exist, bits fit, keys have their length, names are told apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from device_profiles.layout_file import (
    FieldTable,
    GroupTable,
    LayoutTable,
    PayloadTable,
    RepeatTable,
    Scalar,
)
from pipelines.layout.notation import Field, Item, Layout, Layouts, Part, Repeat, fields_of
from pipelines.layout.wire import WireType, wire_type


class Mistake(NamedTuple):
    """Where in the file, and what to do about it."""

    where: str
    what: str


class LayoutBuilder:
    """Turns tables into layouts and gathers the mistakes on the way, so that all are told at once."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def layouts(self, payload: PayloadTable) -> Layouts:
        """All layouts of a profile, by port. Check ``mistakes`` before using them."""
        layouts: dict[int | None, Layout] = {}
        if payload.has_body:
            layouts[None] = self._layout(payload, str(payload.kind), "payload")
        for ports, table in payload.when.items():
            where = f"payload.when.{ports}"
            layout = self._layout(table, str(table.kind or payload.kind), where)
            for port in self._ports(ports, where):
                if port in layouts:
                    self._wrong(where, f"port {port} has a layout already")
                layouts[port] = layout
        return layouts

    def fixed(self, fields: Sequence[FieldTable], where: str) -> Layout:
        """A layout of kind ``fixed`` that stands outside of ``[payload]``, as those of downlinks do."""
        layout = Layout(kind="fixed", fields=self._parts(fields, where))
        self._names_differ(layout, where)
        return layout

    def _wrong(self, where: str, what: str) -> None:
        self.mistakes.append(Mistake(where, what))

    def _ports(self, text: str, where: str) -> Iterator[int]:
        for word in text.split(","):
            if word.strip().isdigit() and int(word) in range(256):
                yield int(word)
            else:
                self._wrong(where, f"{word.strip()!r} is no port. Write 1, or '1, 2' for several")

    def _layout(self, table: LayoutTable, kind: str, where: str) -> Layout:
        if table.nothing:
            return Layout(nothing=table.nothing)
        self._kind_fits(table, kind, where)
        header = [self._field(field, f"{where}.header.{n}") for n, field in enumerate(table.header)]
        self._bits_have_a_home(header, f"{where}.header")
        key = tuple(wire for word in table.key.split() if (wire := self._wire(word, f"{where}.key")))
        match kind:
            case "tlv":
                layout = Layout(
                    kind="tlv",
                    header=tuple(header),
                    key=key,
                    length=self._wire(table.length, f"{where}.length") if table.length else None,
                    items=self._items(table, key, where),
                    unknown=table.unknown,
                    trailing=table.trailing,
                )
            case "flags":
                flags = self._wire(table.flags or "", f"{where}.flags")
                blocks = self._blocks(table, flags, where)
                layout = Layout(kind="flags", header=tuple(header), flags=flags, blocks=blocks, trailing=table.trailing)
            case _:
                fields = self._parts(table.fields, f"{where}.fields")
                layout = Layout(kind="fixed", header=tuple(header), fields=fields, trailing=table.trailing)
        self._names_differ(layout, where)
        return layout

    def _kind_fits(self, table: LayoutTable, kind: str, where: str) -> None:
        """Each kind has words of its own; a word of another kind would be silently without effect."""
        own = {"fixed": {"fields"}, "tlv": {"key", "items", "length", "unknown"}, "flags": {"flags", "blocks"}}[kind]
        others = {"fields", "key", "items", "length", "unknown", "flags", "blocks"} - own
        for word in sorted(others & table.model_fields_set):
            self._wrong(f"{where}.{word}", f"has no meaning in kind {kind!r}")
        for word in sorted({"fixed": {"fields"}, "tlv": {"key", "items"}, "flags": {"flags", "blocks"}}[kind]):
            if not getattr(table, word):
                self._wrong(f"{where}.{word}", f"missing; kind {kind!r} needs it")
        if table.unknown == "skip" and not table.length:
            self._wrong(f"{where}.unknown", "an unknown key can only be skipped where a length is sent")

    def _items(self, table: LayoutTable, key: Sequence[WireType], where: str) -> Mapping[bytes, Item]:
        size = sum(wire.size for wire in key)
        items: dict[bytes, Item] = {}
        for text, entry in table.items.items():
            place = f"{where}.items.{text}"
            try:
                value = bytes.fromhex(text)
            except ValueError:
                self._wrong(place, "a key is written in hex, like '01 75'")
                continue
            if len(value) != size:
                self._wrong(place, f"the key has {len(value)} bytes, 'key' says {size}")
            if value in items:
                self._wrong(place, "this key is there already")
            items[value] = Item(self._entry(entry, place))
        return items

    def _blocks(self, table: LayoutTable, flags: WireType | None, where: str) -> Mapping[int, tuple[Part, ...]]:
        blocks: dict[int, tuple[Part, ...]] = {}
        for bit, entry in table.blocks.items():
            place = f"{where}.blocks.{bit}"
            if not bit.isdigit() or (flags and int(bit) >= 8 * flags.size):
                self._wrong(place, f"{bit!r} is no bit of the flags; bits count from 0, the least significant")
                continue
            blocks[int(bit)] = self._entry(entry, place)
        return blocks

    def _entry(self, entry: FieldTable | RepeatTable | GroupTable, where: str) -> tuple[Part, ...]:
        if isinstance(entry, GroupTable):
            return self._parts(entry.fields, f"{where}.fields")
        return self._in_order([self._part(entry, where)], where)

    def _parts(self, tables: Sequence[FieldTable | RepeatTable], where: str) -> tuple[Part, ...]:
        return self._in_order([self._part(table, f"{where}.{n}") for n, table in enumerate(tables)], where)

    def _part(self, table: FieldTable | RepeatTable, where: str) -> Part:
        return self._repeat(table, where) if isinstance(table, RepeatTable) else self._field(table, where)

    def _in_order(self, parts: Sequence[Part], where: str) -> tuple[Part, ...]:
        self._bits_have_a_home(parts, where)
        optional = [n for n, part in enumerate(parts) if isinstance(part, Field) and part.optional]
        if optional and any(not _may_follow_optional(part) for part in parts[optional[0] :]):
            self._wrong(where, "after an optional field every field is optional too")
        return tuple(parts)

    def _repeat(self, table: RepeatTable, where: str) -> Repeat:
        fields = [self._field(field, f"{where}.fields.{n}") for n, field in enumerate(table.fields)]
        self._bits_have_a_home(fields, f"{where}.fields")
        if not any(field.wire or field.skip for field in fields):
            self._wrong(where, "a repeated block needs at least one byte")
        if any(field.at is not None or field.optional for field in fields):
            self._wrong(where, "'at' and 'optional' have no meaning in a repeat")
        count: int | WireType | None = None
        if isinstance(table.repeat.count, int):
            count = table.repeat.count
        elif table.repeat.count != "rest":
            count = self._wire(table.repeat.count, f"{where}.repeat.count")
            if count and not count.is_integer:
                self._wrong(f"{where}.repeat.count", "a count is an integer")
        rule = table.repeat
        return Repeat(
            fields=tuple(fields), count=count, step_s=rule.step_s, first_age_s=rule.first_age_s, order=rule.order
        )

    def _field(self, table: FieldTable, where: str) -> Field:
        wire = self._wire(table.type, f"{where}.type") if table.type else None
        self._field_makes_sense(table, wire, where)
        self._const_fits(table.const, wire, f"{where}.const")
        missing = table.missing if isinstance(table.missing, list) else [table.missing]
        words, otherwise = self._words(table.map, where)
        return Field(
            name=table.field,
            wire=wire,
            bits=table.bits,
            signed=table.signed,
            at=table.at,
            skip=table.skip,
            const=table.const,
            scale=table.scale,
            offset=table.offset,
            digits=table.round,
            words=words,
            otherwise=otherwise,
            missing=tuple(int(raw) if raw == int(raw) else raw for raw in missing),
            unit=table.unit,
            optional=table.optional,
            time=table.time,
        )

    def _field_makes_sense(self, table: FieldTable, wire: WireType | None, where: str) -> None:
        ways = [word for word in ("type", "skip") if getattr(table, word)]
        if len(ways) != 1 and not (not ways and table.bits):
            self._wrong(where, "needs a type, or bits of the number before, or bytes to skip; one of them")
        if table.skip and (table.field or table.bits or table.const is not None):
            self._wrong(where, "skipped bytes have no field, bits or const")
        if table.bits and not 0 <= table.bits[0] <= table.bits[1]:
            self._wrong(f"{where}.bits", "write [lowest, highest], bit 0 is the least significant")
        if table.bits and wire and (not wire.is_integer or table.bits[1] >= 8 * wire.size):
            self._wrong(f"{where}.bits", f"{wire.name} has bits 0 to {8 * wire.size - 1}, and only integers have bits")
        if table.signed and not table.bits:
            self._wrong(f"{where}.signed", "is for bits; a whole number says it by its type, like s16")
        if table.scale == 0:
            self._wrong(f"{where}.scale", "0 would make every value the same")
        if table.map is not None and (table.scale != 1 or table.offset != 0):
            self._wrong(where, "either map or scale and offset")
        if table.time and (table.bits or not table.field or wire is None or not wire.is_integer):
            self._wrong(f"{where}.time", "a time is a whole integer with a field name")

    def _const_fits(self, const: int | None, wire: WireType | None, where: str) -> None:
        if const is None or wire is None:
            return
        if not wire.is_integer:
            self._wrong(where, "only whole numbers can be compared with a fixed one")
        elif not wire.lowest <= const <= wire.highest:
            self._wrong(where, f"{const} does not fit {wire.name}")

    def _wire(self, name: str, where: str) -> WireType | None:
        try:
            return wire_type(name)
        except ValueError as error:
            self._wrong(where, str(error))
            return None

    def _words(
        self, table: Mapping[str, Scalar] | None, where: str
    ) -> tuple[Mapping[int, float | bool | str] | None, float | bool | str | None]:
        """The map with its raw numbers, and what ``"*"`` stands for."""
        if table is None:
            return None, None
        words: dict[int, float | bool | str] = {}
        for raw, word in table.items():
            if raw == "*":
                continue
            try:
                words[int(raw, 0)] = word
            except ValueError:
                self._wrong(f"{where}.map.{raw}", "is no raw number. Write 0, 17 or 0x11, or '*' for all others")
        return words, table.get("*")

    def _bits_have_a_home(self, parts: Sequence[Part], where: str) -> None:
        home: WireType | None = None
        for part in parts:
            if isinstance(part, Repeat):
                home = None
                continue
            if part.wire is None and part.bits is not None:
                if home is None:
                    self._wrong(where, f"{part.name}: no number before it that bits could be taken from")
                elif not home.is_integer or part.bits[1] >= 8 * home.size:
                    self._wrong(where, f"{part.name}: {home.name} has no bit {part.bits[1]}")
            else:
                home = part.wire

    def _names_differ(self, layout: Layout, where: str) -> None:
        names = [field.name for field in fields_of(layout) if field.name]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._wrong(where, f"the name {name!r} is given twice; name each reading of a frame differently")
        if layout.kind != "fixed" and any(field.at is not None for field in fields_of(layout)):
            self._wrong(where, "'at' counts from the frame's first byte and is for kind 'fixed'")


def _may_follow_optional(part: Part) -> bool:
    return isinstance(part, Field) and (part.optional or (part.wire is None and part.bits is not None))
