"""``[map.*]`` → property maps: the property exists, its unit can be reached, its words are its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from device_profiles.layout_file import Scalar
from device_profiles.layouts import Mistake
from device_profiles.mistakes import did_you_mean
from device_profiles.profile import MapTable, ProfileFile
from device_profiles.units import conversion
from pipelines.decode import PropertyMap
from pipelines.layout.notation import Field, Layout, Layouts, fields_of
from pipelines.model import Value
from pipelines.vocabulary import LINK_PROPERTIES, PROPERTIES, ObservedProperty


def property_maps(file: ProfileFile, layouts: Layouts | None) -> tuple[dict[str, PropertyMap], list[Mistake]]:
    """The maps by vendor reading, and what is wrong with them. JSON and SenML may use the vocabulary's own names."""
    fields = {} if layouts is None else _fields(layouts.values())
    maps: dict[str, PropertyMap] = {}
    mistakes: list[Mistake] = []
    if file.payload.names_are_free:
        maps = {name: PropertyMap(name) for name in PROPERTIES if name not in LINK_PROPERTIES}
    if layouts is not None:
        mistakes += _faulty_sums(file.sum, fields)
    for reading, table in file.map.items():
        where = f"map.{reading}"
        if layouts is not None and reading not in fields and reading not in file.sum:
            mistakes.append(Mistake(where, f"no field has this name.{did_you_mean(reading, list(fields))}"))
            continue
        row = PROPERTIES.get(table.property)
        if row is None or row.name in LINK_PROPERTIES:
            hint = did_you_mean(table.property, list(PROPERTIES))
            mistakes.append(Mistake(f"{where}.property", f"{table.property!r} is not in the vocabulary.{hint}"))
            continue
        try:
            maps[reading] = _property_map(table, row, fields.get(reading))
        except ValueError as error:
            mistakes.append(Mistake(where, str(error)))
    return maps, mistakes


def _faulty_sums(sums: Mapping[str, Sequence[str]], fields: Mapping[str, Field]) -> Iterator[Mistake]:
    for name, parts in sums.items():
        if name in fields:
            yield Mistake(f"sum.{name}", "a field has this name already")
        for part in parts:
            if part not in fields:
                yield Mistake(f"sum.{name}", f"no field has the name {part!r}.{did_you_mean(part, list(fields))}")


def _fields(layouts: Iterable[Layout]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for layout in layouts:
        for field in fields_of(layout):
            if field.name is not None:
                fields.setdefault(field.name, field)
    return fields


def _property_map(table: MapTable, row: ObservedProperty, field: Field | None) -> PropertyMap:
    if table.values is not None:
        values, otherwise = _values(table.values, row)
        return PropertyMap(
            row.name, values=values, otherwise=otherwise, needs_calibration=table.calibration == "required"
        )
    factor, offset = _conversion(table, row, field)
    return PropertyMap(
        row.name,
        factor=float(factor),
        offset=float(offset),
        low=table.low,
        high=table.high,
        needs_calibration=table.calibration == "required",
        ratio=PropertyMap.ratio_of(factor, offset),
    )


def _conversion(table: MapTable, row: ObservedProperty, field: Field | None) -> tuple[Fraction, Fraction]:
    if table.factor is not None or table.offset is not None:
        factor = Fraction(1) if table.factor is None else table.factor
        return factor, table.offset or Fraction(0)
    if row.kind in ("flag", "state") or table.calibration == "required":
        return Fraction(1), Fraction(0)  # the device's calibration does the whole conversion
    unit = table.unit if table.unit is not None else (field.unit if field else "")
    return conversion(unit, row.unit)


def _values(table: Mapping[str, Scalar], row: ObservedProperty) -> tuple[Mapping[Value, Value], Value | None]:
    """The table with its keys as the device may send them (``"1"``, 1 and true alike), and what ``"*"`` stands for."""
    values: dict[Value, Value] = {}
    for key, word in table.items():
        if row.kind == "flag" and not isinstance(word, bool):
            raise ValueError(f"{row.name} is true or false, not {word!r}")
        if row.kind == "state" and word not in row.states:
            raise ValueError(f"{row.name} is one of {', '.join(row.states)}, not {word!r}")
        if key == "*":
            continue
        values[key] = word
        if key in ("true", "false"):
            values[key == "true"] = word
        elif key.lstrip("-").isdigit():
            values[int(key)] = word
    return values, table.get("*")
