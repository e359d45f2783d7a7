from fractions import Fraction

import pytest

from device_profiles.units import conversion
from pipelines.vocabulary import PROPERTIES


@pytest.mark.parametrize(
    ("unit", "to", "value", "expected"),
    [
        ("mV", "V", 3559, Fraction("3.559")),
        ("Pa", "hPa", 87_903, Fraction("879.03")),
        ("[degF]", "Cel", 212, 100),
        ("K", "Cel", 0, Fraction("-273.15")),
        ("Cel", "K", 0, Fraction("273.15")),
        ("cm", "mm", 5, 50),
        ("mm", "m", 1500, Fraction("1.5")),
        ("L", "m3", 1, Fraction("0.001")),
        ("m3/h", "L/h", 2, 2000),
        ("MJ", "kW.h", 36, 10),
        ("dS/m", "uS/cm", 1, 1000),
        ("[kn_i]", "km/h", 1, Fraction("1.852")),
        ("m[g]", "[g]", 63, Fraction("0.063")),
        ("", "V", 3, 3),
        ("[pH]", "[pH]", 7, 7),
    ],
)
def test_converts_exactly(unit: str, to: str, value: int, expected: Fraction | int) -> None:
    factor, offset = conversion(unit, to)
    assert value * factor + offset == expected


@pytest.mark.parametrize(("unit", "to"), [("volt", "V"), ("mV", "Cel"), ("Pa", "[pH]")])
def test_says_which_units_would_do(unit: str, to: str) -> None:
    with pytest.raises(ValueError, match=r"is no unit of that quantity\. Use"):
        conversion(unit, to)


def test_there_and_back_is_where_it_began() -> None:
    for row in PROPERTIES.values():
        factor, offset = conversion(row.unit, row.unit)
        assert (int(factor), int(offset)) == (1, 0)
