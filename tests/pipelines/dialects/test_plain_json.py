"""Plain JSON: what makers write, right and wrong."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dialects import build_dialect
from pipelines.instants import parse_rfc3339
from pipelines.model import Rejected, Uplink

TOPIC = "sensors/bay-12/up"
FIELDS = {
    "temp": "temperature_c",
    "env.hum": "humidity_percent",
    "samples[1].batt": {"property": "battery_v", "scale": 0.001},
    "free": {"property": "occupied", "words": {"YES": False, "NO": True}},
    "tilt": "tilted",
    "lux": {"property": "illuminance_lx", "accept": "number-or-text", "scale": 10, "offset": -5},
}


def read(body: bytes, topic: str = TOPIC, **settings: object) -> Uplink | Rejected:
    return build_dialect("plain-json", settings)(topic, body)


def rejected(verdict: Uplink | Rejected) -> Rejected:
    assert isinstance(verdict, Rejected)
    return verdict


def test_reads_the_whole_object_where_no_field_is_declared() -> None:
    assert read(b'{"temp": 21.5, "n": [1]}') == Uplink("bay-12", decoded={"temp": 21.5, "n": [1]})


def test_reads_declared_fields_as_properties_of_the_vocabulary() -> None:
    body = b'{"temp":21,"env":{"hum":40.5},"samples":[{},{"batt":3610}],"free":"NO","tilt":0,"lux":" 1.5e2","fw":"1.2"}'
    assert read(body, fields=FIELDS) == Uplink(
        "bay-12",
        decoded={
            "temperature_c": 21.0,
            "humidity_percent": 40.5,
            "battery_v": 3.61,
            "occupied": True,
            "tilted": False,
            "illuminance_lx": 1_495.0,
        },
        fields_mapped=True,
    )


def test_a_declared_field_may_be_missing_or_null() -> None:
    body = b'{"temp":null,"env":[],"samples":[{"batt":1}],"tilt":true}'
    assert read(body, fields=FIELDS) == Uplink("bay-12", decoded={"tilted": True}, fields_mapped=True)


def test_a_body_without_any_declared_field_has_no_readings() -> None:
    assert rejected(read(b'{"other":1}', fields=FIELDS)).reason == "no_readings"


def test_a_bare_number_can_be_the_body() -> None:
    expected = Uplink("bay-12", decoded={"temperature_c": 21.5}, fields_mapped=True)
    assert read(b"21.5", fields={"$": "temperature_c"}) == expected
    assert "expected an object" in rejected(read(b"21.5")).detail


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"temp":true}', "temp: expected a number, found true"),
        (b'{"temp":"21"}', "temp: expected a number, found '21'"),
        (b'{"temp":[21]}', "temp: expected a number, found [21]"),
        (b'{"temp":1e308,"lux":1e308}', "lux: expected a finite number"),
        (b'{"lux":' + b"9" * 400 + b"}", "lux: expected a finite number"),
        (b'{"lux":"0x10"}', "lux: expected a number as text, found '0x10'"),
        (b'{"lux":"nan"}', "lux: expected a number as text"),
        (b'{"lux":"1_000"}', "lux: expected a number as text"),
        (b'{"lux":"' + b"1" * 41 + b'"}', "lux: expected a number as text"),
        (b'{"lux":"1e999"}', "lux: expected a finite number"),
        (b'{"tilt":2}', "tilt: expected true or false, found 2"),
        (b'{"tilt":1.0}', "tilt: expected true or false"),
        (b'{"free":"PERHAPS"}', "free: expected one of YES, NO, found 'PERHAPS'"),
        (b'{"free":["YES"]}', "free: expected one of YES, NO"),
    ],
)
def test_a_declared_field_of_another_type_is_named(body: bytes, says: str) -> None:
    verdict = rejected(read(body, fields=FIELDS))
    assert verdict.reason == "malformed"
    assert verdict.detail.startswith(says)


@pytest.mark.parametrize(
    ("body", "reason", "says"),
    [
        (b'{"t":NaN}', "malformed", "invalid character"),
        (b'{"t":-Infinity}', "malformed", "invalid"),
        (b'{"t":1e999}', "malformed", "out of range"),
        (b'{"t":"\xff"}', "malformed", "not UTF-8: byte 0xff at 6"),
        (b'{"t":1,"t":2}', "malformed", "the name 't' stands twice in one object"),
        (b'{"t":1,"t" :2,"x":3}', "malformed", "the name 't' stands twice"),
        (b'{"a":{"b":[{"c":1,"c":1}]},"t":"2023-01-01T00:00:00Z"}', "malformed", "the name 'c' stands twice"),
        (b'{"\\u0074":1,"t":2}', "malformed", "the name 't' stands twice"),
        (b"[" * 33 + b"]" * 33, "too_deep", "deeper than 32"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too_deep", "deeper than 32"),
        (b"{" + b",".join(b'"k%d":0' % at for at in range(513)) + b"}", "too_deep", "513 keys"),
    ],
)
def test_a_body_that_is_a_fault_at_its_sender_is_refused(body: bytes, reason: str, says: str) -> None:
    verdict = rejected(read(body))
    assert verdict.reason == reason
    assert says in verdict.detail


@pytest.mark.parametrize(
    "body",
    [
        b'{"t":"a\\":b","u":1}',  # what ends a name also stands inside a text
        b'{"t" : 1, "u"\t:\n2}',
        b'{"at":"2023-01-01T00:00:00Z"}',
        b'{"a":{"t":1},"b":{"t":1}}',  # the same name in two objects
        b'{"t":"' + b"[" * 100 + b'"}',  # brackets inside a text are no levels
        b'{"t":"' + b'\\"{' * 100 + b'"}',
        b'{"n":' + b"[" * 31 + b"]" * 31 + b"}",
        b"{" + b",".join(b'"k%d":0' % at for at in range(512)) + b"}",
        b'{"t":"' + b":" * 3000 + b'"}',
    ],
)
def test_what_only_looks_like_a_fault_is_read(body: bytes) -> None:
    assert read(body) == Uplink("bay-12", decoded=json.loads(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150)
@given(tree=st.dictionaries(st.text(max_size=3), JSON, max_size=5), indent=st.sampled_from([None, 1]))
def test_any_json_object_is_read_as_the_standard_library_reads_it(tree: dict[str, object], indent: int | None) -> None:
    try:
        body = json.dumps(tree, indent=indent).encode()
        decoded = json.loads(body)
    except ValueError:
        return
    verdict = read(body)
    if isinstance(verdict, Rejected):  # a lone surrogate is no Unicode text
        assert "\\ud" in body.decode()
    else:
        assert verdict.decoded == decoded


@settings(max_examples=150)
@given(
    names=st.lists(st.sampled_from(["a", "b", "c", 'q":'.replace('"', '\\"')]), min_size=1, max_size=4),
    colon=st.sampled_from([":", " :", ": ", "\t: "]),
)
def test_a_name_written_twice_is_always_found(names: list[str], colon: str) -> None:
    body = "{" + ",".join(f'"{name}"{colon}"x\\":{at}"' for at, name in enumerate(names)) + "}"
    assert isinstance(read(body.encode()), Rejected) is (len(set(names)) < len(names))


@pytest.mark.parametrize(
    ("template", "topic", "device"),
    [
        ("sensors/{device_id}/up", "sensors/a:b c/up", "a:b c"),
        ("{pilot}/{device_id}", "waste-delft/bin-7", "bin-7"),
        ("+/{device_id}/#", "x/bin-7/a/b", "bin-7"),
        ("v1.0/dev-{device_id}.json", "v1.0/dev-7.json", "7"),
    ],
)
def test_the_topic_names_the_device(template: str, topic: str, device: str) -> None:
    assert read(b"{}", topic, topic_template=template) == Uplink(device, decoded={})


@pytest.mark.parametrize(
    "topic",
    [
        "sensors/up",
        "sensors/a/b/up",
        "sensors//up",
        "xsensors/a/up",
        "sensors/a/upx",
        "",
        "sensors/" + "a" * 600 + "/up",
    ],
)
def test_another_topic_is_rejected(topic: str) -> None:
    assert "does not match 'sensors/{device_id}/up'" in rejected(read(b"{}", topic)).detail


@pytest.mark.parametrize(
    ("body", "device"),
    [(b'{"meta":{"id":"bin-7"}}', "bin-7"), (b'{"meta":{"id":7}}', "7"), (b'{"meta":{"id":0}}', "0")],
)
def test_a_field_names_the_device(body: bytes, device: str) -> None:
    verdict = read(body, "any/topic", device_field="meta.id")
    assert isinstance(verdict, Uplink)
    assert verdict.device_id == device


@pytest.mark.parametrize("value", [b"null", b"true", b'""', b"[]", b'"' + b"x" * 129 + b'"', b'"a\\u0000"', b"1.5"])
def test_a_field_that_names_no_device_is_malformed(value: bytes) -> None:
    verdict = rejected(read(b'{"id":' + value + b"}", device_field="id"))
    assert verdict.detail.startswith("device: expected")


@pytest.mark.parametrize(
    ("form", "value", "at"),
    [
        ("rfc3339", b'"2023-06-23T11:10:28.649+02:00"', "2023-06-23T09:10:28.649Z"),
        ("epoch_s", b"1687511428", "2023-06-23T09:10:28Z"),
        ("epoch_s", b"1687511428.649", "2023-06-23T09:10:28.649Z"),
        ("epoch_ms", b"1687511428649", "2023-06-23T09:10:28.649Z"),
        ("epoch_us", b"1687511428649001", "2023-06-23T09:10:28.649001Z"),
        ("epoch_ns", b"1687511428649000001", "2023-06-23T09:10:28.649000001Z"),
    ],
)
def test_reads_the_devices_own_time(form: str, value: bytes, at: str) -> None:
    verdict = read(b'{"ts":' + value + b"}", time_field="ts", time_format=form)
    assert isinstance(verdict, Uplink)
    assert verdict.device_time_ns == parse_rfc3339(at)


def test_words_can_stand_for_numbers() -> None:
    mapping = {"property": "fill_level_percent", "words": {"FULL": 100, "EMPTY": 0.0}}
    verdict = read(b'{"level":"FULL"}', fields={"level": mapping})
    assert verdict == Uplink("bay-12", decoded={"fill_level_percent": 100.0}, fields_mapped=True)


def test_a_missing_time_is_no_fault() -> None:
    assert read(b'{"t":1}', time_field="ts") == Uplink("bay-12", decoded={"t": 1})


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        ("rfc3339", b'"9999-12-31T00:00:00Z"', "implausible_time"),
        ("epoch_s", b"253402214400", "implausible_time"),
        ("epoch_s", b"5", "implausible_time"),
        ("epoch_s", b"-1e20", "implausible_time"),
        ("epoch_ms", b"9" * 60, "implausible_time"),
        ("epoch_s", b"1e308", "malformed"),
        ("rfc3339", b'"today"', "malformed"),
        ("rfc3339", b"1687511428", "malformed"),
        ("epoch_s", b'"1687511428"', "malformed"),
        ("epoch_s", b"true", "malformed"),
    ],
)
def test_a_time_that_cannot_be_right_is_refused(form: str, value: bytes, reason: str) -> None:
    verdict = rejected(read(b'{"ts":' + value + b"}", time_field="ts", time_format=form))
    assert verdict.reason == reason
    assert verdict.detail.startswith("ts: ")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"topic_template": "a/{device_id}/{device_id}"}, "placeholder twice"),
        ({"topic_template": "a/{device_id}/{Oops}"}, "stray brace"),
        ({"device_field": "a..b"}, "is no path"),
        ({"fields": {"a": "temperature_c", "b": "temperature_c"}}, "temperature_c is mapped twice"),
        ({"fields": {"a[": "temperature_c"}}, "fields.a[: "),
        ({"fields": {"a": {"property": "occupied", "words": {"yes": "taken"}}}}, "words.yes: occupied is a flag"),
        ({"fields": {"a": {"property": "occupied", "scle": 2}}}, "unknown field `scle`"),
        ({"fields": {"a": "x", "b": "y"}}, "fields.b: unknown property 'y'"),
    ],
)
def test_settings_that_cannot_work_are_refused_when_they_are_read(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match="plain-json") as caught:
        build_dialect("plain-json", wrong)
    assert says in str(caught.value)


def test_bytes_are_handed_on_as_they_are_for_the_profile_to_read() -> None:
    read = build_dialect("plain-json", {"body": "bytes", "topic_template": "dsmr/{device_id}/telegram"})
    assert read("dsmr/meter-1/telegram", b"/ISK5\\2M550T\r\n!") == Uplink("meter-1", payload=b"/ISK5\\2M550T\r\n!")
    for topic, body, finding in (("dsmr/meter-1/telegram", b"", "an empty body"), ("other", b"/", "does not match")):
        verdict = read(topic, body)
        assert isinstance(verdict, Rejected)
        assert (verdict.reason, finding in verdict.detail) == ("malformed", True)


@pytest.mark.parametrize("key", ["device_field", "time_field", "fields"])
def test_bytes_have_no_fields(key: str) -> None:
    value = {"a": "temperature_c"} if key == "fields" else "a"
    with pytest.raises(ValueError, match=f'{key}: has no meaning with body = "bytes"'):
        build_dialect("plain-json", {"body": "bytes", key: value})
