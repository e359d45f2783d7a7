"""Values → bytes, by a layout or by what a codec answered; and nothing that no frame can carry."""

from fractions import Fraction

import msgspec
import pytest

from pipelines.codec import Codec, CodecAnswer
from pipelines.downlinks.encode import checked, codec_call, codec_command, crc16_modbus, encoded
from pipelines.downlinks.notation import Command, Downlink, DownlinkField, Unsendable
from pipelines.layout.notation import Field, Layout
from pipelines.layout.wire import wire_type

FIELD = DownlinkField(name="interval", unit="s")
LAYOUT = Layout(
    fields=(
        Field(wire=wire_type("u16"), const=2),
        Field(name="interval", wire=wire_type("u16"), scale=Fraction(1, 10)),
    )
)
DOWNLINK = Downlink(name="pace", title="Pace", fields=(FIELD,), f_port=1, layout=LAYOUT)
CODEC = Codec("acme/one", "", b"hash")
ASKED = Downlink(name="pace", title="Pace", fields=(FIELD,), codec_input={"command": "pace"})


def test_a_layout_writes_the_bytes() -> None:
    assert encoded(DOWNLINK, {"interval": 36.5}) == Command("pace", {"interval": 36.5}, bytes.fromhex("0002016d"), 1)


def test_a_checksum_is_added_behind() -> None:
    assert crc16_modbus(b"123456789") == 0x4B37  # the published check value
    with_sum = msgspec.structs.replace(DOWNLINK, checksum="crc16-modbus")
    payload = encoded(with_sum, {"interval": 360}).payload
    assert payload == bytes.fromhex("00020e1048a4")  # Decentlab's own example


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"interval": 36.55}, "interval: 36.55 does not fit its bytes"),
        ({"interval": 7000}, "pace: interval: 70000 does not fit u16"),
        ({}, "pace: interval: needed"),
        ({"interval": 1, "other": 1}, "pace: not in the layout: other"),
    ],
)
def test_what_the_bytes_cannot_say_is_refused(values: dict[str, float], what: str) -> None:
    with pytest.raises(Unsendable, match=what) as refused:
        encoded(DOWNLINK, values)
    assert refused.value.mend


def test_a_codec_is_asked_with_its_constants_and_the_values() -> None:
    call = codec_call(ASKED, CODEC, {"interval": 20}, now_ns=7)
    assert (call.function, call.time_ns) == ("encodeDownlink", 7)
    assert msgspec.json.decode(call.values) == {"data": {"command": "pace", "interval": 20}}
    on_port = msgspec.structs.replace(ASKED, f_port=9)
    assert msgspec.json.decode(codec_call(on_port, CODEC, {}, now_ns=0).values)["fPort"] == 9


def test_what_a_codec_answers_is_a_command() -> None:
    answer = CodecAnswer(b"hash", "answered", {"bytes": [80, 20], "fPort": 12})
    assert codec_command(ASKED, {"interval": 20}, answer) == Command("pace", {"interval": 20}, b"\x50\x14", 12)
    without_port = CodecAnswer(b"hash", "answered", {"bytes": [80]})
    assert codec_command(msgspec.structs.replace(ASKED, f_port=9), {}, without_port).f_port == 9


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (CodecAnswer(b"", "stopped", said="it met the limit"), "the codec gave no bytes: 'it met the limit'"),
        (CodecAnswer(b"", "answered", {"errors": ["no such command"]}), "the codec refuses: .*no such command"),
        (CodecAnswer(b"", "answered", {"bytes": [256], "fPort": 1}), "'bytes' are none"),
        (CodecAnswer(b"", "answered", {"bytes": [True], "fPort": 1}), "'bytes' are none"),
        (CodecAnswer(b"", "answered", {"bytes": "AQ==", "fPort": 1}), "'bytes' are none"),
        (CodecAnswer(b"", "answered", {"bytes": [1]}), "the codec names no fPort"),
        (CodecAnswer(b"", "answered", {"bytes": [], "fPort": 1}), "0 bytes; a frame carries 1 to 242"),
        (CodecAnswer(b"", "answered", {"bytes": [1], "fPort": 0}), "f_port 0 is not between 1 and 223"),
    ],
)
def test_a_codecs_nonsense_is_refused(answer: CodecAnswer, what: str) -> None:
    with pytest.raises(Unsendable, match=what):
        codec_command(ASKED, {}, answer)


def test_a_frame_has_its_limits() -> None:
    with pytest.raises(Unsendable, match="243 bytes"):
        checked(Command("pace", {}, bytes(243), 1))
