import pytest

from pipelines.encodings.own_points import OWN_WORDS
from pipelines.vocabulary import PROPERTIES
from tests.grafana.units import IDS, SYMBOLS, says, with_unit


def test_every_unit_of_the_vocabulary_can_be_said() -> None:
    units = {row.unit for row in (*PROPERTIES.values(), *OWN_WORDS.values())}
    mute = [unit for unit in units if not (unit in IDS or says(f"suffix:{SYMBOLS.get(unit, unit)}", unit))]
    assert mute == []


@pytest.mark.parametrize(
    ("grafana", "unit", "true"),
    [
        ("percent", "%", True),
        ("percentunit", "%", False),
        ("", "%", False),
        ("celsius", "Cel", True),
        ("fahrenheit", "Cel", False),
        ("m", "min", True),
        ("m", "m", False),
        ("lengthm", "m", True),
        ("suffix:months", "mo", True),
        ("suffix:/d", "{count}/d", True),
        ("suffix:/h", "{count}/d", False),
        ("suffix:bikes", "{count}", True),
        ("kwatt", "W", False),
        ("short", "1", True),
    ],
)
def test_a_unit_is_right_or_it_is_not(grafana: str, unit: str, true: bool) -> None:
    assert says(grafana, unit) is true


@pytest.mark.parametrize(
    ("value", "grafana", "text"),
    [
        (43.21, "percent", "43.2%"),
        (0.5, "percentunit", "50%"),
        (1234.0, "short", "1.23 K"),
        (90.0, "m", "1.5 hours"),
        (0.25, "h", "15 mins"),
        (7.234, "suffix:pH", "7.23 pH"),
        (float("nan"), "short", "nan"),
        (97_554_432.0, "bytes", "93 MiB"),
        (10_400.0, "watt", "10.4 kW"),
        (700.0, "watt", "700 W"),
        (1_250.0, "lengthmm", "1.25 m"),
        (1_500.0, "kwatth", "1.5 MWh"),
    ],
)
def test_a_number_is_printed_with_its_unit(value: float, grafana: str, text: str) -> None:
    assert with_unit(value, grafana) == text
