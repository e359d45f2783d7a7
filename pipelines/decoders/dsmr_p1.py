r"""DSMR P1 telegram, the text that Dutch, Belgian and Luxembourg smart meters send each second to ten seconds.

::

    /ISK5\2M550T-1012        who made it
                             empty line
    0-0:1.0.0(210204163628W) when
    1-0:1.8.1(002420.500*kWh)
    …
    !6EEE                    CRC16 over everything from "/" to "!"

Laws
- A telegram whose checksum is wrong is refused whole: a flipped digit would become consumption. DSMR 2 and 3 send none.
- ``energy_import`` and ``energy_export`` are the sums of both tariffs; a meter that sends only 1.8.0 gives them itself.
- All readings of the meter carry the telegram's own time, gas, water and heat that of their own meter.

Source: Netbeheer Nederland, "P1 Companion Standard, Dutch Smart Meter Requirements", 5.0.2, chapters 5.2 and 6.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pipelines.layout.notation import Reading
from pipelines.layout.read import NS_PER_S, Unreadable
from pipelines.layout.write import Given, Unwritable

MAX_BYTES = 16_384

_NAMES = {
    "1-0:1.8.0": ("energy_import", "kWh"),
    "1-0:1.8.1": ("energy_import_tariff_1", "kWh"),
    "1-0:1.8.2": ("energy_import_tariff_2", "kWh"),
    "1-0:2.8.0": ("energy_export", "kWh"),
    "1-0:2.8.1": ("energy_export_tariff_1", "kWh"),
    "1-0:2.8.2": ("energy_export_tariff_2", "kWh"),
    "1-0:1.7.0": ("power_import", "kW"),
    "1-0:2.7.0": ("power_export", "kW"),
    "1-0:32.7.0": ("voltage_l1", "V"),
    "1-0:52.7.0": ("voltage_l2", "V"),
    "1-0:72.7.0": ("voltage_l3", "V"),
    "1-0:31.7.0": ("current_l1", "A"),
    "1-0:51.7.0": ("current_l2", "A"),
    "1-0:71.7.0": ("current_l3", "A"),
}
_DIGITS = {"kWh": "010.3f", "kW": "06.3f", "V": "05.1f", "A": "03.0f"}
_MEDIA = {3: "gas", 7: "water", 4: "heat", 12: "heat"}  # EN 13757-3, device types
_CHANNEL_UNITS = {"gas": "m3", "water": "m3", "heat": "GJ"}

_LINE = re.compile(r"(?P<code>\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})(?P<values>(\([^()\r\n]{0,2048}\))+)")
_VALUE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\*([A-Za-z0-9]{1,6})")
_STAMP = re.compile(r"(\d{12})([SW])")
_CHANNEL = re.compile(r"0-(\d):(24\.1\.0|24\.2\.1)")


def _crc_table() -> list[int]:
    """CRC16 with polynomial 0xA001 (x16 + x15 + x2 + 1, reflected), start 0: §5.2 of the standard."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
        table.append(crc)
    return table


_CRC = _crc_table()


def crc16(data: bytes) -> int:
    """The checksum that stands behind "!"."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def decode(payload: bytes, _f_port: int | None = None) -> list[Reading]:
    """The readings of one telegram. Raises Unreadable."""
    text = _checked(payload)
    time_ns: int | None = None
    values: dict[str, Decimal] = {}
    media: dict[str, str] = {}
    channels: dict[str, tuple[int | None, Decimal]] = {}
    for line in text.splitlines()[1:]:
        found = _LINE.match(line)
        if found is None:
            continue
        code, groups = found["code"], found["values"][1:-1].split(")(")
        if code == "0-0:1.0.0":
            time_ns = _instant(groups[0], code)
        elif code in _NAMES:
            values[_NAMES[code][0]] = _number(groups[0], _NAMES[code][1], code)
        elif channel := _CHANNEL.fullmatch(code):
            if channel[2] == "24.1.0":
                media[channel[1]] = _MEDIA.get(int(groups[0]), "") if groups[0].isdecimal() else ""
            else:
                channels[channel[1]] = _channel(groups, code)
    _add_totals(values)
    readings = [Reading(name, float(value), 0.0, time_ns) for name, value in values.items()]
    for number, (instant, value) in channels.items():
        if medium := media.get(number, ""):
            readings.append(Reading(medium, float(value), 0.0, instant))
    return readings


def _checked(payload: bytes) -> str:
    """The telegram from "/" to "!" as text, its checksum compared. Raises Unreadable."""
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"{len(payload)} bytes; a telegram has at most {MAX_BYTES}")
    begin, end = payload.find(b"/"), payload.rfind(b"!")
    if begin < 0 or end < begin:
        raise Unreadable("byte 0: a telegram begins with '/' and ends with '!' and its checksum")
    told = payload[end + 1 :].strip()
    body = payload[begin : end + 1]
    if told:
        try:
            wanted = int(told, 16)
        except ValueError as error:
            raise Unreadable(f"byte {end + 1}: the checksum is four hex digits") from error
        if crc16(body) != wanted:
            raise Unreadable(f"byte {end + 1}: the checksum is {wanted:04X}, the telegram gives {crc16(body):04X}")
    elif b"1-3:0.2.8" in body or b"0-0:96.1.4" in body:  # the version line of DSMR 4 and 5, and of Belgium
        raise Unreadable(f"byte {end + 1}: the checksum is missing, and this version of the telegram has one")
    try:
        return body.decode("ascii")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {begin + error.start}: a telegram is ASCII") from error


def _number(text: str, unit: str, code: str) -> Decimal:
    """The value in ``unit``; some meters write W and Wh where the standard has kW and kWh."""
    found = _VALUE.fullmatch(text)
    if found is None or unit not in (found[2], f"k{found[2]}"):
        raise Unreadable(f"{code}: {text[:20]!r} is no value in {unit}")
    return Decimal(found[1]) if found[2] == unit else Decimal(found[1]) / 1000


def _instant(text: str, code: str) -> int:
    """Local time with S (summer, UTC+2) or W (winter, UTC+1) → nanoseconds since 1970. §5.4, TST."""
    found = _STAMP.fullmatch(text)
    if found is None:
        raise Unreadable(f"{code}: {text[:20]!r} is no time. It is YYMMDDhhmmss and S or W")
    try:
        local = datetime.strptime(f"20{found[1]}+0000", "%Y%m%d%H%M%S%z")
    except ValueError as error:
        raise Unreadable(f"{code}: {text[:20]!r} is no time on the calendar") from error
    instant = local - timedelta(hours=2 if found[2] == "S" else 1)
    return int(instant.timestamp()) * NS_PER_S


def _channel(groups: list[str], code: str) -> tuple[int | None, Decimal]:
    found = _VALUE.fullmatch(groups[-1])
    if found is None or found[2] not in _CHANNEL_UNITS.values():
        raise Unreadable(f"{code}: {groups[-1][:20]!r} is no value in m3 or GJ")
    return _instant(groups[0], code) if len(groups) > 1 else None, Decimal(found[1])


def _add_totals(values: dict[str, Decimal]) -> None:
    for total in ("energy_import", "energy_export"):
        tariffs = [values[name] for name in (f"{total}_tariff_1", f"{total}_tariff_2") if name in values]
        if total not in values and tariffs:
            values[total] = sum(tariffs, Decimal(0))


def encode(readings: Mapping[str, Given], _f_port: int | None = None) -> bytes:
    """A telegram of version 5 with these readings; ``time`` in seconds since 1970 stamps it. Raises Unwritable.

    Totals are left out where a tariff is given: the reader adds them up again.
    """
    given = {name: _given(name, value) for name, value in readings.items()}
    stamp = _stamp(given.pop("time")) if "time" in given else ""
    lines = ["/CTY5\\2CITYGATE", "", "1-3:0.2.8(50)"]
    lines += [f"0-0:1.0.0({stamp})"] if stamp else []
    for code, (name, unit) in _NAMES.items():
        value = given.pop(name, None)
        if value is not None and not (f"{name}_tariff_1" in readings or f"{name}_tariff_2" in readings):
            lines.append(f"{code}({value:{_DIGITS[unit]}}*{unit})")
    for channel, (medium, unit) in enumerate(_CHANNEL_UNITS.items(), start=1):
        if medium in given:
            device = next(number for number, word in _MEDIA.items() if word == medium)
            when = f"({stamp})" if stamp else ""
            lines.append(f"0-{channel}:24.1.0({device:03d})")
            lines.append(f"0-{channel}:24.2.1{when}({given.pop(medium):09.3f}*{unit})")
    if given:
        raise Unwritable(f"{next(iter(given))[:40]}: a telegram has no such value")
    body = "\r\n".join([*lines, "!"]).encode()
    return body + f"{crc16(body):04X}\r\n".encode()


def _given(name: str, value: Given) -> float:
    if isinstance(value, (list, tuple)) and len(value) == 1:  # a reading with a time of its own
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 10**9 * 3:
        raise Unwritable(f"{name[:40]}: a number, not below 0, is needed")
    return value


def _stamp(time_s: float) -> str:
    local = datetime.fromtimestamp(int(time_s), tz=UTC) + timedelta(hours=1)
    return f"{local:%y%m%d%H%M%S}W"
