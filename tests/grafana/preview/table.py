"""Table: as many rows as fit, numbers to the right, colours where a column asks for them."""

from datetime import datetime

from gateway.reports.html import Child, Markup
from tests.grafana.filled import Scalar
from tests.grafana.frames import Field
from tests.grafana.preview.axes import box, cut, rule, words
from tests.grafana.preview.canvas import Canvas
from tests.grafana.preview.colours import FAINT, GRID, INK, span_of, text_of, value_colour

LINE = 24.0


def draw(canvas: Canvas) -> Markup:
    """The panel; several frames are shown by their first one, as Grafana does until another is chosen."""
    frame = canvas.frames[0] if canvas.frames else None
    columns = [field for field in frame.fields if not field.settings["custom"].get("hidden")] if frame else []
    if not columns or not columns[0].values:
        return canvas.nothing()
    widths = _widths(canvas, columns)
    count = len(columns[0].values)
    shown = min(count, int((canvas.height - LINE - 12) / LINE))
    shapes: list[Child] = [rule((0, LINE, canvas.width, LINE), FAINT)]
    for number, field in enumerate(columns):
        shapes += _column(canvas, field, sum(widths[:number]), widths[number], shown)
    if count > shown:
        shapes.append(words(f"{shown} of {count} rows", canvas.width - 6, canvas.height - 2, anchor="end", size=10))
    return canvas.drawn(shapes)


def _widths(canvas: Canvas, columns: list[Field]) -> list[float]:
    """What the panel gives a column, and for the rest of them what is left, in equal parts."""
    given = [float(field.settings["custom"].get("width") or 0) for field in columns]
    free = max(40.0, (canvas.width - sum(given)) / max(1, given.count(0)))
    return [width or free for width in given]


def _column(canvas: Canvas, field: Field, x: float, wide: float, shown: int) -> list[Child]:
    right = not field.is_time and any(
        isinstance(value, float | int) and not isinstance(value, bool) for value in field.values
    )
    at, anchor = (x + wide - 8, "end") if right else (x + 8, "start")
    shapes: list[Child] = [words(cut(field.shown, wide - 10), at, LINE - 8, anchor=anchor, fill="#7fb0ff", bold=True)]
    cell = (field.settings["custom"].get("cellOptions") or {}).get("type", "auto")
    span = span_of([field])
    for row, value in enumerate(field.values[:shown]):
        y, text = LINE * (row + 1), _text(canvas, field, value)
        stroke = value_colour(field, value, 0, span) if cell.startswith("color") else INK
        if cell == "color-background":
            shapes.append(box((x + 1, y + 1, wide - 2, LINE - 2), stroke, 0.6))
            stroke = INK
        shapes.append(words(cut(text, wide - 12), at, y + 16, anchor=anchor, fill=stroke))
        shapes.append(rule((x, y + LINE, x + wide, y + LINE), GRID))
    return shapes


def _text(canvas: Canvas, field: Field, value: Scalar) -> str:
    if field.is_time and isinstance(value, float | int):
        return f"{datetime.fromtimestamp(value / 1000, canvas.zone):%Y-%m-%d %H:%M:%S}"
    return text_of(field, value)
