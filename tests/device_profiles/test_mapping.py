import tomllib

import pytest

from device_profiles.layouts import LayoutBuilder
from device_profiles.mapping import property_maps
from device_profiles.profile import ProfileFile
from pipelines.decode import PropertyMap

HEAD = """
privacy_class = "A"
identity = { vendor = "Acme", model = "One", title = "Acme One" }
"""
BYTES = """
[payload]
kind = "fixed"
fields = [
  { field = "vdd", type = "u16", unit = "mV" },
  { field = "wet", type = "u8" },
  { field = "word", type = "u8", map = { 0 = "normal", 1 = "tilt" } },
  { field = "in", type = "u8" },
  { field = "out", type = "u8" },
]
"""


def maps(text: str) -> tuple[dict[str, PropertyMap], list[str]]:
    file = ProfileFile.model_validate(tomllib.loads(HEAD + text))
    layouts = LayoutBuilder().layouts(file.payload) if file.payload.reads_bytes else None
    found, mistakes = property_maps(file, layouts)
    return found, [f"{mistake.where}: {mistake.what}" for mistake in mistakes]


def test_the_layouts_unit_is_converted() -> None:
    found, mistakes = maps(BYTES + '[map]\nvdd = { property = "battery_v", low = 2, high = 4 }')
    assert mistakes == []
    assert found["vdd"].converted(3559) == 3.559
    assert found["vdd"].factor == 0.001
    assert (found["vdd"].low, found["vdd"].high) == (2, 4)


def test_the_maps_unit_goes_before_the_layouts() -> None:
    found, _ = maps(BYTES + '[map]\nvdd = { property = "battery_v", unit = "V" }')
    assert found["vdd"].converted(3) == 3


def test_numbers_of_ones_own() -> None:
    found, _ = maps(BYTES + '[map]\nvdd = { property = "temperature_c", factor = "1/63", offset = -40 }')
    assert found["vdd"].converted(63) == -39
    found, _ = maps(BYTES + '[map]\nvdd = { property = "temperature_c", offset = 1 }')
    assert found["vdd"].converted(63) == 64


def test_numbers_and_words_become_flags() -> None:
    found, mistakes = maps(
        BYTES + '[map]\nwet = { property = "leak", values = { 0 = false, "*" = true } }\n'
        'word = { property = "tilted", values = { normal = false, tilt = true } }'
    )
    assert mistakes == []
    assert [found["wet"].converted(value) for value in (0, "0", 7)] == [False, False, True]
    assert [found["word"].converted(value) for value in ("normal", "tilt", "odd")] == [False, True, None]


def test_true_and_false_of_a_json_device_are_found() -> None:
    found, _ = maps(
        '[payload]\nkind = "network"\n[map]\nopen = { property = "lid_open", values = { true = false, false = true } }'
    )
    assert found["open"].converted(True) is False
    assert found["open"].converted("false") is True


def test_a_reading_that_needs_calibration_is_not_converted_by_its_unit() -> None:
    found, mistakes = maps(BYTES + '[map]\nvdd = { property = "fill_level_percent", calibration = "required" }')
    assert mistakes == []
    assert found["vdd"].needs_calibration
    assert found["vdd"].converted(1500) == 1500


def test_a_json_device_may_use_the_vocabularys_names_except_those_of_the_link() -> None:
    found, mistakes = maps('[payload]\nkind = "json"\n[map]\nhum = { property = "humidity_percent" }')
    assert mistakes == []
    assert found["temperature_c"] == PropertyMap("temperature_c")
    assert found["hum"].property == "humidity_percent"
    assert "rssi_dbm" not in found


def test_a_sum_can_be_mapped() -> None:
    found, mistakes = maps(BYTES + '[sum]\nboth = ["in", "out"]\n[map]\nboth = { property = "people_count_interval" }')
    assert mistakes == []
    assert found["both"].property == "people_count_interval"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('wet = { property = "leak", values = { 0 = "dry" } }', "map.wet: leak is true or false, not 'dry'"),
        ('wet = { property = "f_port" }', "map.wet.property: 'f_port' is not in the vocabulary."),
        ('vdt = { property = "battery_v" }', "map.vdt: no field has this name. Did you mean 'vdd'?"),
        ('vdd = { property = "temperature_c" }', "map.vdd: 'mV' is no unit of that quantity. Use Cel, K, [degF]"),
        ('vdd = { property = "rssi_dbm" }', "map.vdd.property: 'rssi_dbm' is not in the vocabulary."),
    ],
)
def test_a_map_that_cannot_be_is_named(text: str, mistake: str) -> None:
    _, mistakes = maps(BYTES + "[map]\n" + text)
    assert any(told.startswith(mistake) for told in mistakes), mistakes


def test_a_sum_of_nothing_is_named() -> None:
    _, mistakes = maps(BYTES + '[sum]\nwet = ["in", "off"]\n[map]\nvdd = { property = "battery_v" }')
    assert mistakes == ["sum.wet: a field has this name already", "sum.wet: no field has the name 'off'."]


@pytest.mark.parametrize(
    "text",
    [
        'vdd = { property = "battery_v", unit = "V", factor = 2 }',
        'vdd = { property = "leak", unit = "V", values = { 0 = false } }',
        'vdd = { property = "battery_v", low = 4, high = 2 }',
    ],
)
def test_contradictions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"either|low must be below high"):
        maps(BYTES + "[map]\n" + text)


@pytest.mark.parametrize(
    "curve", ["[[3.0, 0], [2.9, 100]]", "[[2.9, 50], [3.0, 10]]", "[[2.9, 0], [3.0, 101]]", "[[3, 0]]"]
)
def test_a_battery_curve_rises_from_0_to_100(curve: str) -> None:
    with pytest.raises(ValueError, match=r"must rise|per cent|at least 2"):
        maps(BYTES + f"[battery]\ncurve = {curve}")
