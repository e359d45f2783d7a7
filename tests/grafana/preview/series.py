"""Time series: lines, steps, bars and points over time, stacked or not, with thresholds and annotations."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from gateway.reports.html import Child, Markup, tag
from tests.grafana.frames import Field, Frame
from tests.grafana.preview.axes import LETTER, Scale, box, cut, rule, scale, time_axis, value_ticks, words
from tests.grafana.preview.canvas import Canvas, reduced
from tests.grafana.preview.colours import FAINT, INK, colour, span_of, text_of, value_colour

LEGEND_LINE, TOP, BOTTOM = 18.0, 12.0, 22.0
Point = tuple[float, float | None]


class Course(msgspec.Struct):
    """One field over time, with its colour and what it stands on when stacked."""

    field: Field
    points: list[Point]
    colour: str
    below: dict[float, float] = {}


def draw(canvas: Canvas) -> Markup:
    """The panel."""
    courses = _courses(canvas)
    if not courses:
        return canvas.nothing()
    legend = _legend(canvas, courses)
    height = canvas.height - BOTTOM - LEGEND_LINE * len(legend)
    units = list(dict.fromkeys(str(course.field.settings.get("unit") or "") for course in courses))
    by_unit = {unit: [one for one in courses if str(one.field.settings.get("unit") or "") == unit] for unit in units}
    spans = {unit: _span(some) for unit, some in by_unit.items()}
    left = _axis_width(by_unit[units[0]][0].field, spans[units[0]])
    right = canvas.width - (_axis_width(by_unit[units[1]][0].field, spans[units[1]]) if len(units) > 1 else 10)
    x = scale(canvas.from_ms, canvas.to_ms, left, right)
    shapes: list[Child] = time_axis(
        canvas.from_ms, canvas.to_ms, x, canvas.zone, bottom=height, top=TOP, about=int((right - left) / 80)
    )
    inside = f"inside-{canvas.panel.id}"  # an interval may begin before the page does
    shapes.append(tag("clipPath", box((left, 0, right - left, height + 1), "none"), id=inside))
    for number, unit in enumerate(units):
        y = scale(*spans[unit], height, TOP)
        shapes += _value_axis(by_unit[unit][0].field, spans[unit], y, (left, right), on_right=number > 0)
        shapes += _steps(by_unit[unit][0].field, spans[unit], y, (left, right))
        for course in by_unit[unit]:
            if course.field.settings["custom"].get("gradientMode") == "scheme":
                name = f"scheme-{canvas.panel.id}-{number}"
                shapes.append(_gradient(course.field, spans[unit], y, name))
                course.colour = f"url(#{name})"
            shapes.append(
                tag("g", list(_drawn(course, x, y, (left, right), _bar_width(courses, x))), clip_path=f"url(#{inside})")
            )
    shapes += [rule((x(at), TOP, x(at), height), stroke, "3 3") for at, stroke in canvas.marks]
    for number, line in enumerate(legend):
        shapes += line_of_legend(line, 10, height + BOTTOM + LEGEND_LINE * number + 11)
    return canvas.drawn(shapes)


def _courses(canvas: Canvas) -> list[Course]:
    lasts = [Field("", "", [reduced(field, "lastNotNull")]) for field in canvas.fields]
    span = span_of(lasts)
    courses: list[Course] = []
    for frame in canvas.frames:
        courses += [
            _course(frame, field, number, span) for number, field in enumerate(_drawable(canvas, frame), len(courses))
        ]
    stacked: dict[float, float] = defaultdict(float)
    for course in courses:
        if course.field.settings["custom"].get("stacking", {}).get("mode") == "normal":
            course.below = {at: stacked[at] for at, _ in course.points}
            for at, value in course.points:
                stacked[at] += value or 0.0
    return courses


def _drawable(canvas: Canvas, frame: Frame) -> list[Field]:
    shown = {id(field) for field in canvas.fields}
    return [field for field in frame.values if id(field) in shown and (field.numbers() or not field.values)]


def _course(frame: Frame, field: Field, number: int, span: tuple[float, float]) -> Course:
    times = frame.time
    assert times is not None, "a time series without time"
    points = [
        (float(at or 0), None if value is None else float(value))
        for at, value in zip(times.values, field.values, strict=True)
    ]
    return Course(field, points, value_colour(field, reduced(field, "lastNotNull"), number, span))


def _span(courses: Sequence[Course]) -> tuple[float, float]:
    settings = courses[0].field.settings
    tops = [(value or 0.0) + one.below.get(at, 0.0) for one in courses for at, value in one.points if value is not None]
    low, high = (min(tops), max(tops)) if tops else (0.0, 1.0)
    if any(one.below or one.field.settings["custom"].get("drawStyle") == "bars" for one in courses):
        low, high = min(0.0, low), max(0.0, high)
    if low == high == 0:
        high = 1.0
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    low, high = (low if low == 0 else low - room), (high if high == 0 else high + room)
    return (_given(settings.get("min"), low), _given(settings.get("max"), high))


def _given(given: object, otherwise: float) -> float:
    return float(given) if isinstance(given, int | float) else otherwise


def _axis_width(field: Field, span: tuple[float, float]) -> float:
    return 14 + LETTER * max(len(text_of(field, float(tick))) for tick in (*span, *value_ticks(*span, 200)))


def _value_axis(
    field: Field, span: tuple[float, float], y: Scale, ends: tuple[float, float], *, on_right: bool
) -> Iterator[Child]:
    for tick in value_ticks(*span, abs(y(span[0]) - y(span[1]))):
        if not on_right:
            yield rule((ends[0], y(tick), ends[1], y(tick)))
        at, anchor = (ends[1] + 6, "start") if on_right else (ends[0] - 6, "end")
        yield words(text_of(field, float(tick)), at, y(tick) + 4, anchor=anchor)


def _steps(field: Field, span: tuple[float, float], y: Scale, ends: tuple[float, float]) -> Iterator[Child]:
    style = field.settings["custom"].get("thresholdsStyle", {}).get("mode", "off")
    for step in (field.settings.get("thresholds") or {}).get("steps", []) if style != "off" else []:
        if step.get("value") is not None and span[0] <= step["value"] <= span[1]:
            yield rule((ends[0], y(step["value"]), ends[1], y(step["value"])), colour(step["color"]), "6 4", 1.5)


def _bar_width(courses: Sequence[Course], x: Scale) -> float:
    gaps = [b[0] - a[0] for one in courses for a, b in zip(one.points, one.points[1:], strict=False) if b[0] > a[0]]
    return max(1.5, 0.8 * (x(min(gaps)) - x(0))) if gaps else 8.0


def _gradient(field: Field, span: tuple[float, float], y: Scale, name: str) -> Markup:
    """The colours of the thresholds from low to high, with hard edges: a line takes that of where it is."""
    stops: list[Child] = []
    steps = (field.settings.get("thresholds") or {}).get("steps", [])
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        low = span[0] if step.get("value") is None else step["value"]
        high = span[1] if after is None else after["value"]
        for value in (low, high):
            share = min(1.0, max(0.0, (value - span[0]) / ((span[1] - span[0]) or 1.0)))
            stops.append(tag("stop", offset=round(share, 4), stop_color=colour(step["color"])))
    ends = {"x1": 0, "x2": 0, "y1": round(y(span[0]), 1), "y2": round(y(span[1]), 1)}
    return tag("linearGradient", stops, id=name, gradientUnits="userSpaceOnUse", **ends)


def _drawn(course: Course, x: Scale, y: Scale, ends: tuple[float, float], bar_width: float) -> Iterator[Child]:
    custom = course.field.settings["custom"]
    if custom.get("drawStyle") == "bars":
        opacity = custom.get("fillOpacity", 0) / 100 or 0.9
        for at, value in course.points:
            if value is not None:
                below = course.below.get(at, 0.0)
                top, foot = y(below + value), y(below)
                begin, end = max(x(at) - bar_width / 2, ends[0]), min(x(at) + bar_width / 2, ends[1])
                yield box((begin, min(top, foot), end - begin, abs(foot - top)), course.colour, opacity)
        return
    apart = custom.get("insertNulls")
    most_ms = float(apart) if isinstance(apart, int | float) and not isinstance(apart, bool) else math.inf
    for run in _runs(course, spanning=bool(custom.get("spanNulls")), most_ms=most_ms):
        places = list(_places(run, course, x, y, stepped=custom.get("lineInterpolation") == "stepAfter"))
        if custom.get("fillOpacity", 0) and len(places) > 1:
            feet = [
                (x(run[-1][0]), y(course.below.get(run[-1][0], 0.0))),
                (x(run[0][0]), y(course.below.get(run[0][0], 0.0))),
            ]
            yield tag(
                "polygon",
                points=_points([*places, *feet]),
                fill=course.colour,
                fill_opacity=custom["fillOpacity"] / 100,
            )
        if len(places) == 1 or custom.get("drawStyle") == "points":
            for at_x, at_y in places:
                yield tag("circle", cx=round(at_x, 1), cy=round(at_y, 1), r=2.5, fill=course.colour)
        else:
            wide = custom.get("lineWidth", 1)
            yield tag(
                "polyline",
                points=_points(places),
                fill="none",
                stroke=course.colour,
                stroke_width=wide,
                stroke_linejoin="round",
            )


def _runs(course: Course, *, spanning: bool, most_ms: float) -> Iterator[list[Point]]:
    """Points that a line joins; it breaks at a null, and where two are further apart than ``most_ms``."""
    run: list[Point] = []
    for point in course.points:
        if run and point[0] - run[-1][0] > most_ms:
            yield run
            run = []
        if point[1] is not None:
            run.append(point)
        elif run and not spanning:
            yield run
            run = []
    if run:
        yield run


def _places(
    run: Sequence[Point], course: Course, x: Scale, y: Scale, *, stepped: bool
) -> Iterator[tuple[float, float]]:
    before = None
    for at, value in run:
        place = (x(at), y((value or 0.0) + course.below.get(at, 0.0)))
        if stepped and before is not None:
            yield place[0], before
        yield place
        before = place[1]


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{at_x:.1f},{at_y:.1f}" for at_x, at_y in places)


def _legend(canvas: Canvas, courses: Sequence[Course]) -> list[list[tuple[str, str]]]:
    """Lines of (name, colour); at most a third of the panel's height, as Grafana does."""
    if canvas.panel.options.get("legend", {}).get("showLegend", True) is False:
        return []
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for course in courses:
        name = cut(course.field.shown, canvas.width - 40)
        wide = 24 + LETTER * len(name)
        if used + wide > canvas.width - 20 and lines[-1]:
            lines.append([])
            used = 0.0
        lines[-1].append((name, course.colour))
        used += wide
    return lines[: max(1, int(canvas.height * 0.35 / LEGEND_LINE))]


def line_of_legend(line: Sequence[tuple[str, str]], x: float, y: float) -> Iterator[Child]:
    """One line of a legend: a dash and a name, and so on."""
    for name, stroke in line:
        yield box((x, y - 5, 12, 3), stroke)
        yield words(name, x + 16, y, fill=INK if stroke == INK else FAINT)
        x += 24 + LETTER * len(name)
