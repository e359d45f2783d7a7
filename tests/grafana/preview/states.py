"""State timeline: a row for each series, a block for as long as a state lasts."""

import math
from collections.abc import Iterator

from gateway.reports.html import Child, Markup
from tests.grafana.filled import Scalar
from tests.grafana.frames import Field, Frame
from tests.grafana.preview.axes import LETTER, box, cut, scale, time_axis, words
from tests.grafana.preview.canvas import Canvas
from tests.grafana.preview.colours import GRID, INK, span_of, text_of, value_colour
from tests.grafana.preview.series import BOTTOM, LEGEND_LINE, line_of_legend

Block = tuple[float, float, Scalar]


def draw(canvas: Canvas) -> Markup:
    """The panel."""
    rows = [(frame, field) for frame in canvas.frames for field in frame.values if frame.time]
    if not rows:
        return canvas.nothing()
    span = span_of([field for _, field in rows])
    left = min(canvas.width * 0.3, 14 + LETTER * max(len(field.shown) for _, field in rows))
    height = canvas.height - BOTTOM - LEGEND_LINE
    high = height / len(rows)
    x = scale(canvas.from_ms, canvas.to_ms, left, canvas.width - 8)
    shapes: list[Child] = time_axis(
        canvas.from_ms, canvas.to_ms, x, canvas.zone, bottom=height, top=0, about=int((canvas.width - left) / 80)
    )
    legend: dict[str, str] = {}
    for number, (frame, field) in enumerate(rows):
        y = number * high
        if high >= 12 or number % math.ceil(12 / high) == 0:
            shapes.append(words(cut(field.shown, left - 10), left - 8, y + high / 2 + 4, anchor="end", fill=INK))
        for begin, end, value in _blocks(canvas, frame, field):
            fill = value_colour(field, value, 0, span)
            legend.setdefault(text_of(field, value), fill)
            shapes.append(box((x(begin), y + high * 0.08, x(end) - x(begin), high * 0.84), fill, 0.85))
            text = text_of(field, value)
            if (
                high > 14
                and x(end) - x(begin) > LETTER * len(text) + 8
                and canvas.panel.options.get("showValue") != "never"
            ):
                shapes.append(words(text, (x(begin) + x(end)) / 2, y + high / 2 + 4, anchor="middle", fill="#111"))
        shapes.append(box((left, y + high - 0.5, canvas.width - 8 - left, 0.5), GRID))
    shapes += line_of_legend(list(legend.items())[:8], 10, height + BOTTOM + 11)
    return canvas.drawn(shapes)


def _blocks(canvas: Canvas, frame: Frame, field: Field) -> Iterator[Block]:
    """Equal neighbours are one; a block ends where the next value, also one that is null, begins."""
    assert frame.time is not None
    begin, held = 0.0, None
    for at, value in zip(frame.time.values, field.values, strict=True):
        if value != held:
            if held is not None:
                yield begin, float(at or 0), held
            begin, held = max(float(at or 0), canvas.from_ms), value
    if held is not None:
        yield begin, canvas.to_ms, held
