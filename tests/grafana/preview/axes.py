"""Scales and ticks of a preview's drawings, in pixels."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.reports.charts import nice_ticks
from gateway.reports.html import Child, Markup, tag
from tests.grafana.preview.colours import FAINT, GRID

Scale = Callable[[float], float]
LETTER = 6.6
"""Width of a letter at 11 px, about."""
MINUTE_MS, DAY_MS = 60_000, 86_400_000
_STEPS_MS = [1_000, 5_000, 10_000, 30_000, 60_000] + [
    minutes * 60_000 for minutes in (5, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 5_760, 10_080, 20_160, 43_200)
]


def scale(low: float, high: float, start: float, end: float) -> Scale:
    """Values between ``low`` and ``high`` onto pixels."""
    wide = (high - low) or 1.0
    return lambda value: start + (value - low) / wide * (end - start)


def cut(text: str, width: float) -> str:
    """A text that fits into so many pixels at 11 px."""
    most = max(1, int(width / LETTER))
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"


def words(
    text: str, x: float, y: float, *, anchor: str = "start", fill: str = FAINT, size: float = 11, bold: bool = False
) -> Markup:
    """A line of text."""
    return tag("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, fill=fill, font_size=size,
               font_weight="600" if bold else None)  # fmt: skip


def rule(
    ends: tuple[float, float, float, float], stroke: str = GRID, dashes: str | None = None, wide: float = 1
) -> Markup:
    """A straight line: x and y of one end, then of the other."""
    x1, y1, x2, y2 = (round(at, 1) for at in ends)
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_dasharray=dashes, stroke_width=wide)


def box(at: tuple[float, float, float, float], fill: str, opacity: float | None = None) -> Markup:
    """A filled rectangle: x, y, width, height."""
    x, y, width, height = (round(one, 1) for one in at)
    return tag("rect", x=x, y=y, width=max(0.0, width), height=max(0.0, height), fill=fill, fill_opacity=opacity)


def time_axis(
    from_ms: int, to_ms: int, x: Scale, zone: ZoneInfo, *, bottom: float, top: float, about: int
) -> list[Child]:
    """Vertical lines and their times, in the city's zone."""
    step = next((one for one in _STEPS_MS if (to_ms - from_ms) / one <= max(2, about)), _STEPS_MS[-1])
    begins = datetime.fromtimestamp(from_ms / 1000, zone).utcoffset()
    offset = int(begins.total_seconds()) * 1000 if begins else 0
    first = math.ceil((from_ms + offset) / step) * step - offset
    shapes: list[Child] = []
    for at in range(first, to_ms + 1, step):
        local = datetime.fromtimestamp(at / 1000, zone)
        midnight = step >= DAY_MS or (step >= MINUTE_MS and local.hour == local.minute == 0)
        text = f"{local:%d %b}" if midnight else f"{local:%H:%M}" if step >= MINUTE_MS else f"{local:%H:%M:%S}"
        middle = min(x(at), x(to_ms) - LETTER * len(text) / 2)  # the last one stays inside
        shapes += [rule((x(at), top, x(at), bottom)), words(text, middle, bottom + 15, anchor="middle")]
    return shapes


def value_ticks(low: float, high: float, height: float) -> Sequence[float]:
    """Round values between two that are not much denser than every 40 pixels."""
    return [tick for tick in nice_ticks(low, high, max(3, int(height / 42))) if low - 1e-9 <= tick <= high + 1e-9]
