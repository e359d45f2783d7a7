"""What every drawing gets: the room it has, the frames of its panel, and the time that the page shows."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from zoneinfo import ZoneInfo

import msgspec

from gateway.reports.html import Child, Markup, tag
from tests.grafana.dashboards import Panel
from tests.grafana.filled import Scalar
from tests.grafana.frames import Field, Frame
from tests.grafana.preview.axes import words


class Canvas(msgspec.Struct, frozen=True):
    """``width`` and ``height`` in pixels. ``marks``: (milliseconds, colour) of annotations."""

    panel: Panel
    frames: list[Frame]
    width: float
    height: float
    from_ms: int
    to_ms: int
    zone: ZoneInfo
    marks: Sequence[tuple[int, str]] = ()

    def drawn(self, shapes: Sequence[Child]) -> Markup:
        """The shapes as one picture."""
        return tag("svg", shapes, viewBox=f"0 0 {self.width:g} {self.height:g}", width=self.width, height=self.height)

    def nothing(self) -> Markup:
        """What Grafana writes where nothing is found."""
        lines = textwrap.wrap(str(self.panel.defaults.get("noValue") or "No data"), max(12, int(self.width / 7.5)))
        top = self.height / 2 - 9 * (len(lines) - 1)
        return self.drawn(
            [words(line, self.width / 2, top + 18 * at, anchor="middle", size=13) for at, line in enumerate(lines)]
        )

    @property
    def fields(self) -> list[Field]:
        """Every field with a value that is not hidden from the drawing."""
        found = [field for frame in self.frames for field in frame.values]
        return [field for field in found if not field.settings["custom"].get("hideFrom", {}).get("viz")]


CALCULATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "mean": fmean,
    "sum": sum,
    "max": max,
    "min": min,
    "count": len,
}


def reduced(field: Field, calculation: str) -> Scalar:
    """One value of many, by Grafana's name of the calculation; states have only a first and a last one."""
    known = [value for value in field.values if value is not None]
    if calculation in ("last", "lastNotNull", "first", "firstNotNull"):
        return known[-1 if calculation.startswith("last") else 0] if known else None
    if calculation not in CALCULATIONS:
        raise ValueError(f"the calculation {calculation} is not done here")
    numbers = field.numbers()
    return float(CALCULATIONS[calculation](numbers)) if numbers else None
