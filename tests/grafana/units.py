"""Which units of Grafana say which unit of the vocabulary, and how Grafana would print a number with it.

A unit of Grafana is an id of its list (``percent``), ``suffix:…`` or any other text, which stands behind the number.
Ids: ``packages/grafana-data/src/valueFormats/categories.ts`` of Grafana.
"""

import math
from collections.abc import Mapping

COUNTS = ("", "none", "short", "locale")
IDS: Mapping[str, tuple[str, ...]] = {
    "1": (*COUNTS, "bool", "bool_yes_no", "bool_on_off", "string"),
    "text": ("", "none", "string"),
    "time": ("", "none", "time", "dateTimeAsIso", "dateTimeFromNow", "dateTimeAsLocal", "dateTimeAsSystem"),
    "{count}": COUNTS,
    "%": ("percent", "humidity"),
    "ratio": ("percentunit", *COUNTS),
    "mm": ("lengthmm",),
    "m": ("lengthm",),
    "km": ("lengthkm",),
    "km/h": ("velocitykmh",),
    "m/s": ("velocityms",),
    "ms": ("ms",),
    "s": ("s", "dtdurations", "dthms", "clocks"),
    "min": ("m",),
    "h": ("h",),
    "d": ("d",),
    "kPa": ("pressurekpa",),
    "hPa": ("pressurehpa",),
    "Cel": ("celsius",),
    "[ppm]": ("ppm",),
    "[ppb]": ("conppb",),
    "ug/m3": ("conμgm3",),
    "lx": ("lux",),
    "dB": ("dB",),
    "dB[mW]": ("dBm",),
    "deg": ("degree",),
    "W/m2": ("Wm2",),
    "m3": ("m3",),
    "L": ("litre",),
    "L/h": ("litreh",),
    "kW.h": ("kwatth",),
    "W": ("watt",),
    "kW": ("kwatt",),
    "V": ("volt",),
    "A": ("amp",),
    "[g]": ("accG",),
    "[pH]": COUNTS,
    "By": ("bytes", "decbytes"),
}
SYMBOLS: Mapping[str, str] = {
    "uS/cm": "µS/cm", "[NTU]": "NTU", "[pH]": "pH", "mo": "months", "dB[mW]": "dBm", "Cel": "°C", "ug/m3": "µg/m³",
    "[ppm]": "ppm", "[ppb]": "ppb", "deg": "°", "W/m2": "W/m²", "m3": "m³", "kW.h": "kWh", "[g]": "g", "lx": "lx",
}  # fmt: skip
PRINTED: Mapping[str, str] = {
    **{id_: SYMBOLS.get(unit, unit) for unit, ids in IDS.items() for id_ in ids if id_ not in COUNTS},
    "percentunit": "%", "humidity": "%H", "lux": "lux", "kbytes": "KiB", "mbytes": "MiB", "bytes": "B",
    "reqps": "req/s", "ops": "ops/s", "cps": "c/s", "string": "", "bool": "", "bool_yes_no": "", "bool_on_off": "",
    "time": "", "dateTimeAsIso": "", "dateTimeFromNow": "", "dateTimeAsLocal": "", "dateTimeAsSystem": "",
}  # fmt: skip
_MIN, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_SECONDS = {"ms": 0.001, "s": 1.0, "m": _MIN, "h": _HOUR, "d": _DAY, "dtdurations": 1.0, "dthms": 1.0, "clocks": 1.0}
_PREFIXES = ("n", "µ", "m", "", "k", "M", "G", "T")
_PREFIXED = {
    "watt": ("W", 0), "kwatt": ("W", 1), "watth": ("Wh", 0), "kwatth": ("Wh", 1), "litre": ("L", 0), "volt": ("V", 0),
    "amp": ("A", 0), "lengthmm": ("m", -1), "lengthm": ("m", 0), "lengthkm": ("m", 1), "decbytes": ("B", 0),
}  # fmt: skip
"""Ids that take prefixes of the SI as the number grows: the plain unit, and the power of a thousand it is told in."""


def says(grafana: str, unit: str) -> bool:
    """Whether a panel with this unit says the truth of a quantity in that unit of the vocabulary."""
    if grafana in IDS.get(unit, ()):
        return True
    text = printed(grafana)
    if unit == "{count}" or unit.startswith("{count}/"):  # a count may name what is counted: "bikes", "frames/d"
        return bool(text) and text.endswith(unit.removeprefix("{count}")) and grafana not in PRINTED
    return grafana not in PRINTED and text == SYMBOLS.get(unit, unit)


def printed(grafana: str) -> str:
    """What stands behind the number."""
    if grafana in COUNTS:
        return ""
    return PRINTED.get(grafana, grafana.removeprefix("suffix:").strip())


def with_unit(value: float, grafana: str, decimals: int | None = None) -> str:
    """A number as a panel prints it: three digits that matter unless told, long times in larger units."""
    if not math.isfinite(value):
        return str(value)
    if (factor := _SECONDS.get(grafana)) is not None:
        return _lasting(value * factor, decimals)
    if grafana == "percentunit":
        value, grafana = value * 100, "percent"
    behind = printed(grafana)
    if grafana == "short" and abs(value) >= 1_000:
        value, behind = (value / 1e6, "Mil") if abs(value) >= 1e6 else (value / 1e3, "K")
    elif grafana in _PREFIXED:
        value, behind = _prefixed(value, *_PREFIXED[grafana])
    elif grafana == "bytes":
        steps = min(4, int(math.log2(max(1.0, abs(value))) / 10))
        value, behind = value / 1_024**steps, ("B", "KiB", "MiB", "GiB", "TiB")[steps]
    glue = "" if not behind or behind.startswith(("%", "°")) else " "
    return f"{digits(value, decimals)}{glue}{behind}"


def _prefixed(value: float, unit: str, thousands: int) -> tuple[float, str]:
    """750 and "mm", but 1.2 and "m": a prefix changes when the number has more than three digits before the point."""
    steps = int(math.log10(abs(value)) / 3) if abs(value) >= 1 else 0
    steps = min(steps, len(_PREFIXES) - 4 - thousands)
    return value / 1_000**steps, f"{_PREFIXES[3 + thousands + steps]}{unit}"


def digits(value: float, decimals: int | None) -> str:
    """A number with so many decimals, or with as many as leave three digits."""
    if decimals is None:
        size = abs(value)
        decimals = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.{decimals}f}"


def _lasting(seconds: float, decimals: int | None) -> str:
    for size, word in ((365.25 * _DAY, "years"), (7 * _DAY, "weeks"), (_DAY, "days"), (_HOUR, "hours"), (_MIN, "mins")):
        if abs(seconds) >= size:
            return f"{digits(seconds / size, decimals)} {word if seconds != size else word[:-1]}"
    return (
        f"{digits(seconds, decimals)} s"
        if abs(seconds) >= 1 or not seconds
        else f"{digits(seconds * 1e3, decimals)} ms"
    )
