"""What every LoRaWAN network server writes: EUIs, device addresses, instants that may be nobody's.

Law: these raise ValueError with the place named; each dialect's ``read`` turns that into Rejected("malformed").
"""

import binascii
from functools import lru_cache
from typing import Literal

import msgspec

from pipelines.dialects.json_body import quoted
from pipelines.instants import is_plausible, parse_rfc3339
from pipelines.model import Reception, Rejected

EUI_BYTES = 8
DecodedWhen = Literal["always", "if-no-payload"]


class LorawanSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a LoRaWAN dialect.

    ``decoded``: whether the object that the network's own codec made is handed on with every frame, or only where the
    frame's bytes are missing. It costs about 1 µs a frame and lets a profile trust the network's codec.
    """

    decoded: DecodedWhen = "always"


@lru_cache(maxsize=65_536)
def hex_eui(text: str) -> str:
    """A DevEUI or gateway EUI in our normal form: 16 lower-case hex digits. Raises ValueError."""
    try:
        known = len(text) == 2 * EUI_BYTES and len(bytes.fromhex(text)) == EUI_BYTES
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"expected an EUI of 16 hex digits, found {quoted(text)}")
    return text.lower()


@lru_cache(maxsize=65_536)
def hex_or_base64(text: str, size: int) -> str:
    """``size`` bytes written as hex or as base64 (protobuf's JSON form), as lower-case hex. Raises ValueError."""
    try:
        raw = bytes.fromhex(text) if len(text) == 2 * size and not text.endswith("=") else _base64(text)
    except ValueError:
        raw = b""
    if len(raw) != size:
        raise ValueError(f"expected {size} bytes as hex or base64, found {quoted(text)}")
    return raw.hex()


def _base64(text: str) -> bytes:
    return binascii.a2b_base64(text.encode(), strict_mode=True)


def instant(text: str | None, where: str) -> int | None:
    """A network's stamp; None where it has none or its clock cannot be right. ValueError for what is no stamp."""
    if not text:
        return None
    try:
        instant_ns = parse_rfc3339(text)
    except ValueError as error:
        raise ValueError(f"{where}: {error}, found {quoted(text)}") from None
    return instant_ns if is_plausible(instant_ns) else None


def earliest(receptions: tuple[Reception, ...]) -> int | None:
    """When the first LoRaWAN gateway with a plausible clock heard the frame."""
    if len(receptions) == 1:
        return receptions[0].received_ns
    times = [reception.received_ns for reception in receptions if reception.received_ns is not None]
    return min(times, default=None)


def no_clock(device_id: str) -> Rejected:
    """The network wrote a time, but no clock in its chain can be right."""
    return Rejected("implausible_time", "every time in the message lies before 2000 or after 2099", device=device_id)
