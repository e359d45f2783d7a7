"""Vendor units → the vocabulary's units, as exact fractions. UCUM codes; a missing unit is one row away."""

from fractions import Fraction

_ONE = Fraction(1)

_UNITS: dict[str, tuple[str, Fraction, Fraction]] = {
    # unit: (quantity, factor, offset), value in the quantity's first unit = value * factor + offset
    "Cel": ("temperature", _ONE, Fraction(0)),
    "K": ("temperature", _ONE, Fraction("-273.15")),
    "[degF]": ("temperature", Fraction(5, 9), Fraction(-160, 9)),
    "mm": ("length", _ONE, Fraction(0)),
    "cm": ("length", Fraction(10), Fraction(0)),
    "dm": ("length", Fraction(100), Fraction(0)),
    "m": ("length", Fraction(1000), Fraction(0)),
    "km": ("length", Fraction(1_000_000), Fraction(0)),
    "[in_i]": ("length", Fraction("25.4"), Fraction(0)),
    "%": ("share", _ONE, Fraction(0)),
    "m3/m3": ("share", Fraction(100), Fraction(0)),
    "Pa": ("pressure", _ONE, Fraction(0)),
    "hPa": ("pressure", Fraction(100), Fraction(0)),
    "mbar": ("pressure", Fraction(100), Fraction(0)),
    "MPa": ("pressure", Fraction(1_000_000), Fraction(0)),
    "kPa": ("pressure", Fraction(1000), Fraction(0)),
    "bar": ("pressure", Fraction(100_000), Fraction(0)),
    "mV": ("voltage", _ONE, Fraction(0)),
    "V": ("voltage", Fraction(1000), Fraction(0)),
    "mA": ("current", _ONE, Fraction(0)),
    "A": ("current", Fraction(1000), Fraction(0)),
    "m/s": ("speed", _ONE, Fraction(0)),
    "km/h": ("speed", Fraction(5, 18), Fraction(0)),
    "[kn_i]": ("speed", Fraction(1852, 3600), Fraction(0)),
    "mL": ("volume", _ONE, Fraction(0)),
    "L": ("volume", Fraction(1000), Fraction(0)),
    "m3": ("volume", Fraction(1_000_000), Fraction(0)),
    "L/h": ("flow", _ONE, Fraction(0)),
    "L/min": ("flow", Fraction(60), Fraction(0)),
    "L/s": ("flow", Fraction(3600), Fraction(0)),
    "m3/h": ("flow", Fraction(1000), Fraction(0)),
    "W.h": ("energy", _ONE, Fraction(0)),
    "kW.h": ("energy", Fraction(1000), Fraction(0)),
    "MW.h": ("energy", Fraction(1_000_000), Fraction(0)),
    "kJ": ("energy", Fraction(10, 36), Fraction(0)),
    "MJ": ("energy", Fraction(10_000, 36), Fraction(0)),
    "mW": ("power", _ONE, Fraction(0)),
    "W": ("power", Fraction(1000), Fraction(0)),
    "kW": ("power", Fraction(1_000_000), Fraction(0)),
    "ug/m3": ("concentration", _ONE, Fraction(0)),
    "mg/m3": ("concentration", Fraction(1000), Fraction(0)),
    "uS/cm": ("conductivity", _ONE, Fraction(0)),
    "mS/cm": ("conductivity", Fraction(1000), Fraction(0)),
    "dS/m": ("conductivity", Fraction(1000), Fraction(0)),
    "m[g]": ("acceleration", _ONE, Fraction(0)),
    "[g]": ("acceleration", Fraction(1000), Fraction(0)),
    "m/s2": ("acceleration", Fraction(100_000_000, 980_665), Fraction(0)),
    "[ppb]": ("mixing ratio", _ONE, Fraction(0)),
    "[ppm]": ("mixing ratio", Fraction(1000), Fraction(0)),
}


def conversion(unit: str, to: str) -> tuple[Fraction, Fraction]:
    """``(factor, offset)`` so that value * factor + offset is in ``to``. Raises ValueError where there is none."""
    if unit in ("", to):
        return _ONE, Fraction(0)
    if unit not in _UNITS or to not in _UNITS or _UNITS[unit][0] != _UNITS[to][0]:
        family = _UNITS.get(to, ("", 0, 0))[0]
        known = ", ".join(name for name, row in _UNITS.items() if row[0] == family) or to
        raise ValueError(f"{unit!r} is no unit of that quantity. Use {known}, or give factor and offset")
    _, factor, offset = _UNITS[unit]
    _, to_factor, to_offset = _UNITS[to]
    return factor / to_factor, (offset - to_offset) / to_factor
