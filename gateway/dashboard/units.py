"""Values as answers carry them: units as people write them, instants in milliseconds."""

from gateway.dashboard.answers import Reading
from gateway.dashboard.present import Cell, CellKey
from gateway.explain.report import UNITS
from pipelines.model import NS_PER_S, Value
from pipelines.vocabulary import PROPERTIES

NS_PER_MS = 1_000_000
UNTOLD = ("missing", "suppressed")
"""Qualities with which a value means nothing."""


def unit_of(name: str) -> str:
    """The unit of a property as people write it; "" where it has none."""
    row = PROPERTIES.get(name)
    return written(row.unit) if row is not None else ""


def written(unit: str) -> str:
    """A UCUM unit as people write it."""
    return UNITS.get(unit, unit.replace("{count}", "").replace("Cel", "°C"))


def ms(instant_ns: int) -> int:
    """Milliseconds of nanoseconds since 1970."""
    return instant_ns // NS_PER_MS


def rounded(value: Value) -> Value:
    """A number without the digits that nobody can read: seven that count."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


def reading(feature: str, key: CellKey, cell: Cell) -> Reading:
    """A cell as an answer has it."""
    return Reading(
        feature,
        key[0],
        None if cell.quality in UNTOLD else rounded(cell.value),
        unit_of(key[0]),
        ms(cell.time_ns),
        key[1] / NS_PER_S,
        cell.quality,
        cell.reason,
    )
