"""Sample payloads → layouts that could read them, as TOML. Which one is right, ``scaffold`` finds by trying.

Law: a proposal says where each number was found and what it would be; names and units that are guessed say so.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from device_profiles.shared_layouts import SHARED
from pipelines.decoders import DECODERS
from pipelines.layout.frames import NothingToRead
from pipelines.layout.read import Unreadable


class Sample(msgspec.Struct, frozen=True):
    """One payload as the device sent it."""

    payload: bytes
    f_port: int | None


class Proposal(msgspec.Struct, frozen=True):
    """A ``[payload]`` table and a ``[map]``; ``family`` in words for the person who will read it."""

    family: str
    payload: str
    mapping: Mapping[str, str]


SUGGESTED = {
    "temperature": 'property = "temperature_c"',
    "humidity": 'property = "humidity_percent"',
    "battery": 'property = "battery_percent"',
    "vdd": 'property = "battery_v"',
    "battery_mv": 'property = "battery_v"',
    "light": 'property = "illuminance_lx"',
    "illuminance": 'property = "illuminance_lx", unit = "lx"',
    "co2": 'property = "co2_ppm"',
    "pressure": 'property = "pressure_hpa"',
    "barometer": 'property = "pressure_hpa", unit = "hPa"',
    "distance": 'property = "distance_mm"',
    "waterleak": 'property = "leak", values = { 0 = false, "*" = true }',
    "pulseAbs": 'property = "pulses"',
    "pulse": 'property = "pulses"',
    "soundAvg": 'property = "laeq_db"',
    "soundPeak": 'property = "lamax_db"',
    "water_level": 'property = "water_level_m"',
    "gas": 'property = "gas_m3", unit = "m3"',
    "energy_import": 'property = "energy_import_kwh", unit = "kW.h"',
}

_MILESIGHT = {
    # type: (name, wire, the rest of the field); 0x75 is in the shared layout
    0x00: ("state", "u8", ""),
    0x01: ("switch", "u8", ""),
    0x65: ("light", "u16le", ', unit = "lx"'),
    0x67: ("temperature", "s16le", ', scale = "1/10", unit = "Cel"'),
    0x68: ("humidity", "u8", ', scale = "1/2", unit = "%"'),
    0x73: ("pressure", "u16le", ', scale = "1/10", unit = "hPa"'),
    0x74: ("voltage", "u16le", ', scale = "1/10", unit = "V"'),
    0x77: ("water_level", "u16le", ', scale = "1/100", unit = "m"'),
    0x7B: ("pipe_pressure", "s16le", ', unit = "kPa"'),
    0x7D: ("co2", "u16le", ', unit = "[ppm]"'),
    0x7F: ("conductivity", "u16le", ', unit = "uS/cm"'),
    0x82: ("distance", "u16le", ', unit = "mm"'),
    0x83: ("energy", "u32le", ', unit = "W.h"'),
    0xC8: ("pulse", "u32le", ""),
    0xD2: ("total", "u32le", ""),
}
_MILESIGHT_SIZES = {"01 75": 1, "ff 01": 1, "ff 09": 2, "ff 0a": 2, "ff 0b": 1, "ff 0f": 1, "ff 16": 8, "ff ff": 2}
_PLAUSIBLE_MV = range(2000, 4301)
_PLAUSIBLE_TENTHS = range(-400, 601)
_SAYS_DECENTLAB = 2
_DECENTLAB_HEAD = 5


def proposals(samples: Sequence[Sample]) -> Iterator[Proposal]:
    """Every layout that could be tried, the more telling ones first; the last one, ``fixed``, always reads them."""
    for maker in (_built_in, _milesight, _decentlab, _elsys, _with_length):
        yield from maker(samples)
    yield _fixed(samples)


def _built_in(samples: Sequence[Sample]) -> Iterator[Proposal]:
    for kind, built_in in DECODERS.items():
        names = _names_read(samples, built_in.decode)
        if names:
            yield Proposal(built_in.title, f'[payload]\nkind = "{kind}"\n', _suggested(names))


def _names_read(samples: Sequence[Sample], decode: Callable[[bytes, int | None], Sequence[object]]) -> list[str]:
    try:
        readings = [reading for sample in samples for reading in decode(sample.payload, sample.f_port)]
    except (Unreadable, NothingToRead):
        return []
    return list(dict.fromkeys(str(getattr(reading, "name", "")) for reading in readings))


def _suggested(names: Sequence[str]) -> dict[str, str]:
    """What names of readings are in the vocabulary; temperature_3 counts as temperature."""
    found = {name: SUGGESTED.get(name) or SUGGESTED.get(name.rpartition("_")[0]) for name in names}
    return {name: words for name, words in found.items() if words}


def _milesight(samples: Sequence[Sample]) -> Iterator[Proposal]:
    rows: dict[str, str] = {}
    names: dict[str, str] = {}
    for sample in samples:
        at, payload = 0, sample.payload
        while at < len(payload):
            key = payload[at : at + 2].hex(" ")
            if key in _MILESIGHT_SIZES:
                at += 2 + _MILESIGHT_SIZES[key]
                names |= {"battery": key} if key == "01 75" else {}
                continue
            if len(key) < len("03 67") or payload[at + 1] not in _MILESIGHT:
                return
            name, wire, rest = _MILESIGHT[payload[at + 1]]
            if names.get(name, key) != key:
                name = f"{name}_{payload[at]}"
            names[name] = key
            rows[key] = f'"{key}" = {{ field = "{name}", type = "{wire}"{rest} }}'
            at += 2 + int(wire[1:].removesuffix("le")) // 8
        if at != len(payload):
            return
    if rows:
        items = "\n".join(rows.values())
        yield Proposal(
            "Milesight channels",
            f'[payload]\nuse = "milesight"\n\n[payload.items]\n{items}\n',
            _suggested(list(names)),
        )


def _elsys(_samples: Sequence[Sample]) -> Iterator[Proposal]:
    text = (SHARED / "elsys.toml").read_text(encoding="utf-8")
    names = [name for name in SUGGESTED if f'field = "{name}"' in text]
    yield Proposal("Elsys types", '[payload]\nuse = "elsys"\n', _suggested(names))


def _decentlab(samples: Sequence[Sample]) -> Iterator[Proposal]:
    """Words behind the flags: the highest flag is the battery, the words before it belong to the lowest."""
    flags = {sample.payload[3:5] for sample in samples}
    sizes = {len(sample.payload) for sample in samples}
    payload = samples[0].payload
    if payload[0:1] != bytes([_SAYS_DECENTLAB]) or len(flags) != 1 or len(sizes) != 1 or len(payload) < _DECENTLAB_HEAD:
        return
    words, odd = divmod(len(payload) - _DECENTLAB_HEAD, 2)
    bits = [bit for bit in range(16) if int.from_bytes(payload[3:5], "big") >> bit & 1]
    if odd or len(bits) != 2 or words < 2:  # noqa: PLR2004 - values and battery: the common pair
        return
    fields = "".join(
        f'  {{ field = "word_{n}", type = "u16" }}, # {_values(samples, 5 + 2 * n)}\n' for n in range(words - 1)
    )
    yield Proposal(
        "Decentlab words",
        f'[payload]\nuse = "decentlab"\n\n[payload.blocks]\n{bits[0]} = {{ fields = [\n{fields}] }}\n'
        f'{bits[1]} = {{ field = "battery_mv", type = "u16", unit = "mV" }}\n',
        {"battery_mv": SUGGESTED["battery_mv"]},
    )


def _with_length(samples: Sequence[Sample]) -> Iterator[Proposal]:
    """Key and length before each value; the chain must end exactly where each payload does."""
    for size in (1, 2):
        lengths: dict[str, int] = {}
        if not all(_chain(sample.payload, size, lengths) for sample in samples) or not lengths:
            continue
        key = " ".join(["u8"] * size)
        rows = "\n".join(f'"{name}" = {_of_length(name, length)}' for name, length in lengths.items())
        mapping = {f"value_{name.replace(' ', '')}": 'property = "pulses"' for name in list(lengths)[:1]}
        payload = (
            f'[payload]\nkind = "tlv"\nkey = "{key}"\nlength = "u8"\nunknown = "skip"\n\n[payload.items]\n{rows}\n'
        )
        yield Proposal(f"{size}-byte keys with lengths", payload, mapping)


def _chain(payload: bytes, size: int, lengths: dict[str, int]) -> bool:
    at = 0
    while at + size < len(payload):
        length = payload[at + size]
        if lengths.setdefault(payload[at : at + size].hex(" "), length) != length or not length:
            return False
        at += size + 1 + length
    return at == len(payload) and at > 0


def _of_length(name: str, length: int) -> str:
    if length in (1, 2, 3, 4, 8):
        return f'{{ field = "value_{name.replace(" ", "")}", type = "u{8 * length}" }}'
    return f"{{ skip = {length} }}"


def _fixed(samples: Sequence[Sample]) -> Proposal:
    """Every number at its place, by port: 16-bit words, a battery and a temperature where the values look like it."""
    tables: list[str] = []
    mapping: dict[str, str] = {}
    for port in dict.fromkeys(sample.f_port for sample in samples):
        same = [sample for sample in samples if sample.f_port == port]
        where = "payload" if port is None else f"payload.when.{port}"
        rows, found = _words(same)
        tables.append(f"[{where}]\nfields = [\n{rows}]\n" if port is not None else f"fields = [\n{rows}]\n")
        mapping |= found
    payload = '[payload]\nkind = "fixed"\n' + "\n".join(("", *tables) if samples[0].f_port is not None else tables)
    if not mapping:
        mapping = {_first_field(samples): 'property = "pulses"'}
    return Proposal("bytes at fixed places", payload, mapping)


def _first_field(samples: Sequence[Sample]) -> str:
    return "word_0" if min(len(sample.payload) for sample in samples) > 1 else "byte_0"


def _words(samples: Sequence[Sample]) -> tuple[str, dict[str, str]]:
    shortest, longest = (pick(len(sample.payload) for sample in samples) for pick in (min, max))
    rows, mapping, at = "", {}, 0
    while at < longest:
        size = 2 if at + 2 <= shortest else 1  # where some frames have ended, any byte may be the last
        name, rest = f"{'word' if size > 1 else 'byte'}_{at}", ""
        there = [sample.payload[at : at + size] for sample in samples if len(sample.payload) >= at + size]
        unsigned = [int.from_bytes(raw, "big") for raw in there]
        signed = [int.from_bytes(raw, "big", signed=True) for raw in there]
        wire = f"u{8 * size}"
        if size > 1 and "battery_mv" not in mapping and all(number in _PLAUSIBLE_MV for number in unsigned):
            name, rest = "battery_mv", ', unit = "mV"'
        elif size > 1 and "temperature" not in mapping and any(signed) and all(n in _PLAUSIBLE_TENTHS for n in signed):
            name, wire, rest = "temperature", "s16", ', scale = "1/10", unit = "Cel"'
        if name in SUGGESTED:
            mapping[name] = SUGGESTED[name]
        optional = ", optional = true" if at >= shortest else ""
        guessed = "  GUESSED: check name, scale and unit" if name in SUGGESTED else ""
        comment = f"byte {at}: {_values(samples, at, size)}{guessed}"
        rows += f'  {{ field = "{name}", type = "{wire}"{rest}{optional} }}, # {comment}\n'
        at += size
    return rows, mapping


def _values(samples: Sequence[Sample], at: int, size: int = 2) -> str:
    there = [sample.payload[at : at + size] for sample in samples if len(sample.payload) >= at + size]
    return ", ".join(str(int.from_bytes(raw, "big")) for raw in there[:4])
