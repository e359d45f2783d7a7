"""``[downlink.*]``: the makers' own examples of all profiles, and every mistake that a table can have."""

from pathlib import Path

import pytest

from device_profiles.catalogue import VENDORS, Catalogue, read_profile
from device_profiles.downlinks import example_differences
from pipelines.downlinks.encode import encoded
from pipelines.model import Value

CATALOGUE = Catalogue.load()
WITH_DOWNLINKS = sorted(name for name, profile in CATALOGUE.checked.items() if profile.downlinks)
EXAMPLE = (VENDORS / "example" / "example" / "profile.toml").read_text()


@pytest.mark.parametrize("name", WITH_DOWNLINKS)
def test_every_downlink_writes_the_makers_own_bytes(name: str) -> None:
    profile = CATALOGUE.checked[name]
    assert example_differences(profile.file, profile.downlinks) == []
    for downlink, table in profile.file.downlink.items():
        assert any(one.source for one in table.examples) or downlink == "valve_2", "who says that these bytes do this?"


@pytest.mark.parametrize("name", WITH_DOWNLINKS)
def test_every_number_has_its_limits_and_its_unit(name: str) -> None:
    for downlink in CATALOGUE.profiles[name].downlinks.values():
        for field in downlink.fields:
            assert field.choices or field.unit, field.name
            assert field.choices or field.default is not None or (field.low is not None and field.high is not None)


@pytest.mark.parametrize("name", WITH_DOWNLINKS)
def test_the_makers_limits_fit_the_bytes(name: str) -> None:
    for downlink in CATALOGUE.profiles[name].downlinks.values():
        for highest in (False, True):
            values: dict[str, Value] = {}
            for field in downlink.fields:
                limit = field.high if highest else field.low
                value = field.choices[-1] if field.choices else limit if limit is not None else field.default
                assert value is not None, field.name
                values[field.name] = value
            assert encoded(downlink, values).f_port == downlink.f_port


def test_there_are_downlinks_of_several_makers() -> None:
    assert {name.partition("/")[0] for name in WITH_DOWNLINKS} >= {"decentlab", "dragino", "milesight-iot", "netvox"}
    valves = {name for name in WITH_DOWNLINKS for one in CATALOGUE.profiles[name].downlinks.values() if one.valve}
    assert valves == {"milesight-iot/uc51x"}


VALVE = """
[downlink.valve]
title = "A valve"
f_port = 10
bytes = [
  { field = "valve", type = "u8", map = { 0 = "closed", 1 = "open" } },
  { field = "open_for", type = "u16", unit = "s", optional = true },
]
valve = { field = "valve", open = "open", closed = "closed", duration = "open_for" }
confirmed_by = { valve = "state" }
"""


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("", VALVE, ""),
        ('title = "How often', 'titel = "How often', "downlink.interval.title: missing"),
        ("f_port = 10", "f_port = 0", "downlink.interval.f_port: input should be greater than or equal to 1"),
        ("f_port = 10", "", "bytes need f_port"),
        ('type = "u16", unit = "min"', 'type = "u17", unit = "min"', "'u17' is no type"),
        ("low = 1, high = 1440", "low = 5, high = 4", "downlink.interval.interval: low must not be above high"),
        ("", "[downlink.empty]\ntitle = 'x'\n", "needs bytes (a layout), or inputs (for codec.js); one of them"),
        ("", "[downlink.in]\ntitle = 'x'\ninputs = [{ field = 'a' }]\n", "inputs: are for kind 'javascript'"),
        ("", "[downlink.x]\ntitle = 'x'\nf_port = 1\nbytes = [{ type = 'u8', const = 1 }]\n", "has no field that"),
        ("", "[downlink.x]\ntitle = 'x'\nf_port = 1\nbytes = [{ type = 'u8', field = 'interval' }]\n", "stands in"),
        ("", VALVE.replace('valve = "state" }', 'valve = "stat" }'), "no reading 'stat'. Did you mean 'state'?"),
        ("", VALVE.replace("{ valve = ", "{ valv = "), "confirmed_by.valv: no such field. Did you mean 'valve'?"),
        ("", VALVE.replace('open = "open"', 'open = "ajar"'), "open and closed must be words of valve: closed, open"),
        ("", VALVE.replace('closed = "closed", d', 'closed = "open", d'), "open and closed are the same word"),
        ("", VALVE.replace('{ field = "valve", o', '{ field = "vlave", o'), "no such field. Did you mean 'valve'?"),
        ("", VALVE.replace('duration = "open_for"', 'duration = "open_four"'), "Did you mean 'open_for'?"),
        ("", VALVE.replace(", optional = true", ""), "open_for must be a number with unit = 's'"),
        ("", VALVE.replace("f_port = 10", "f_port = 10\ncodec_input = { a = 1 }"), "codec_input goes with inputs"),
        ("", VALVE.replace("map = {", 'default = "ajar", map = {'), "the default 'ajar' is none of its words"),
        ("", VALVE.replace("map = {", "low = 1, map = {"), "words have no low and high"),
    ],
)  # fmt: skip
def test_a_mistake_says_where_and_what(tmp_path: Path, old: str, new: str, mistake: str) -> None:
    text = EXAMPLE.replace(old, new, 1) if old else EXAMPLE + new
    (tmp_path / "profile.toml").write_text(text)
    profile, mistakes = read_profile("acme/one", tmp_path)
    if mistake:
        assert profile is None
        assert any(mistake in one for one in mistakes), mistakes
    else:
        assert (mistakes, profile is not None) == ([], True)


def test_an_example_that_differs_is_told(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(EXAMPLE.replace('hex = "010014"', 'hex = "010015"'))
    profile, _mistakes = read_profile("acme/one", tmp_path)
    assert profile is not None
    assert example_differences(profile.file, profile.downlinks) == ["downlink interval: 010014 instead of 010015"]
    (tmp_path / "profile.toml").write_text(EXAMPLE.replace("set = { interval = 20 }", "set = { interval = 70000 }"))
    profile, _mistakes = read_profile("acme/one", tmp_path)
    assert profile is not None
    assert "cannot be encoded" in example_differences(profile.file, profile.downlinks)[0]


def test_a_codecs_inputs_are_read(tmp_path: Path) -> None:
    text = EXAMPLE[: EXAMPLE.index("[payload]")] + (
        "[payload]\nkind = 'javascript'\n[map]\nx = { property = 'temperature_c' }\n[downlink.pace]\ntitle = 'Pace'\n"
        "inputs = [{ field = 'mode', choices = ['eco', 'fast'] }]\ncodec_input = { command = 'pace' }\n"
    )
    (tmp_path / "profile.toml").write_text(text)
    (tmp_path / "codec.js").write_text("function decodeUplink() { return { data: {} }; }")
    profile, mistakes = read_profile("acme/one", tmp_path)
    assert mistakes == []
    assert profile is not None
    downlink = profile.compiled().downlinks["pace"]
    assert (downlink.layout, downlink.codec_input) == (None, {"command": "pace"})
    assert downlink.fields[0].choices == ("eco", "fast")
    (tmp_path / "profile.toml").write_text(text + "checksum = 'crc16-modbus'\n")
    assert "checksum goes with bytes" in read_profile("acme/one", tmp_path)[1][0]
