"""The report as one HTML page that asks nothing of any network: data quality first, then figures and verdicts."""

from collections.abc import Sequence
from datetime import date
from importlib.resources import files

import msgspec

from gateway.reports.charts import GREEN, ORANGE, Line, course_chart, place_map
from gateway.reports.html import Child, Markup, joined, tag
from pipelines.model import Location
from pipelines.pilots.evaluate import COVERAGE_ENOUGH, DAYS_ENOUGH, Evaluation, Measured, Span, Verdict
from pipelines.pilots.quality import DeviceQuality, Figure, by_profile

MARKS: dict[Verdict, str] = {
    "target reached": "good",
    "target met": "good",
    "better": "good",
    "worse": "bad",
    "no change shown": "open",
    "no baseline": "open",
    "for context": "open",
    "insufficient data": "none",
}
MEANINGS: dict[Verdict, str] = {
    "target reached": "the whole 95 % interval lies beyond the target",
    "target met": "the figure is beyond the target, its interval is not wholly",
    "better": "better than the baseline beyond chance",
    "worse": "worse than the baseline beyond chance",
    "no change shown": "the difference to the baseline may be chance",
    "no baseline": "nothing was recorded or written down to compare with",
    "for context": "neither more nor less of it is better",
    "insufficient data": f"fewer than {DAYS_ENOUGH} usable days, or less than {COVERAGE_ENOUGH:.0%} of them",
}
WORST_DEVICES = 12
LEAST_CONNECTIONS = 10
"""Of households or firms, in a figure that may be published: the policy of the open topics for privacy class D."""
COLOURS = "Green: at least 90 % of the expected hours have a value. Orange: at least 75 %. Red: less. Grey: none."
STEPS = (
    (
        "Hang the devices, write them down with position and feature (citygate devices import), and record at least "
        "four weeks before anything is changed: that is the baseline."
    ),
    (
        "Put the pilot's dates, baseline and targets into its file before it begins; a target chosen afterwards proves "
        "nothing."
    ),
    "Look at the silent devices every week: below three quarters of usable days there is no verdict.",
    "Write this report again with: citygate pilot report {pilot}",
)
METHOD = (
    "An indicator is a sum over days divided by a sum over days; a day enters when at least three quarters of its "
    "features have a value. Intervals are 95 % percentile intervals of a bootstrap over blocks of days, widened for "
    "few blocks. A written baseline has no spread of its own."
)
UNITS = {
    "1": "",
    "{count}": "",
    "Cel": "°C",
    "kW.h": "kWh",
    "ug/m3": "µg/m³",
    "{count}/d": "a day",
    "/d": "a day",
}
NOTHING = "n/a"


class Report(msgspec.Struct, frozen=True):
    """All that the page shows; whole numbers and words, nothing is worked out there."""

    pilot_id: str
    title: str
    city: str
    domains: tuple[str, ...]
    publisher: str
    contact: str
    licence: str
    span: Span
    before: Span | None
    figures: Sequence[Figure]
    devices: Sequence[DeviceQuality]
    places: dict[str, tuple[Location, float | None]]
    evaluations: Sequence[Evaluation]
    written: date
    version: str
    made_with: str
    excluded: dict[str, list[date]]
    """By KPI title the days that did not enter."""
    connections: int | None = None
    """Of privacy class D the number of households and firms: no place and no name of a single device is shown then."""
    unmeasured: Sequence[str] = ()
    """Titles of the domains' indicators of which no day was usable."""


def page(report: Report) -> str:
    """The whole document."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{report.title}: evaluation"),
        tag("style", Markup(files("gateway.reports").joinpath("report.css").read_text("utf-8"))),
    )
    body = tag(
        "body",
        tag("main", _head(report), _summary(report), _quality(report), _kpis(report), _recipe(report), _annex(report)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _head(report: Report) -> Markup:
    facts = f"{report.city.title()} · {', '.join(report.domains)} · {_span(report.span)}"
    return tag(
        "header", tag("p", facts, class_="facts"), tag("h1", report.title), tag("p", _lead(report), class_="lead")
    )


def _lead(report: Report) -> str:
    counts: dict[str, int] = {}
    for one in report.evaluations:
        counts[MARKS[one.verdict]] = counts.get(MARKS[one.verdict], 0) + 1
    good, bad = counts.get("good", 0), counts.get("bad", 0)
    rest = len(report.evaluations) - good - bad
    short = [figure for figure in report.figures if figure.holds is False]
    about = "Data quality meets its targets, where it is known."
    if short:
        about = f"Data quality falls short in {len(short)} of {len(report.figures)} figures."
    return (
        f"Of {len(report.evaluations)} indicators {good} improved or met their target, {bad} got worse, "
        f"{rest} allow no verdict or show no change. {about}"
    )


def _summary(report: Report) -> Markup:
    cards = [
        tag(
            "li",
            tag("span", one.verdict, class_=f"verdict {MARKS[one.verdict]}"),
            tag("strong", number(one.pilot.value, one.kpi.digits), tag("small", unit(one.kpi.unit))),
            tag("span", one.kpi.title),
            class_="card",
        )
        for one in report.evaluations
    ]
    return tag("section", tag("h2", "At a glance"), tag("ul", cards, class_="cards"))


def _quality(report: Report) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", figure.name, tag("small", figure.meaning), scope="row"),
            tag("td", number(figure.value, 1), " ", figure.unit if figure.value is not None else "", class_="figure"),
            tag("td", f"at least {figure.target:g} {figure.unit}", class_="figure"),
            tag("td", _mark(figure)),
        )
        for figure in report.figures
    ]
    forbidden = [one.kpi.title for one in report.evaluations if one.verdict == "insufficient data"]
    forbids: Child = (
        tag("p", "What the data forbid to conclude: ", tag("strong", "; ".join(forbidden)), ".", class_="caution")
        if forbidden
        else tag("p", "No indicator had to be left without a verdict for lack of data.")
    )
    return tag(
        "section",
        tag("h2", "First: can the data be trusted?"),
        _table(("", "Measured", "Target", ""), rows),
        forbids,
        tag("p", "Not measured on any day: ", "; ".join(report.unmeasured), ".", class_="caution")
        if report.unmeasured
        else None,
        _devices(report),
    )


def _devices(report: Report) -> Child:
    """Map and weakest devices; of households (privacy class D) neither a place nor a name."""
    if report.connections is not None:
        few = "" if report.connections >= LEAST_CONNECTIONS else f" With fewer than {LEAST_CONNECTIONS} of them "
        few = f"{few}the figures below are for the city alone, not to be published." if few else ""
        about = f"{report.connections} connections of households or firms: none is shown by place or name.{few}"
        return tag("p", about, class_="caution" if few else "note")
    return [
        tag("h3", "Where the devices are"),
        place_map(report.places, title="Devices by the share of hours with a value"),
        tag("p", COLOURS, class_="note"),
        _weakest(report),
    ]


def _weakest(report: Report) -> Child:
    weak = sorted((one for one in report.devices if one.completeness < 0.9), key=lambda one: one.completeness)  # noqa: PLR2004 - the target
    if not weak:
        return None
    rows = [
        tag(
            "tr",
            tag("th", one.feature, scope="row"),
            tag("td", one.device),
            tag("td", f"{one.completeness:.0%}", class_="figure"),
            tag("td", f"{one.silent_h:,.0f} h", class_="figure"),
            tag("td", "" if one.pdr is None else f"{one.pdr:.0%}", class_="figure"),
        )
        for one in weak[:WORST_DEVICES]
    ]
    more = f" Shown are {WORST_DEVICES}." if len(weak) > WORST_DEVICES else ""
    heading = f"{len(weak)} of {len(report.devices)} devices report less than nine tenths of the time.{more}"
    table = _table(("What it observes", "Device", "Hours with a value", "Silent", "Frames delivered"), rows)
    return [tag("h3", "Weakest devices"), tag("p", heading), table]


def _kpis(report: Report) -> Markup:
    return tag("section", tag("h2", "Did the pilot work?"), [_kpi(one) for one in report.evaluations])


def _kpi(one: Evaluation) -> Markup:
    word = unit(one.kpi.unit)
    lines = []
    if one.baseline_value is not None:
        lines.append(Line(one.baseline_value, "baseline", ORANGE, "2 4"))
    if one.aim.target is not None:
        lines.append(Line(one.aim.target, "target", GREEN, "7 4"))
    return tag(
        "article",
        tag("h3", one.kpi.title, tag("span", one.verdict, class_=f"verdict {MARKS[one.verdict]}")),
        tag("p", _meaning(one), class_="note"),
        tag(
            "dl",
            _fact("Pilot", f"{number(one.pilot.value, one.kpi.digits)} {word}", _interval(one.pilot, one.kpi.digits)),
            _fact("Baseline", _baseline(one), one.aim.source if not one.baseline else ""),
            _fact("Change", signed(one.change, one.kpi.digits, word), _change_interval(one)),
            _fact("Target", "none set" if one.aim.target is None else f"{one.aim.target:g} {word}", _wish(one)),
            _fact("Days", f"{one.pilot.usable} of {one.pilot.days} usable", _guessed(one.pilot)),
        ),
        course_chart(one.pilot.course, lines, unit=one.kpi.unit, title=one.kpi.title),
        [tag("p", f"Caution: {caution}.", class_="caution") for caution in one.cautions],
    )


def _meaning(one: Evaluation) -> str:
    short = one.verdict == "better" and one.aim.target is not None
    text = MEANINGS[one.verdict] + ("; the target is not met" if short else "")
    return text[0].upper() + text[1:] + "."


def _recipe(report: Report) -> Markup:
    models = ", ".join(f"{count} x {profile}" for profile, count in by_profile(report.devices).items()) or "none"
    return tag(
        "section",
        tag("h2", "To do it again elsewhere"),
        tag("p", "Ingredients: ", models, f"; a gateway with Citygate {report.version}; {report.made_with}."),
        tag("ol", [tag("li", step.format(pilot=report.pilot_id)) for step in STEPS]),
    )


def _annex(report: Report) -> Markup:
    formulas = [
        tag(
            "tr",
            tag("th", one.kpi.title, scope="row"),
            tag("td", one.kpi.id),
            tag("td", one.kpi.formula),
            tag("td", one.kpi.level),
            tag("td", _days(report.excluded.get(one.kpi.title, []))),
        )
        for one in report.evaluations
    ]
    before = f"Baseline days: {_span(report.before)}." if report.before else "No baseline days were recorded."
    about = (
        f"Written on {report.written} by Citygate {report.version}. Publisher: {report.publisher}. "
        f"Licence of the data: {report.licence}. Contact: {report.contact}."
    )
    return tag(
        "section",
        tag("h2", "Annex: how it was worked out"),
        tag("p", METHOD),
        tag("p", before),
        _table(("Indicator", "Name", "Formula", "Kind", "Days left out"), formulas),
        tag("footer", about),
    )


def number(value: float | None, digits: int) -> str:
    """``1,234.5``; n/a where there is none."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


def signed(value: float | None, digits: int, word: str) -> str:
    """With its sign; a difference of two percentages is in points."""
    return NOTHING if value is None else f"{value:+,.{digits}f} {'points' if word == '%' else word}"


def unit(ucum: str) -> str:
    """A unit as people write it."""
    return UNITS.get(ucum, ucum)


def _fact(name: str, value: str, remark: str) -> list[Child]:
    return [tag("div", tag("dt", name), tag("dd", value, tag("small", remark) if remark else None))]


def _interval(measured: Measured, digits: int) -> str:
    if measured.interval is None:
        return ""
    return f"{number(measured.interval.low, digits)} to {number(measured.interval.high, digits)}"


def _change_interval(one: Evaluation) -> str:
    if one.change_interval is None:
        return ""
    low, high = one.change_interval.low, one.change_interval.high
    return f"{low:+,.{one.kpi.digits}f} to {high:+,.{one.kpi.digits}f}"


def _guessed(measured: Measured) -> str:
    return f"{measured.guessed} with estimated or doubtful values" if measured.guessed else ""


def _baseline(one: Evaluation) -> str:
    if one.baseline_value is None:
        return "none"
    return f"{number(one.baseline_value, one.kpi.digits)} {unit(one.kpi.unit)}"


def _wish(one: Evaluation) -> str:
    return {"higher": "more is better", "lower": "less is better", "context": "for context"}[one.kpi.better]


def _mark(figure: Figure) -> Markup:
    words = {True: ("holds", "good"), False: ("falls short", "bad"), None: ("not known", "none")}
    word, kind = words[figure.holds]
    return tag("span", word, class_=f"verdict {kind}")


def _span(span: Span) -> str:
    return f"{span.first:%-d %B %Y} to {span.last:%-d %B %Y}"


def _days(days: Sequence[date]) -> str:
    """A list of days, runs drawn together."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    shown = [f"{first}" if first == last else f"{first} to {last}" for first, last in runs[:8]]
    return ", ".join(shown) + (f" and {len(runs) - 8} more" if len(runs) > 8 else "") or "none"  # noqa: PLR2004 - as shown


def _table(headers: Sequence[str], rows: Sequence[Markup]) -> Markup:
    head = tag("thead", tag("tr", [tag("th", header, scope="col") if header else tag("td") for header in headers]))
    return tag("div", tag("table", head, tag("tbody", joined(rows))), class_="scroll")
