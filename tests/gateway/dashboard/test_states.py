"""What the pages say when there is nothing to show, or something is missing: each names it and says what to do."""

import json
from pathlib import Path

from gateway.clock import BUILD_DATE_NS
from gateway.dashboard import answers, domain_answers
from tests import servers
from tests.gateway.dashboard import shown_city
from tests.gateway.road import until

TREES = [{"kind": "trees", "pilot": "green-mechelen", "count": 2}]
BAYS = [{"kind": "parking_mmcc", "pilot": "parking-mechelen", "count": 3, "per_street": 3}]


def codes(answer: object) -> set[str]:
    return {one.code for one in answer.notices}  # type: ignore[attr-defined]


def test_an_empty_gateway_says_that_there_are_no_pilots_and_no_devices(tmp_path: Path) -> None:
    port = servers.free_port()
    shown_city.write_config(tmp_path, port, shown_city.STORE)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        overview = town.take(answers.Overview, "/api/overview")
        assert (overview.state, codes(overview)) == ("empty", {"no-pilots"})
        assert codes(town.take(answers.Things, "/api/things")) == {"no-devices"}
        assert "no-things-here" in codes(town.take(domain_answers.ParkingPage, "/api/domains/parking"))
        assert codes(town.take(domain_answers.TablePage, "/api/domains/air")) == {"no-things-here"}
        assert town.take(domain_answers.Domains, "/api/domains").domains == ()
        inbox = town.take(answers.Inbox, "/api/inbox")
        assert (inbox.unknown_total, inbox.failures_total) == (0, 0)
        for one in (*overview.notices, *inbox.notices):
            assert one.what.en != one.what.nl
            assert one.mend.nl


def test_devices_that_nobody_heard_yet_are_never_and_the_page_says_where_to_look(tmp_path: Path) -> None:
    port = shown_city.write_city(tmp_path, days=0.01, sites=TREES)
    (tmp_path / "past.ndjson").write_text("")
    with shown_city.shown(tmp_path, port, settled=False) as town:
        overview = town.take(answers.Overview, "/api/overview")
        assert (overview.state, overview.things["never"]) == ("unheard", 2)
        assert codes(overview) == {"nothing-heard"}
        assert [one.why for one in overview.pilots[0].worst] == ["never", "never"]
        things = town.take(answers.Things, "/api/things")
        assert codes(things) == {"nothing-heard"}
        page = town.take(answers.ThingPage, "/api/thing", id=things.things[0].id)
        assert "nothing-heard" in codes(page)
        assert (page.last, page.link, page.properties) == (None, None, ())


def test_behind_a_backlog_nobody_is_called_silent_and_the_page_says_what_is_to_be_read(tmp_path: Path) -> None:
    trees = [{"kind": "trees", "pilot": "green-mechelen", "count": 4, "report_min": 4}]
    port = shown_city.write_city(tmp_path, days=14.0, sites=trees)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        facts = town.gateway.refine.facts
        town.loop.run_until_complete(until(lambda: facts()["accepted"] > 500 and facts()["unread"] > 5_000))
        overview = town.take(answers.Overview, "/api/overview")
        assert codes(overview) == {"catching-up"}
        assert overview.things == {"ok": 4, "alarm": 0, "silent": 0, "never": 0}
        assert [pilot.heard_last_day for pilot in overview.pilots] == [4]


def test_without_a_store_every_page_works_from_memory_and_says_how_to_keep_history(tmp_path: Path) -> None:
    port = shown_city.write_city(tmp_path, days=1.0, sites=BAYS, tables=shown_city.NO_STORE)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        refine = town.gateway.refine
        town.loop.run_until_complete(until(lambda: refine.facts()["accepted"] > 60 and not refine.facts()["unread"]))
        assert {sink.kind for sink in town.take(answers.GatewayPage, "/api/gateway").sinks} == {
            "influxdb",
            "quarantine",
        }
        overview = town.take(answers.Overview, "/api/overview")
        (lacking,) = [one for one in overview.notices if one.code == "no-store"]
        assert "[sinks.store]" in lacking.mend.en
        assert "[sinks.store]" in lacking.mend.nl
        assert overview.state == "running"
        page = town.take(domain_answers.ParkingPage, "/api/domains/parking")
        assert {bay.state for bay in page.streets[0].bays} <= {"free", "occupied"}
        bay = page.streets[0].bays[0]
        assert bay.since_ms is not None
        thing = town.take(answers.ThingPage, "/api/thing", id=bay.thing)
        assert thing.last is not None
        told = town.take(answers.SeriesAnswer, "/api/series", feature=bay.feature, property="occupied", hours=100)
        assert codes(told) == {"no-store"}
        assert [len(line.at_ms) for line in told.lines] == [1]


def test_a_sink_that_does_not_answer_is_named_with_what_to_do(tmp_path: Path) -> None:
    port = shown_city.write_city(tmp_path, days=0.3, sites=BAYS, tables=shown_city.NO_STORE)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        town.loop.run_until_complete(until(lambda: any(one.outage.since_ns for one in town.gateway.deliveries)))
        page = town.take(answers.GatewayPage, "/api/gateway")
        (sink,) = [one for one in page.sinks if one.id == "influxdb"]
        assert sink.error
        assert sink.failing_since_ms is not None
        assert sink.pending > 0
        wrong = town.take(answers.Overview, "/api/overview").wrong
        (trouble,) = [one for one in wrong if one.subject == "influxdb"]
        assert trouble.about == "gateway"
        assert trouble.mend.en
        assert trouble.what.nl != trouble.what.en


def test_a_clock_that_is_not_set_is_told_on_every_page(tmp_path: Path) -> None:
    port = shown_city.write_city(tmp_path, days=0.01, sites=TREES)
    with shown_city.shown(tmp_path, port, settled=False, wall_ns=BUILD_DATE_NS - 10**18) as town:
        for kind, path in ((answers.Overview, "/api/overview"), (answers.Things, "/api/things")):
            answer = town.take(kind, path)
            assert "clock-unset" in codes(answer)
        assert town.take(answers.Overview, "/api/overview").clock == "unset"


def test_without_analytics_the_pages_say_so(tmp_path: Path) -> None:
    port = shown_city.write_city(
        tmp_path, days=0.3, sites=TREES, tables=shown_city.STORE + "[analytics]\nenabled = false\n"
    )
    with shown_city.shown(tmp_path, port) as town:
        page = town.take(domain_answers.GreenPage, "/api/domains/green")
        assert "no-analytics" in codes(page)
        assert {one.advice for one in page.plants} == {None}
        assert all(one.measured_ms is not None for one in page.plants)
        assert town.take(answers.GatewayPage, "/api/gateway").analytics is None


def test_a_store_that_cannot_be_read_is_told_and_memory_goes_on(tmp_path: Path) -> None:
    port = shown_city.write_city(tmp_path, days=0.3, sites=TREES)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "store.sqlite").write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        town.loop.run_until_complete(until(lambda: any(one.outage.since_ns for one in town.gateway.deliveries)))
        overview = town.take(answers.Overview, "/api/overview")
        assert "store-unreadable" in codes(overview)
        assert overview.state == "running"


def test_a_thing_whose_messages_are_not_understood_shows_the_last_one_and_why(tmp_path: Path) -> None:
    port = shown_city.write_city(tmp_path, days=0.3, sites=TREES)
    past = tmp_path / "past.ndjson"
    lines = [json.loads(line) for line in past.read_text().splitlines()]
    for line in lines:
        line["body"] = json.dumps(json.loads(line["body"]) | {"data": "AAAA"})
    past.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with shown_city.shown(tmp_path, port) as town:
        assert town.gateway.refine.facts()["accepted"] == 0
        thing = town.take(answers.Things, "/api/things").things[0]
        page = town.take(answers.ThingPage, "/api/thing", id=thing.id)
        assert "not-understood" in codes(page)
        assert page.last is not None
        assert page.last.reason == "decode_failed"
        assert page.last.mend
        inbox = town.take(answers.Inbox, "/api/inbox")
        assert {(one.device, one.known, one.reason) for one in inbox.failures} >= {(thing.id, True, "decode_failed")}
