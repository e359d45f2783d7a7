"""One number to look at: stat, gauge, bar gauge."""

import math
from collections.abc import Iterator, Sequence

import msgspec

from gateway.reports.html import Child, Markup, tag
from tests.grafana.filled import Scalar
from tests.grafana.frames import Field
from tests.grafana.preview.axes import LETTER, box, cut, scale, words
from tests.grafana.preview.canvas import Canvas, reduced
from tests.grafana.preview.colours import GRID, INK, span_of, text_of, value_colour


class Tile(msgspec.Struct, frozen=True):
    """One value with its name and colour; ``course``: what it was before, for the line behind it."""

    name: str
    text: str
    value: Scalar
    colour: str
    field: Field
    course: Sequence[float] = ()


def tiles_of(canvas: Canvas) -> list[Tile]:
    """What the panel reduces its fields to."""
    options = canvas.panel.options.get("reduceOptions", {})
    fields = [
        field for field in canvas.fields if options.get("fields") or field.unit != "text" or len(canvas.fields) == 1
    ]
    if options.get("values"):
        pairs = [(field, value) for field in fields for value in field.values[: int(options.get("limit") or 25)]]
    else:
        calculation = (options.get("calcs") or ["lastNotNull"])[0]
        pairs = [(field, reduced(field, calculation)) for field in fields]
    span = span_of([Field("", "", [value]) for _, value in pairs])
    return [
        Tile(
            field.shown, text_of(field, value), value, value_colour(field, value, number, span), field, field.numbers()
        )
        for number, (field, value) in enumerate(pairs)
    ]


def draw_stat(canvas: Canvas) -> Markup:
    """Large numbers, with a line behind them where the panel wants it."""
    tiles = tiles_of(canvas)
    if not tiles:
        return canvas.nothing()
    across = canvas.width >= canvas.height * 1.2
    wide, high = (canvas.width / len(tiles), canvas.height) if across else (canvas.width, canvas.height / len(tiles))
    shapes: list[Child] = []
    for number, tile in enumerate(tiles):
        x, y = (number * wide, 0.0) if across else (0.0, number * high)
        named = len(tiles) > 1 or canvas.panel.options.get("textMode") in ("name", "value_and_name")
        shapes += _stat(canvas, tile, (x, y, wide, high), named=named)
    return canvas.drawn(shapes)


def _stat(canvas: Canvas, tile: Tile, at: tuple[float, float, float, float], *, named: bool) -> Iterator[Child]:
    x, y, wide, high = at
    ink = tile.colour
    if canvas.panel.options.get("colorMode") == "background":
        yield box((x + 2, y + 2, wide - 4, high - 4), tile.colour)
        ink = "#ffffff"
    if canvas.panel.options.get("graphMode") == "area" and len(tile.course) > 1:
        to_x = scale(0, len(tile.course) - 1, x, x + wide)
        to_y = scale(min(tile.course), max(tile.course), y + high, y + high * 0.55)
        places = " ".join(f"{to_x(place):.1f},{to_y(value):.1f}" for place, value in enumerate(tile.course))
        yield tag(
            "polygon",
            points=f"{x:.1f},{y + high:.1f} {places} {x + wide:.1f},{y + high:.1f}",
            fill=ink,
            fill_opacity=0.2,
        )
    size = max(14.0, min(high * 0.42, wide * 1.6 / max(3, len(tile.text)), 58.0))
    yield words(
        tile.text, x + wide / 2, y + high / 2 + size * 0.36, anchor="middle", fill=ink, size=round(size), bold=True
    )
    if named:
        yield words(cut(tile.name, wide - 12), x + wide / 2, y + high / 2 - size * 0.62, anchor="middle", fill=INK)


def draw_bar_gauge(canvas: Canvas) -> Markup:
    """A bar for each value, named on its left."""
    tiles = tiles_of(canvas)
    if not tiles:
        return canvas.nothing()
    high = min(46.0, max(15.0, canvas.height / len(tiles)))
    name_wide = min(canvas.width * 0.35, 14 + LETTER * max(len(tile.name) for tile in tiles))
    text_wide = 16 + 7.2 * max(len(tile.text) for tile in tiles)
    low, top = span_of([Field("", "", [tile.value]) for tile in tiles])
    shapes: list[Child] = []
    for number, tile in enumerate(tiles):
        y, settings = number * high, tile.field.settings
        if y + high > canvas.height + 1:
            shapes.append(words(f"and {len(tiles) - number} more, by scrolling", 4, canvas.height - 3))
            break
        from_, to = settings.get("min"), settings.get("max")
        x = scale(
            min(0.0, low) if from_ is None else from_, top if to is None else to, name_wide, canvas.width - text_wide
        )
        end = min(
            max(x(float(tile.value or 0)) if not isinstance(tile.value, str) else name_wide, name_wide),
            canvas.width - text_wide,
        )
        shapes += [
            words(cut(tile.name, name_wide - 8), name_wide - 8, y + high / 2 + 4, anchor="end", fill=INK),
            box((name_wide, y + 3, canvas.width - text_wide - name_wide, high - 6), GRID),
            box((name_wide, y + 3, max(1.5, end - name_wide), high - 6), tile.colour),
            words(tile.text, canvas.width - text_wide + 8, y + high / 2 + 5, fill=tile.colour, size=13, bold=True),
        ]
    return canvas.drawn(shapes)


def draw_gauge(canvas: Canvas) -> Markup:
    """Arcs of three quarters of a circle."""
    tiles = tiles_of(canvas)
    if not tiles:
        return canvas.nothing()
    wide = canvas.width / len(tiles)
    shapes: list[Child] = []
    for number, tile in enumerate(tiles):
        radius = min(wide * 0.42, canvas.height * 0.44)
        x, y = wide * (number + 0.5), canvas.height * 0.55
        settings = tile.field.settings
        low, high = float(settings.get("min") or 0), float(settings.get("max") or 100)
        value = float(tile.value) if isinstance(tile.value, float | int) else low
        share = min(1.0, max(0.0, (value - low) / ((high - low) or 1.0)))
        shapes += [_arc(x, y, radius, 1.0, GRID), _arc(x, y, radius, share, tile.colour)]
        shapes.append(
            words(tile.text, x, y + 6, anchor="middle", fill=tile.colour, size=round(radius * 0.4), bold=True)
        )
        if len(tiles) > 1:
            shapes.append(words(cut(tile.name, wide - 8), x, y + radius * 0.75, anchor="middle", fill=INK))
    return canvas.drawn(shapes)


def _arc(x: float, y: float, radius: float, share: float, stroke: str) -> Child:
    begin, wide = math.radians(150), math.radians(240)
    end = begin + wide * max(share, 0.004)
    start_at, end_at = ((x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in (begin, end))
    large = 1 if wide * share > math.pi else 0
    path = (
        f"M{start_at[0]:.1f},{start_at[1]:.1f} A{radius:.1f},{radius:.1f} 0 {large} 1 {end_at[0]:.1f},{end_at[1]:.1f}"
    )
    return tag("path", d=path, fill="none", stroke=stroke, stroke_width=round(radius * 0.22, 1))
