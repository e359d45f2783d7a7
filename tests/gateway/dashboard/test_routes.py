"""Every address of the page, asked over HTTP of a whole gateway that has read three days of a simulated town."""

import gzip
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from gateway.dashboard import answers, domain_answers
from gateway.dashboard.words import table
from pipelines.vocabulary import PROPERTIES
from tests.gateway.dashboard import shown_city
from tests.gateway.dashboard.shown_city import Shown

ALL_VIEWS: dict[str, type[msgspec.Struct]] = {
    "parking": domain_answers.ParkingPage,
    "waste": domain_answers.WastePage,
    "cycling": domain_answers.CountPage,
    "mobility": domain_answers.CountPage,
    "green": domain_answers.GreenPage,
    "agri": domain_answers.GreenPage,
    "air": domain_answers.TablePage,
    "energy": domain_answers.TablePage,
    "weather": domain_answers.TablePage,
    "noise": domain_answers.TablePage,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("town")
    port = shown_city.write_city(folder, days=2.2)
    with shown_city.shown(folder, port) as shown:
        yield shown


def things(town: Shown) -> tuple[answers.Thing, ...]:
    return town.take(answers.Things, "/api/things").things


def one_of(town: Shown, feature_type: str) -> answers.Thing:
    return next(one for one in things(town) if one.feature_type == feature_type)


def test_the_overview_has_a_card_with_figures_for_each_pilot(town: Shown) -> None:
    overview = town.take(answers.Overview, "/api/overview")
    assert (overview.state, overview.city, overview.clock) == ("running", "mechelen", "trusted")
    assert overview.notices == ()
    cards = {card.id: card for card in overview.pilots}
    assert set(cards) == {site["pilot"] for site in shown_city.SITES}
    parking = cards["parking-mechelen"]
    assert (parking.devices, parking.heard_last_day, parking.coverage_percent) == (6, 6, 100.0)
    assert (parking.phase, parking.day, parking.days) == ("running", 16, 181)
    free = next(one for one in parking.headlines if one.code == "bays_free")
    assert free.of == 6
    assert free.value in range(7)
    assert all(card.headlines for card in cards.values())
    air = next(one for one in cards["air-mechelen"].headlines if one.code == "worst_air")
    assert air.word is not None
    assert air.word.nl != air.value
    counted = [one.code for name in ("cycling-mechelen", "mobility-mechelen") for one in cards[name].headlines]
    assert counted == ["bicycles_last_hour", "bicycles_yesterday", "people_last_hour", "people_yesterday"]
    assert overview.rates.accepted == town.gateway.refine.facts()["accepted"] > 1_000
    assert overview.things["ok"] == len(things(town))


def test_every_thing_has_its_place_its_value_and_when_it_was_heard(town: Shown) -> None:
    found = things(town)
    assert len(found) == sum(site["count"] for site in shown_city.SITES)
    assert {one.state for one in found} == {"ok"}
    for one in found:
        assert one.main is not None
        assert one.main.unit == "" or one.main.property.rpartition("_")[2] != ""
        assert one.longitude is not None
        assert one.last_heard_ms is not None
        assert 0 <= shown_city.END_NS // 10**6 - one.last_heard_ms < 86_400_000
    west, south, east, north = town.take(answers.Things, "/api/things").box or (0.0, 0.0, 0.0, 0.0)
    assert west <= min(one.longitude or 0 for one in found) < east
    assert south < max(one.latitude or 0 for one in found) <= north


def test_a_thing_tells_its_values_and_its_newest_message_byte_by_byte(town: Shown) -> None:
    thing = one_of(town, "waste-container")
    page = town.take(answers.ThingPage, "/api/thing", id=thing.id)
    assert page.thing == thing
    assert page.profile.reads == "layout"
    names = {(one.reading.property, one.derived_by) for one in page.properties}
    assert {("fill_level_clean_percent", "waste-container"), ("battery_percent", "")} <= names
    assert page.link is not None
    assert page.link.heard_by
    assert page.last is not None
    assert page.last.reason == ""
    assert page.last.payload_hex
    assert sum(span.length for span in page.last.spans) >= len(page.last.payload_hex) // 2
    assert any(step.property and step.observed is not None for step in page.last.steps)
    assert page.last.line_protocol.startswith("waste,")
    assert page.notices == ()


def test_a_thing_that_nobody_wrote_down_is_a_404_in_both_languages(town: Shown) -> None:
    said = town.ask("/api/thing", id="<script>alert(1)</script>")
    error = msgspec.json.decode(said.body, type=answers.Error)
    assert (said.status, error.code) == (404, "not-found")
    assert said.headers["content-type"] == "application/json"
    assert "Er is geen" in error.what.nl


def test_a_day_is_told_by_readings_and_a_month_by_hours(town: Shown) -> None:
    thing = one_of(town, "weather-station")
    day = town.take(answers.SeriesAnswer, "/api/series", feature=thing.feature, property="temperature_c", hours=24)
    assert (day.unit, day.kind) == ("°C", "gauge")
    assert [line.per for line in day.lines] == ["reading"]
    assert len(day.lines[0].at_ms) == len(day.lines[0].value) > 20
    assert list(day.lines[0].at_ms) == sorted(day.lines[0].at_ms)
    month = town.take(answers.SeriesAnswer, "/api/series", feature=thing.feature, property="temperature_c", hours=720)
    hours = month.lines[0]
    assert hours.per == "hour"
    assert hours.low is not None
    assert hours.high is not None
    mean = hours.value[3]
    low, high = hours.low[3], hours.high[3]
    assert isinstance(mean, float)
    assert low is not None
    assert high is not None
    assert low <= mean <= high


def test_a_state_is_told_by_its_changes_and_what_it_was_before(town: Shown) -> None:
    bay = one_of(town, "parking-spot")
    day = town.take(answers.SeriesAnswer, "/api/series", feature=bay.feature, property="occupied", hours=24)
    (line,) = day.lines
    changes = line.value[:-1]
    assert all(one is not other for one, other in pairwise(changes))
    assert day.before in (True, False)


def test_what_is_worked_out_over_intervals_is_told_by_one_of_them(town: Shown) -> None:
    counter = one_of(town, "bike-counter")
    for hours, interval_s in ((48, 900.0), (200, 3_600.0), (2_000, 86_400.0)):
        told = town.take(answers.SeriesAnswer, "/api/series", feature=counter.feature, property="bicycles", hours=hours)
        assert [line.interval_s for line in told.lines] == [interval_s]
        assert all(line.device == "cycling-bicycles" for line in told.lines)


@pytest.mark.parametrize(
    "query",
    [
        {"property": "temperature_c"},
        {"feature": "a/b", "property": "nothing"},
        {"feature": "a/b", "property": "temperature_c", "hours": "many"},
        {"feature": "a/b", "property": "temperature_c", "hours": "nan"},
        {"feature": "a/b", "property": "temperature_c", "hours": "1e30"},
        {"feature": "a/b", "property": "temperature_c", "from_ms": "5", "to_ms": "4"},
    ],
)
def test_a_series_that_cannot_be_is_refused(town: Shown, query: dict[str, str]) -> None:
    said = town.ask("/api/series?" + urlencode(query))
    assert said.status == 400
    assert msgspec.json.decode(said.body, type=answers.Error).code == "bad-request"


@pytest.mark.parametrize("domain", ALL_VIEWS)
def test_every_domain_answers_in_its_shape(town: Shown, domain: str) -> None:
    page = town.take(ALL_VIEWS[domain], f"/api/domains/{domain}")
    assert page.domain == domain  # type: ignore[attr-defined]


def test_parking_counts_each_street_and_says_where_to_try_first(town: Shown) -> None:
    page = town.take(domain_answers.ParkingPage, "/api/domains/parking")
    assert [street.rank for street in page.streets] == [1, 2]
    for street in page.streets:
        assert street.free + street.occupied + street.unknown == len(street.bays) == 3
        assert [chance.minutes for chance in street.chances] == [5, 10, 15, 30]
        assert all(bay.since_ms is not None for bay in street.bays if bay.state != "unknown")
    newest = {one.feature: one.main.value for one in things(town) if one.main is not None}
    bays = [bay for street in page.streets for bay in street.bays]
    assert {bay.feature: bay.state == "occupied" for bay in bays} == {bay.feature: newest[bay.feature] for bay in bays}


def test_waste_lists_the_fullest_first_and_plans_what_is_due(town: Shown) -> None:
    (tour,) = town.take(domain_answers.WastePage, "/api/domains/waste").rounds
    levels = [one.level_percent or 0.0 for one in tour.containers]
    assert levels == sorted(levels, reverse=True)
    assert {stop.feature for stop in tour.stops} == {one.feature for one in tour.containers if one.due}
    for one in tour.containers:
        if one.sooner_h is not None and one.full_in_h is not None and one.later_h is not None:
            assert one.sooner_h <= one.full_in_h <= one.later_h
    assert 0 <= tour.km <= tour.fixed_km


def test_counters_tell_today_so_far_and_the_days_before(town: Shown) -> None:
    (site,) = town.take(domain_answers.CountPage, "/api/domains/cycling").sites
    assert site.today is not None
    assert site.today > 0
    assert site.counted_until_ms is not None
    assert site.days[-1].day == "2026-11-15"
    assert site.yesterday == site.days[-1].count
    assert site.yesterday is not None
    assert site.yesterday_so_far is not None
    assert 0 < site.yesterday_so_far < site.yesterday
    known = sum(one.today or 0.0 for one in site.hours)
    assert known <= site.today + 1


def test_trees_come_with_their_advice_and_the_round(town: Shown) -> None:
    page = town.take(domain_answers.GreenPage, "/api/domains/green")
    assert page.day == "2026-11-16"
    assert len(page.plants) == 3
    assert {one.advice for one in page.plants} <= {"water", "wait", "rained", "unknown"}
    assert page.rounds[0].trees == 3


def test_a_table_has_a_cell_for_each_column_of_each_row(town: Shown) -> None:
    page = town.take(domain_answers.TablePage, "/api/domains/energy")
    assert 0 < len(page.columns) <= 12
    assert all(len(row.cells) == len(page.columns) for row in page.rows)
    assert any(row.thing is None and row.feature.startswith("connection/") for row in page.rows)
    assert any(column.derived for column in page.columns)


def test_domains_are_those_with_devices(town: Shown) -> None:
    found = town.take(domain_answers.Domains, "/api/domains").domains
    assert {one.domain: one.things for one in found}["parking"] == 6
    assert "noise" not in {one.domain for one in found}
    assert town.ask("/api/domains/flying").status == 404


def test_the_machine_room_shows_sinks_logs_and_loops(town: Shown) -> None:
    page = town.take(answers.GatewayPage, "/api/gateway")
    assert {sink.kind for sink in page.sinks} == {"store", "quarantine"}
    assert all(sink.pending == 0 and not sink.error for sink in page.sinks)
    assert [log.name for log in page.logs] == ["intake", "ledger"]
    assert page.loops
    assert all(page.loops.values())
    assert page.rss_bytes > 20 << 20
    assert page.analytics is not None
    assert page.analytics.derived > 0
    assert page.sources[0].counts["received"] == page.rates.received


def test_events_are_numbered_and_the_newest_comes_first(town: Shown) -> None:
    events = town.take(answers.EventsAnswer, "/api/events").events
    assert {"GatewayStarted", "ListeningOn"} <= {one.name for one in events}
    assert [one.number for one in events] == sorted((one.number for one in events), reverse=True)


def test_every_word_in_the_answers_has_a_label_in_both_languages(town: Shown) -> None:
    words = town.take(domain_answers.Words, "/api/words")
    assert set(words.properties) == set(PROPERTIES)
    assert words.zone == town.gateway.known.files.pilots["parking-mechelen"].timezone
    overview = town.take(answers.Overview, "/api/overview")
    assert {one.code for card in overview.pilots for one in card.headlines} <= set(words.headlines)
    page = town.take(answers.ThingPage, "/api/thing", id=one_of(town, "waste-container").id)
    assert {one.derived_by for one in page.properties if one.derived_by} <= set(words.producers)
    assert {one.feature_type for one in things(town)} <= set(words.feature_types)


def test_every_page_is_the_same_file_under_a_strict_policy(town: Shown) -> None:
    for path in ("/", "/things", "/things/a%2Fb", "/domains/air", "/parking", "/gateway", "/inbox"):
        said = town.ask(path)
        assert (said.status, said.headers["content-type"]) == (200, "text/html; charset=utf-8")
        policy = said.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy


def test_assets_are_served_with_their_type_and_known_by_their_etag(town: Shown) -> None:
    library = town.ask("/assets/vendor/lightweight-charts.js")
    assert library.headers["content-type"].startswith("text/javascript")
    assert b"TradingView" in library.body
    assert town.ask("/assets/vendor/lightweight-charts.js", {"If-None-Match": library.headers["etag"]}).status == 304
    for path in (
        "/assets/../routes.py",
        "/assets/%2e%2e/routes.py",
        "/assets//etc/passwd",
        "/assets/",
        "/assets/no.js",
    ):
        assert town.ask(path).status == 404, path


def test_answers_are_compressed_for_who_takes_it_and_the_same(town: Shown) -> None:
    plain, packed = town.ask("/api/things"), town.ask("/api/things", {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 3
    assert json.loads(gzip.decompress(packed.body)) == json.loads(plain.body)
    assert town.ask("/api/things", {"If-None-Match": plain.headers["etag"]}).status == 304


def test_an_address_that_is_not_there_is_told_so(town: Shown) -> None:
    assert town.ask("/api/nothing").status == 404
    assert town.ask("/api/overview/more").status == 404


def test_every_address_and_notice_is_in_the_readme() -> None:
    from gateway.dashboard import routes  # noqa: PLC0415 - what it names is looked at, nothing is asked

    page = Path(routes.__file__).with_name("README.md").read_text()
    for path in routes.PAGES:
        assert f"`{path}`" in page, path
    text = answers.Notice.__doc__ or ""
    assert [code for code in table()["notices"] if f"``{code}``" not in text] == []
