"""Map: where things are, north up, on an empty ground. Grafana draws a map of streets below."""

import math

from gateway.reports.html import Child, Markup, tag
from tests.grafana.frames import Field, Frame
from tests.grafana.preview.axes import rule, scale, words
from tests.grafana.preview.canvas import Canvas
from tests.grafana.preview.colours import FAINT, colour, span_of, value_colour


def draw(canvas: Canvas) -> Markup:
    """The panel; the colour is that of the first number that is no coordinate."""
    found = [placed for frame in canvas.frames if (placed := _placed(frame)) is not None]
    spots = [
        (east, north, fill)
        for number, (longitudes, latitudes, value) in enumerate(found)
        for east, north, fill in _spots(canvas, number, longitudes, latitudes, value)
    ]
    if not spots:
        return canvas.nothing()
    easts, norths = [spot[0] for spot in spots], [spot[1] for spot in spots]
    middle = (min(norths) + max(norths)) / 2
    narrow = math.cos(math.radians(middle))
    tall = max(
        (max(norths) - min(norths)) * 1.15,
        (max(easts) - min(easts)) * 1.15 * narrow * canvas.height / canvas.width,
        1e-4,
    )
    wide = tall / narrow * canvas.width / canvas.height
    centre = (min(easts) + max(easts)) / 2
    x = scale(centre - wide / 2, centre + wide / 2, 0, canvas.width)
    y = scale(middle - tall / 2, middle + tall / 2, canvas.height, 0)
    shapes: list[Child] = [
        tag("circle", cx=round(x(east), 1), cy=round(y(north), 1), r=5, fill=fill, fill_opacity=0.8)
        for east, north, fill in spots
    ]
    metres = 10 ** math.floor(math.log10(tall * 111_000))
    long = metres / 111_000 / tall * canvas.height
    shapes += [rule((12, canvas.height - 12, 12 + long, canvas.height - 12), FAINT, wide=2)]
    shapes.append(words(f"{metres:g} m; the ground is left out", 18 + long, canvas.height - 8))
    return canvas.drawn(shapes)


def _placed(frame: Frame) -> tuple[Field, Field, Field | None] | None:
    by_name = {field.name.lower(): field for field in frame.fields}
    longitude, latitude = by_name.get("longitude"), by_name.get("latitude")
    if longitude is None or latitude is None:
        return None
    others = [field for field in frame.values if field not in (longitude, latitude) and field.numbers()]
    return longitude, latitude, others[0] if others else None


def _spots(
    canvas: Canvas, number: int, longitudes: Field, latitudes: Field, value: Field | None
) -> list[tuple[float, float, str]]:
    layers = canvas.panel.options.get("layers") or [{}]
    fixed = layers[min(number, len(layers) - 1)].get("config", {}).get("style", {}).get("color", {})
    span = span_of([value]) if value else (0.0, 1.0)
    spots = []
    for place, (east, north) in enumerate(zip(longitudes.values, latitudes.values, strict=True)):
        if isinstance(east, float | int) and isinstance(north, float | int):
            by_value = value is not None and fixed.get("field")
            fill = (
                value_colour(value, value.values[place], 0, span)
                if value and by_value
                else colour(fixed.get("fixed", "#5a8fd6"))
            )
            spots.append((float(east), float(north), fill))
    return spots
