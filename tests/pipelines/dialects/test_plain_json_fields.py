"""The field table on its own: states, paths, and what is written for simulators."""

import pytest

from pipelines.dialects import build_dialect, write_uplink
from pipelines.dialects.plain_json_fields import FieldMapping, _reader, compile_path
from pipelines.instants import parse_rfc3339
from pipelines.model import Uplink
from pipelines.vocabulary import ObservedProperty


def test_a_state_takes_one_of_its_words() -> None:
    read = _reader(ObservedProperty("mode", "1", "state", "Mode", states=("on", "off")), FieldMapping(property="mode"))
    assert read("on") == "on"
    for wrong in ("open", True, 1, None):
        with pytest.raises(ValueError, match="expected one of on, off"):
            read(wrong)


def test_a_state_without_words_takes_any_text() -> None:
    read = _reader(ObservedProperty("note", "1", "state", "Note"), FieldMapping(property="note"))
    assert read("any") == "any"
    with pytest.raises(ValueError, match="expected a text"):
        read(7)


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b[1].c", 7), ("a", {"b": [0, {"c": 7}]}), ("a.b[2].c", None), ("a.x", None), ("a.b.c", None), ("[0]", None)],
)
def test_a_path_is_followed_as_far_as_it_goes(path: str, found: object) -> None:
    assert compile_path(path)({"a": {"b": [0, {"c": 7}]}}) == found


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a[b]", "a[]", "a[-1]", "a[12345]", "a]b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        compile_path(path)


def test_a_list_may_be_the_body() -> None:
    verdict = build_dialect("plain-json", {"fields": {"[1].t": "temperature_c"}})("sensors/a/up", b'[0,{"t":1}]')
    assert verdict == Uplink("a", decoded={"temperature_c": 1.0}, fields_mapped=True)


def test_what_is_written_is_read_back_with_its_time() -> None:
    at_ns = parse_rfc3339("2026-11-22T06:00:00.5Z")
    uplink = Uplink("bay-12", device_time_ns=at_ns, decoded={"occupied": True})
    topic, body = write_uplink("plain-json", uplink)
    assert (topic, body) == ("sensors/bay-12/up", b'{"occupied":true,"time":"2026-11-22T06:00:00.500Z"}')
    read = build_dialect("plain-json", {"fields": {"occupied": "occupied"}, "time_field": "time"})
    assert read(topic, body) == Uplink("bay-12", device_time_ns=at_ns, decoded={"occupied": True}, fields_mapped=True)
