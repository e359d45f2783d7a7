"""Charts and map as SVG in the page: no script, no request, legible in print and to every kind of eye.

The palette is Okabe and Ito's (2008), made for every kind of colour vision.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from statistics import fmean

import msgspec

from gateway.reports.html import Child, Markup, tag
from pipelines.model import Location

BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8a8f98"
WIDTH, HEIGHT = 680, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 28
MEAN_DAYS = 7
MAP_WIDTH, MAP_HEIGHT = 680, 380


class Line(msgspec.Struct, frozen=True):
    """A level across the chart: baseline or target."""

    value: float
    name: str
    colour: str
    dashes: str


def course_chart(
    course: Sequence[tuple[date, float | None]], lines: Sequence[Line], *, unit: str, title: str
) -> Markup:
    """Every day as a dot, the mean of seven days as a line, levels across. A day without a value leaves a hole."""
    known = [value for _, value in course if value is not None]
    if not known:
        return tag("p", "No usable day.", class_="none")
    low, high = _range([*known, *(line.value for line in lines)])
    ticks = nice_ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    x = _scale(0, max(1, len(course) - 1), LEFT, WIDTH - RIGHT)
    y = _scale(low, high, HEIGHT - BOTTOM, TOP)
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]))) if len(ticks) > 1 else 0
    shapes: list[Child] = [_grid(value, y(value), f"{value:,.{digits}f}") for value in ticks]
    shapes += [_month(day, x(at)) for at, (day, _) in enumerate(course) if day.day == 1 or at == 0]
    shapes += [
        tag("circle", cx=_px(x(at)), cy=_px(y(value)), r=1.8, fill=BLUE, fill_opacity=0.35)
        for at, (_, value) in enumerate(course)
        if value is not None
    ]
    shapes += [
        tag("polyline", points=points, fill="none", stroke=BLUE, stroke_width=2.2, stroke_linejoin="round")
        for points in _runs(course, x, y)
    ]
    for line in lines:
        at = y(line.value)
        shapes.append(
            tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=_px(at), y2=_px(at), stroke=line.colour, stroke_width=1.6,
                stroke_dasharray=line.dashes)
        )  # fmt: skip
        shapes.append(
            tag("text", line.name, x=WIDTH - RIGHT, y=_px(at - 4), fill=line.colour, class_="name", text_anchor="end")
        )
    label = f"{title}, by day, in {unit}"
    return tag("svg", tag("title", label), shapes, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round values that span a range: steps of 1, 2 or 5 times a power of ten."""
    step = _nice_step((high - low) / about)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _nice_step(rough: float) -> float:
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(step for step in (1, 2, 5, 10) if rough <= step * power) * power)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low == high:
        return (low - 1 if low else 0.0), high + 1
    if 0 <= low < 0.4 * high:  # a scale that begins at zero does not exaggerate
        low = 0
    return low, high


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _px(value: float) -> float:
    return round(value, 1)


def _grid(value: float, at: float, text: str) -> list[Child]:
    del value
    return [
        tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=_px(at), y2=_px(at), class_="grid"),
        tag("text", text, x=LEFT - 6, y=_px(at + 4), class_="tick", text_anchor="end"),
    ]


def _month(day: date, at: float) -> list[Child]:
    word = day.strftime("%b %Y") if day.month == 1 or day.day != 1 else day.strftime("%b")
    return [
        tag("line", x1=_px(at), x2=_px(at), y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM + 4, class_="grid"),
        tag("text", word, x=_px(at), y=HEIGHT - 8, class_="tick"),
    ]


def _runs(
    course: Sequence[tuple[date, float | None]], x: Callable[[float], float], y: Callable[[float], float]
) -> list[str]:
    """The moving mean as polylines, broken where a whole week is unknown."""
    runs: list[list[str]] = [[]]
    half = MEAN_DAYS // 2
    for at in range(len(course)):
        window = [value for _, value in course[max(0, at - half) : at + half + 1] if value is not None]
        if window:
            runs[-1].append(f"{_px(x(at))},{_px(y(fmean(window)))}")
        elif runs[-1]:
            runs.append([])
    return [" ".join(run) for run in runs if len(run) > 1]


def place_map(places: Mapping[str, tuple[Location, float | None]], *, title: str) -> Markup:
    """Where the things of the pilot are: a schematic map, a dot each, coloured by the share of hours with a value."""
    if not places:
        return tag("p", "No device has a position.", class_="none")
    middle = sum(place.latitude for place, _ in places.values()) / len(places)
    flat = {
        name: (place.longitude * math.cos(math.radians(middle)), place.latitude) for name, (place, _) in places.items()
    }
    span = max(
        _extent([at[0] for at in flat.values()]) / MAP_WIDTH, _extent([at[1] for at in flat.values()]) / MAP_HEIGHT
    )
    scale = 0.86 / max(span, 1e-9)
    centre = [sum((min(axis), max(axis))) / 2 for axis in zip(*flat.values(), strict=True)]
    shapes: list[Child] = []
    for name, (across, up) in flat.items():
        share = places[name][1]
        text = f"{name}: {'no value' if share is None else f'{share:.0%} of hours'}"
        shapes.append(
            tag("circle", tag("title", text), cx=_px(MAP_WIDTH / 2 + (across - centre[0]) * scale),
                cy=_px(MAP_HEIGHT / 2 - (up - centre[1]) * scale), r=6, fill=shade(share), stroke="#fff")
        )  # fmt: skip
    shapes.append(_scale_bar(scale))
    box = f"0 0 {MAP_WIDTH} {MAP_HEIGHT}"
    return tag("svg", tag("title", title), shapes, viewBox=box, role="img", aria_label=title, class_="map")


def shade(share: float | None) -> str:
    """Green for what reports as expected, orange for holes, vermilion for what hardly reports."""
    if share is None:
        return GREY
    if share >= 0.9:  # noqa: PLR2004 - the default target of completeness
        return GREEN
    return ORANGE if share >= 0.75 else VERMILION  # noqa: PLR2004 - the least coverage for a verdict


def _extent(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _scale_bar(scale: float) -> list[Child]:
    """A bar of a round length; a degree of latitude is 111.2 km."""
    metres = _nice_step(110 / (scale / 111_195))
    length = metres / 111_195 * scale
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"  # noqa: PLR2004 - metres in a kilometre
    return [
        tag("line", x1=16, x2=_px(16 + length), y1=MAP_HEIGHT - 16, y2=MAP_HEIGHT - 16, stroke="#333", stroke_width=2),
        tag("text", text, x=16, y=MAP_HEIGHT - 22, class_="tick"),
    ]
