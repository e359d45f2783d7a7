"""The recording format: every body comes back byte by byte, whatever the file is packed in."""

import json
from pathlib import Path

import msgspec
import pytest

from simulators.recording import open_for_writing, read_messages, write_message

MESSAGES = [
    ("application/1/device/0102030405060708/event/up", b'{"data":"AQ==","name":"\xc3\xa9"}', 1_687_511_428_896_000_000),
    ("raw/1", bytes(range(256)), 1_687_511_428_896_000_001),
    ("raw/2", b"", 0),
    ("raw/3", b"two\nlines\x00", 2**62),
]


@pytest.mark.parametrize("name", ["out.ndjson", "out.ndjson.gz", "out.ndjson.zst"])
def test_what_was_written_is_read_back(tmp_path: Path, name: str) -> None:
    with open_for_writing(tmp_path / name) as out:
        for topic, body, received_ns in MESSAGES:
            write_message(out, topic, body, received_ns=received_ns)
    assert list(read_messages(tmp_path / name)) == MESSAGES


def test_the_lines_are_what_the_format_says(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "out.ndjson") as out:
        for topic, body, received_ns in MESSAGES[:2]:
            write_message(out, topic, body, received_ns=received_ns)
    text, raw = [json.loads(line) for line in (tmp_path / "out.ndjson").read_bytes().splitlines()]
    assert text == {"topic": MESSAGES[0][0], "received_ns": MESSAGES[0][2], "body": MESSAGES[0][1].decode()}
    assert set(raw) == {"topic", "received_ns", "body_b64"}


def test_a_line_that_is_no_message_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out.ndjson").write_text('{"topic":"a"}\n')
    with pytest.raises(msgspec.DecodeError, match="received_ns"):
        list(read_messages(tmp_path / "out.ndjson"))
