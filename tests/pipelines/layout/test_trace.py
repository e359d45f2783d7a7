"""The trace reads what the compiled reader reads, and names every byte."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import Catalogue
from pipelines.layout.frames import NothingToRead, compile_layouts
from pipelines.layout.notation import Field, Layouts
from pipelines.layout.read import Unreadable
from pipelines.layout.trace import rule_of, trace
from pipelines.layout.wire import wire_type

CATALOGUE = Catalogue.load()
BY_LAYOUT = {name: profile.layouts for name, profile in CATALOGUE.checked.items() if profile.layouts is not None}
READERS = {name: compile_layouts(layouts) for name, layouts in BY_LAYOUT.items()}
FRAMES = [
    (name, bytes.fromhex(vector.hex), vector.port)
    for name in BY_LAYOUT
    for vector in CATALOGUE.vectors(name)
    if vector.hex is not None
]


def both_agree(name: str, layouts: Layouts, payload: bytes, port: int | None) -> None:
    found = trace(layouts, payload, port)
    fault, readings = "", []
    try:
        readings = READERS[name](payload, port)
    except (Unreadable, NothingToRead) as verdict:
        fault = str(verdict)
    assert (found.fault, repr(list(found.readings))) == (fault, repr(readings))


@pytest.mark.parametrize("name", BY_LAYOUT)
def test_the_trace_equals_the_compiled_reader_on_every_vector_cut_anywhere(name: str) -> None:
    for profile, payload, port in FRAMES:
        if profile == name:
            for end in range(len(payload) + 1):
                both_agree(name, BY_LAYOUT[name], payload[:end], port)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FRAMES), st.integers(0, 255), st.integers(0, 255))
def test_the_trace_equals_the_compiled_reader_on_damaged_frames(
    frame: tuple[str, bytes, int | None], place: int, byte: int
) -> None:
    name, payload, port = frame
    if payload:
        place %= len(payload)
        payload = payload[:place] + bytes([byte]) + payload[place + 1 :]
    both_agree(name, BY_LAYOUT[name], payload, port)


@pytest.mark.parametrize("name", BY_LAYOUT)
def test_every_byte_of_a_good_frame_belongs_to_a_span(name: str) -> None:
    for profile, payload, port in FRAMES:
        found = trace(BY_LAYOUT[name], payload, port)
        if profile != name or found.fault or any(layout.trailing == "ignore" for layout in BY_LAYOUT[name].values()):
            continue
        covered = {byte for span in found.spans for byte in range(span.offset, span.offset + span.length)}
        placed = any(
            isinstance(part, Field) and part.at is not None
            for layout in BY_LAYOUT[name].values()
            for part in layout.fields
        )
        assert placed or covered == set(range(len(payload)))


def test_spans_tell_offset_length_rule_and_value() -> None:
    layouts = BY_LAYOUT["elsys/ems"]
    spans = trace(layouts, bytes.fromhex("0100e20229"), 5).spans
    assert [(span.offset, span.length, span.name, span.value) for span in spans] == [
        (0, 1, "", None),
        (1, 2, "temperature", 22.6),
        (3, 1, "", None),
        (4, 1, "humidity", 41),
    ]
    assert spans[1].rule == "s16 / 10"


def test_what_was_read_before_the_fault_is_kept() -> None:
    found = trace(BY_LAYOUT["elsys/ems"], bytes.fromhex("0100e2ff"), 5)
    assert found.fault == "byte 3: type 0xff is not in the layout"
    assert [span.name for span in found.spans] == ["", "temperature"]


def test_a_rule_is_said_in_a_few_words() -> None:
    u16 = wire_type("u16le")
    assert rule_of(Field(name="x", wire=u16, scale=Fraction(5, 9), offset=Fraction(-160, 9)), u16) == (
        "u16le * 5 / 9 - 160/9"
    )
    assert rule_of(Field(name="x", wire=u16, bits=(3, 3), words={1: True}), u16) == "u16le bit 3, by a table"
    assert rule_of(Field(const=7, wire=u16), u16) == "u16le, always 0x07"
    assert rule_of(Field(time="unix_s", wire=u16), u16) == "u16le, seconds since 1970"
