"""A small reader of line protocol, written from InfluxDB's syntax page and independent of our writer."""

from typing import NamedTuple


class Point(NamedTuple):
    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | bool | str]
    time_ns: int


def read_points(body: bytes) -> list[Point]:
    text = body.decode()
    points, at = [], 0
    while at < len(text):
        point, at = _point(text, at)
        points.append(point)
    return points


def _point(text: str, at: int) -> tuple[Point, int]:
    measurement, at = _name(text, at, ", ")
    tags: dict[str, str] = {}
    while text[at] == ",":
        key, at = _name(text, at + 1, ",= ")
        assert text[at] == "=", "a tag has a value"
        value, at = _name(text, at + 1, ",= ")
        assert key, "a tag has a key"
        assert value, "a tag has a value"
        assert key not in tags, "a tag is there once"
        tags[key] = value
    assert text[at] == " "
    fields: dict[str, float | bool | str] = {}
    separator = ","
    while separator == ",":
        key, at = _name(text, at + 1, ",= ")
        assert text[at] == "=", "a field has a value"
        assert key not in fields, "a field is there once"
        fields[key], at = _value(text, at + 1)
        separator = text[at]
    assert separator == " ", "fields end before the time"
    end = text.index("\n", at)
    return Point(measurement, tags, fields, int(text[at + 1 : end])), end + 1


def _name(text: str, at: int, ends: str) -> tuple[str, int]:
    name = ""
    while text[at] not in ends:
        assert text[at] != "\n", "a name has no newline"
        if text[at] == "\\" and text[at + 1] in ",= ":
            at += 1
        name += text[at]
        at += 1
    return name, at


def _value(text: str, at: int) -> tuple[float | bool | str, int]:
    if text[at] == '"':
        value, at = "", at + 1
        while text[at] != '"':
            if text[at] == "\\" and text[at + 1] in '"\\':
                at += 1
            value += text[at]
            at += 1
        return value, at + 1
    end = min(where for sign in ", " if (where := text.find(sign, at)) >= 0)
    word = text[at:end]
    if word in ("true", "false"):
        return word == "true", end
    assert word[-1].isdigit(), f"{word!r} is no float"
    return float(word), end
