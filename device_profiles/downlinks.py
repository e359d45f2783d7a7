"""``[downlink.*]`` → downlinks that can be encoded, and every mistake that their shape alone cannot show."""

from collections.abc import Iterator, Mapping, Sequence

from device_profiles.downlink_file import ByteTable, DownlinkTable, ExampleTable, InputTable
from device_profiles.layouts import LayoutBuilder, Mistake
from device_profiles.mistakes import did_you_mean
from device_profiles.profile import ProfileFile
from pipelines.downlinks.encode import encoded
from pipelines.downlinks.notation import Downlink, DownlinkField, Unsendable, Valve
from pipelines.layout.notation import Layout, Layouts, fields_of


def downlinks_of(file: ProfileFile, layouts: Layouts | None) -> tuple[dict[str, Downlink], list[Mistake]]:
    """The downlinks by name. Use them only where there are no mistakes."""
    downlinks: dict[str, Downlink] = {}
    mistakes: list[Mistake] = []
    owners: dict[str, str] = {}
    readings = None if layouts is None else [one.name for layout in layouts.values() for one in fields_of(layout)]
    for name, table in file.downlink.items():
        where = f"downlink.{name}"
        if table.inputs and file.payload.kind != "javascript":
            mistakes.append(Mistake(f"{where}.inputs", "are for kind 'javascript'; write the frame as bytes"))
        builder = LayoutBuilder()
        layout = builder.fixed(table.bytes, f"{where}.bytes") if table.bytes else None
        mistakes += builder.mistakes
        downlink = downlinks[name] = _downlink(name, table, layout)
        for field in downlink.fields:
            if field.name in owners:
                mistakes.append(Mistake(where, f"{field.name} stands in {owners[field.name]} too; name each once"))
            owners[field.name] = where
        mistakes += _faults(downlink, where, readings)
    return downlinks, mistakes


def _downlink(name: str, table: DownlinkTable, layout: Layout | None) -> Downlink:
    fields = [_field(one) for one in table.inputs] if layout is None else _fields(table.bytes)
    valve = table.valve
    return Downlink(
        name=name,
        title=table.title,
        fields=tuple(fields),
        f_port=table.f_port,
        layout=layout,
        checksum=table.checksum,
        codec_input=table.codec_input,
        valve=Valve(valve.field, valve.open, valve.closed, valve.duration) if valve else None,
        confirmed_by=table.confirmed_by,
    )


def _fields(tables: Sequence[ByteTable]) -> list[DownlinkField]:
    return [
        DownlinkField(
            name=table.field,
            title=table.title,
            unit=table.unit,
            low=table.low,
            high=table.high,
            choices=tuple((table.map or {}).values()),
            default=table.default,
            needed=not table.optional,
        )
        for table in tables
        if table.field is not None and table.const is None
    ]


def _field(table: InputTable) -> DownlinkField:
    return DownlinkField(
        name=table.field,
        title=table.title,
        unit=table.unit,
        low=table.low,
        high=table.high,
        choices=tuple(table.choices),
        default=table.default,
        needed=not table.optional,
    )


def _faults(downlink: Downlink, where: str, readings: Sequence[str | None] | None) -> Iterator[Mistake]:
    """What does not make sense between the fields, the valve and what confirms them."""
    if not downlink.fields:
        yield Mistake(where, "has no field that a person could set")
    for field in downlink.fields:
        place = f"{where}.{field.name}"
        if field.low is not None and field.high is not None and field.low > field.high:
            yield Mistake(place, "low must not be above high")
        if field.choices and (field.low is not None or field.high is not None):
            yield Mistake(place, "words have no low and high")
        if field.choices and field.default is not None and field.default not in field.choices:
            yield Mistake(place, f"the default {field.default!r} is none of its words")
    for name, reading in downlink.confirmed_by.items():
        if downlink.field(name) is None:
            yield Mistake(f"{where}.confirmed_by.{name}", f"no such field.{_near(name, downlink)}")
        if readings is not None and reading not in readings:
            known = [one for one in readings if one is not None]
            yield Mistake(f"{where}.confirmed_by.{name}", f"no reading {reading!r}.{did_you_mean(reading, known)}")
    if downlink.valve is not None:
        yield from _valve_faults(downlink, downlink.valve, f"{where}.valve")


def _valve_faults(downlink: Downlink, valve: Valve, where: str) -> Iterator[Mistake]:
    field = downlink.field(valve.field)
    if field is None:
        yield Mistake(f"{where}.field", f"no such field.{_near(valve.field, downlink)}")
    elif not {valve.open, valve.closed} <= set(field.choices):
        yield Mistake(where, f"open and closed must be words of {valve.field}: {', '.join(map(str, field.choices))}")
    if valve.open == valve.closed:
        yield Mistake(where, "open and closed are the same word")
    if not valve.duration:
        return
    duration = downlink.field(valve.duration)
    if duration is None:
        yield Mistake(f"{where}.duration", f"no such field.{_near(valve.duration, downlink)}")
    elif duration.unit != "s" or duration.choices or (duration.needed and duration.default != 0):
        cure = "must be a number with unit = 's', and optional = true or default = 0"
        yield Mistake(f"{where}.duration", f"{valve.duration} {cure}")


def _near(name: str, downlink: Downlink) -> str:
    return did_you_mean(name, [field.name for field in downlink.fields])


def example_difference(downlink: Downlink, example: ExampleTable) -> str:
    """What a layout makes of an example that it should not; "" when all is right."""
    try:
        payload = encoded(downlink, example.set).payload
    except Unsendable as error:
        return f"downlink {downlink.name}: cannot be encoded: {error}"
    wanted = bytes.fromhex(example.hex)
    return "" if payload == wanted else f"downlink {downlink.name}: {payload.hex()} instead of {wanted.hex()}"


def example_differences(file: ProfileFile, downlinks: Mapping[str, Downlink]) -> list[str]:
    """The same for all examples of a profile's layouts; those of codecs are run by their worker."""
    return [
        difference
        for name, table in file.downlink.items()
        if downlinks[name].layout is not None
        for example in table.examples
        if (difference := example_difference(downlinks[name], example))
    ]
