"""The evaluation report: figures of a known pilot, what lacks data has no verdict, and a page that asks for nothing."""

import asyncio
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.clock import Clock
from gateway.events import Events
from gateway.reports.charts import Line, course_chart, nice_ticks, shade
from gateway.reports.html import Markup, joined, tag
from gateway.reports.reading import read_days
from gateway.sinks.store.settings import StoreSettings
from gateway.sinks.store.sink import StoreSink
from pipelines.domains.local_time import bounds_of
from pipelines.model import Derived, Observation, Revision
from pipelines.pilots.evaluate import Span
from tests.gateway.reports.recorded_pilot import HOUR_NS, ZONE, write_pilot


def report(folder: Path, *more: str) -> Result:
    out = folder / "report.html"
    return CliRunner().invoke(
        main, ["pilot", "report", "parking-mechelen", "-c", str(folder), "--out", str(out), *more]
    )


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    write_pilot(tmp_path)
    return tmp_path


class Well(HTMLParser):
    """Whether every element is closed, and what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(folder: Path) -> Well:
    page = Well()
    page.feed((folder / "report.html").read_text("utf-8").removeprefix("<!doctype html>"))
    assert not page.open
    return page


def test_the_verdicts_of_a_pilot_that_helped(pilot: Path) -> None:
    done = report(pilot)
    assert done.exit_code == 0, done.output
    assert re.search(r"target reached +How full the bays are: 7[45]\.\d %", done.output)
    assert re.search(r"better +Parkings longer than allowed: 9\.\d %", done.output)
    assert re.search(r"no change shown +Error of the forecast", done.output)
    assert "2026-05-04 to 2026-06-28, 16 devices" in done.output


def test_the_page_is_whole_asks_for_nothing_and_shows_foreign_text_as_text(pilot: Path) -> None:
    report(pilot)
    page = read(pilot)
    assert page.fetched == []
    source = (pilot / "report.html").read_text("utf-8")
    assert "url(" not in source
    assert "@import" not in source
    assert "<script" not in source
    assert "Parking guidance <in> the centre of Mechelen" in page.texts


def test_a_pilot_of_which_half_the_days_are_missing_gets_no_verdict(tmp_path: Path) -> None:
    write_pilot(tmp_path, broken=True)
    done = report(tmp_path)
    assert done.output.count("insufficient data") == 5  # of six: only the measured one has its days
    text = " ".join(read(tmp_path).texts)
    assert "What the data forbid to conclude" in text
    assert "28 of 56 usable" in text


def test_weak_devices_are_named_with_their_hours(pilot: Path) -> None:
    report(pilot)
    text = " ".join(read(pilot).texts)
    assert "2 of 16 devices report less than nine tenths of the time" in text
    assert "parking-spot/korenmarkt-5" in text


def test_the_written_baseline_counts_where_none_was_recorded_and_names_its_source(tmp_path: Path) -> None:
    write_pilot(tmp_path)
    pilot = tmp_path / "pilots" / "parking-mechelen.toml"
    pilot.write_text(pilot.read_text().replace("start = 2026-05-04", "start = 2026-03-09"))  # the first recorded day
    report(tmp_path)
    assert "Manual count, 12 days in autumn 2025" in read(tmp_path).texts


def test_without_a_store_it_is_said_with_a_cure(pilot: Path) -> None:
    (pilot / "state" / "store.sqlite").unlink()
    done = report(pilot)
    assert done.exit_code == 4
    assert "there is no store" in done.output
    assert not (pilot / "report.html").exists()


def test_a_pilot_that_lies_outside_what_was_recorded_is_told_its_days(pilot: Path) -> None:
    done = report(pilot, "--from", "2026-09-01", "--to", "2026-08-01")
    assert done.exit_code == 4
    assert "no whole day" in done.output


def test_a_misspelt_pilot_is_found(pilot: Path) -> None:
    done = CliRunner().invoke(main, ["pilot", "report", "parking-mechelem", "-c", str(pilot)])
    assert done.exit_code == 1
    assert "Did you mean 'parking-mechelen'" in done.output


def test_markup_is_only_what_says_so() -> None:
    assert tag("p", "<b>", Markup("<i>x</i>"), title='"') == '<p title="&quot;">&lt;b&gt;<i>x</i></p>'
    assert joined([None, "a", ["b", None]]) == "ab"


def test_ticks_are_round_and_span_the_values() -> None:
    assert nice_ticks(0, 97) == [0, 50, 100]
    assert nice_ticks(0.11, 0.14) == [0.11, 0.12, 0.13, 0.14]
    ticks = nice_ticks(-3.2, 12)
    assert ticks[0] <= -3.2
    assert ticks[-1] >= 12


def test_a_course_without_a_value_says_so_and_one_value_is_drawn() -> None:
    assert "No usable day" in course_chart([(date(2026, 5, 4), None)], [], unit="%", title="x")
    one = course_chart([(date(2026, 5, 4), 5.0)], [Line(7.0, "target", "#000", "1")], unit="%", title="x")
    assert "<circle" in one
    assert "target" in one
    assert [shade(share) for share in (None, 0.95, 0.8, 0.2)] == ["#8a8f98", "#009e73", "#e69f00", "#d55e00"]


def test_a_device_that_was_never_heard_counts_and_one_that_is_silent_to_the_end_is_not_up(pilot: Path) -> None:
    devices = pilot / "devices" / "parking-mechelen.toml"
    report(pilot)
    before = " ".join(read(pilot).texts)
    devices.write_text(
        devices.read_text()
        + '[[device]]\nid = "02c17e00000000ff"\nfeature = "parking-spot/never"\n'
        + '[[device]]\nid = "02c17e00000000fe"\nfeature = "parking-spot/gone"\nvalid_to = 2026-01-01T00:00:00Z\n'
    )
    fall_silent(pilot, "parking-spot/korenmarkt-1", date(2026, 5, 31))
    report(pilot)
    after = " ".join(read(pilot).texts)
    assert "3 of 17 devices report less than nine tenths" in after
    assert re.search(r"had fallen silent +100\.0", before)
    assert re.search(r"had fallen silent +91\.1", after)  # of 17 one for all 56 days, one for 29: 1 - 85 / (17 * 56)


def fall_silent(pilot: Path, feature: str, day: date) -> None:
    """An alarm of silence that nothing ends."""
    begin_ns, _ = bounds_of(day, ZONE)
    said = Observation(feature, "silent", True, begin_ns)
    asyncio.run(
        write_more(pilot / "state" / "store.sqlite", Derived("silence", 1, "parking-mechelen", "mechelen", (said,)))
    )


def test_the_night_flow_is_read_though_its_interval_is_two_hours(tmp_path: Path) -> None:
    file = write_pilot(tmp_path)
    said = []
    for number in range(14):
        midnight_ns, _ = bounds_of(date(2026, 5, 4) + timedelta(days=number), ZONE)
        flow = Observation("water-meter/a", "night_flow_l_h", 3.0, midnight_ns + 2 * HOUR_NS, interval_ns=2 * HOUR_NS)
        said.append(flow)
    asyncio.run(write_more(file, Derived("water-leakage", 1, "parking-mechelen", "mechelen", tuple(said))))
    span = Span(date(2026, 5, 4), date(2026, 5, 17))
    days = read_days(file, "parking-mechelen", ZONE, span, needed={"night_flow_l_h"}, own=())
    assert [days.at("night_flow_l_h", day) for day in span.days] == [[3.0]] * 14


async def write_more(file: Path, entry: Derived) -> None:
    sink = StoreSink("store", StoreSettings(history_days=0, rollup_days=0), file, clock=Clock(), events=Events())
    await sink.start()
    await sink.write([Revision(9_000_000, entry)])
    await sink.close()


def test_an_indicator_without_one_usable_day_is_named(pilot: Path) -> None:
    """Its domain promises it, so its absence is a finding; hiding it would flatter the pilot."""
    file = pilot / "pilots" / "parking-mechelen.toml"
    file.write_text(file.read_text().replace('domains = ["parking"]', 'domains = ["parking", "noise"]'))
    done = report(pilot)
    assert re.search(r"not measured +Day-evening-night level", done.output)
    assert "Not measured on any day: Day-evening-night level" in " ".join(read(pilot).texts)


def test_of_households_neither_place_nor_name_is_shown(pilot: Path) -> None:
    file = pilot / "pilots" / "parking-mechelen.toml"
    file.write_text(file.read_text().replace('privacy_class = "C"', 'privacy_class = "D"'))
    report(pilot)
    source = (pilot / "report.html").read_text("utf-8")
    assert "korenmarkt-5" not in source
    assert "02c17e" not in source
    assert "16 connections of households or firms" in source


def test_a_meter_at_the_panels_is_not_one_more_building_that_draws_nothing(tmp_path: Path) -> None:
    file = write_pilot(tmp_path)
    pilot = tmp_path / "pilots" / "parking-mechelen.toml"
    pilot.write_text(pilot.read_text().replace('domains = ["parking"]', 'domains = ["parking", "energy"]'))
    devices = tmp_path / "devices" / "parking-mechelen.toml"
    said = []
    for role, kwh in (("grid", 60.0), ("production", 0.0)):
        feature = f"electricity-meter/{role}"
        devices.write_text(
            devices.read_text() + f'[[device]]\nid = "meter-{role}"\nprofile = "generic/json"\nfeature = "{feature}"\n'
            f'details = {{ connection = "hall", role = "{role}" }}\n'
        )
        for number in range(14):
            begin_ns, end_ns = bounds_of(date(2026, 5, 4) + timedelta(days=number), ZONE)
            said.append(
                Observation(feature, "energy_import_interval_kwh", kwh, begin_ns, interval_ns=end_ns - begin_ns)
            )
    asyncio.run(write_more(file, Derived("energy-meter", 1, "parking-mechelen", "mechelen", tuple(said))))
    done = report(tmp_path, "--to", "2026-05-17")
    assert "Electricity drawn a day at a connection: 60.0 kWh" in done.output


def test_a_course_of_nothing_but_zeros_has_no_scale_below_zero() -> None:
    days = [(date(2026, 5, 4), 0.0), (date(2026, 5, 5), 0.0)]
    assert "-1" not in "".join(re.findall(r'class="tick"[^>]*>([^<]*)<', course_chart(days, [], unit="/d", title="x")))
