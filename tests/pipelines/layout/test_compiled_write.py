"""The compiled encoder says what the careful one says, byte for byte, and refuses what that one refuses."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import Catalogue
from pipelines.layout import Field, Item, Layout, Repeat, Unwritable
from pipelines.layout.compiled_write import MOST_SHAPES, compiled_encoder
from pipelines.layout.notation import Layouts, fields_of
from pipelines.layout.wire import wire_type
from pipelines.layout.write import Encoder, Given, encoder

CATALOGUE = Catalogue.load()
WITH_LAYOUTS = sorted(name for name, profile in CATALOGUE.checked.items() if profile.layouts)


def said(write: Encoder, readings: Mapping[str, Given], f_port: int | None) -> bytes | str:
    try:
        return write(readings, f_port)
    except Unwritable as verdict:
        return str(verdict)


def ports_of(layouts: Layouts) -> list[int | None]:
    return [port if port is not None else 77 for port in layouts]


@pytest.mark.parametrize("name", WITH_LAYOUTS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_each_profile_of_the_catalogue_is_written_as_the_careful_encoder_writes_it(
    name: str, data: st.DataObject
) -> None:
    layouts = CATALOGUE.checked[name].layouts
    assert layouts is not None
    quick, careful = compiled_encoder(layouts), encoder(layouts)
    for port in ports_of(layouts):
        layout = layouts.get(port, layouts.get(None))
        assert layout is not None
        fields = [field for field in fields_of(layout) if field.name and field.const is None]
        chosen = data.draw(st.lists(st.sampled_from(fields), unique_by=lambda f: f.name, max_size=8)) if fields else []
        for subset in (fields, chosen):
            readings = {str(field.name): data.draw(values_of(field)) for field in subset}
            assert said(quick, readings, port) == said(careful, readings, port)


def values_of(field: Field) -> st.SearchStrategy[Given]:
    if field.words:
        return st.sampled_from([*field.words.values(), "no such word", True, 1])
    usual = st.floats(-40, 200).map(lambda x: round(x, 2)) | st.integers(0, 250)
    return usual | st.sampled_from([None, 0.25, 12.35, 1e12, float("nan"), float("inf"), "text", True, -1])


def test_near_ties_are_decided_exactly() -> None:
    layouts: Layouts = {None: Layout(fields=(Field(name="a", wire=wire_type("u16"), scale=Fraction(1, 10)),))}
    quick, careful = compiled_encoder(layouts), encoder(layouts)
    for tenth in range(2_000):
        for value in (tenth / 10, tenth / 10 + 0.05, tenth / 20, tenth / 100 + 1e-12):
            assert quick({"a": value}, None) == careful({"a": value}, None)


def test_what_no_plan_foresees_is_still_written() -> None:
    u8 = wire_type("u8")
    history = Layout(fields=(Repeat(fields=(Field(name="t", wire=u8),), count=u8),))
    backwards = Layout(fields=(Field(name="b", wire=u8, at=3), Field(name="a", wire=u8, at=0)))
    measured = Layout(kind="tlv", key=(u8,), length=u8, items={b"\x01": Item((Field(name="a", wire=u8),))})
    assert compiled_encoder({None: history})({"t": (1, 2)}, None) == b"\x02\x01\x02"
    assert compiled_encoder({None: backwards})({"a": 1, "b": 2}, None) == b"\x01\x00\x00\x02"
    assert compiled_encoder({None: measured})({"a": 9}, None) == b"\x01\x01\x09"


def test_refusals_keep_their_words() -> None:
    write = compiled_encoder({None: Layout(fields=(Field(name="a", wire=wire_type("u8")),))})
    for readings, words in (
        ({"a": 256}, "a: 256 does not fit u8"),
        ({"b": 1}, "not in the layout: b"),
        ({}, "a: needed"),
    ):
        with pytest.raises(Unwritable, match=words):
            write(readings, None)


def test_more_shapes_than_are_kept_are_written_too() -> None:
    layouts: Layouts = {None: Layout(fields=(Field(name="a", wire=wire_type("u8")),))}
    write = compiled_encoder(layouts)
    for port in range(MOST_SHAPES + 10):
        assert write({"a": 7}, port) == b"\x07"
