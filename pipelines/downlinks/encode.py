"""A downlink and its values → bytes and port, by the profile's layout or by what its codec answered."""

from collections.abc import Mapping

import msgspec

from pipelines.codec import Codec, CodecAnswer, CodecCall
from pipelines.downlinks.notation import Command, Downlink, Unsendable
from pipelines.downlinks.values import plain
from pipelines.layout.frames import compile_layouts
from pipelines.layout.write import Unwritable, encode
from pipelines.model import Value

MAX_PAYLOAD_BYTES = 242  # LoRaWAN Regional Parameters: the largest of all data rates, without repeater
MAX_F_PORT = 223  # LoRaWAN 1.0.4 §4.3.2: ports 1 to 223 are the application's
MAX_SAID = 160


def encoded(downlink: Downlink, values: Mapping[str, Value]) -> Command:
    """The command of a downlink that has a layout. Raises Unsendable."""
    assert downlink.layout is not None
    try:
        payload = encode({None: downlink.layout}, dict(values))
    except Unwritable as error:
        raise Unsendable(f"{downlink.name}: {error}", "The profile's [downlink] table says what fits.") from error
    _says_what_was_meant(downlink, values, payload)
    if downlink.checksum == "crc16-modbus":
        payload += crc16_modbus(payload).to_bytes(2, "big")
    return checked(Command(downlink.name, values, payload, downlink.f_port or 0))


def _says_what_was_meant(downlink: Downlink, values: Mapping[str, Value], payload: bytes) -> None:
    """Raises Unsendable where the bytes would round a value."""
    assert downlink.layout is not None
    said = {reading.name: reading.value for reading in compile_layouts({None: downlink.layout})(payload, None)}
    for name, value in values.items():
        if name in said and said[name] != value:
            near = f"The nearest that it can say is {plain(said[name])}."
            raise Unsendable(f"{name}: {plain(value)} does not fit its bytes", near)


def codec_call(downlink: Downlink, codec: Codec, values: Mapping[str, Value], *, now_ns: int) -> CodecCall:
    """The question to the profile's ``encodeDownlink`` (TS013): constant inputs and the given values."""
    asked: dict[str, object] = {"data": {**downlink.codec_input, **values}}
    if downlink.f_port is not None:
        asked["fPort"] = downlink.f_port
    return CodecCall(codec, "encodeDownlink", time_ns=now_ns, values=msgspec.json.encode(asked))


def codec_command(downlink: Downlink, values: Mapping[str, Value], answer: CodecAnswer) -> Command:
    """The command out of the codec's answer. Raises Unsendable; foreign words are quoted and cut."""
    output = answer.output
    if answer.ending != "answered" or output is None:
        raise Unsendable(f"{downlink.name}: the codec gave no bytes: {answer.said[:MAX_SAID]!r}")
    if errors := output.get("errors"):
        raise Unsendable(f"{downlink.name}: the codec refuses: {str(errors)[:MAX_SAID]!r}")
    numbers, f_port = output.get("bytes"), output.get("fPort", downlink.f_port)
    if not isinstance(numbers, list) or not all(type(one) is int and 0 <= one <= 255 for one in numbers):  # noqa: PLR2004
        raise Unsendable(f"{downlink.name}: what the codec calls 'bytes' are none", "Mend encodeDownlink in codec.js.")
    if type(f_port) is not int:
        raise Unsendable(
            f"{downlink.name}: the codec names no fPort", "Write f_port in the profile's [downlink] table."
        )
    return checked(Command(downlink.name, values, bytes(numbers), f_port))


def checked(command: Command) -> Command:
    """The same command. Raises Unsendable for what no LoRaWAN frame can carry."""
    if not 1 <= command.f_port <= MAX_F_PORT:
        raise Unsendable(f"{command.downlink}: f_port {command.f_port} is not between 1 and {MAX_F_PORT}")
    if not 1 <= len(command.payload) <= MAX_PAYLOAD_BYTES:
        raise Unsendable(f"{command.downlink}: {len(command.payload)} bytes; a frame carries 1 to {MAX_PAYLOAD_BYTES}")
    return command


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0x8005 reflected (0xA001), from 0xFFFF on. Check value: b"123456789" is 0x4B37."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
