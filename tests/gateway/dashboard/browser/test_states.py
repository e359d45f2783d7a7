"""What can be wrong with a city or its gateway: each screen says what it is and what to do."""

import re

import msgspec
from playwright.sync_api import expect

from gateway.dashboard.words import notice
from tests.gateway.dashboard.browser import pretended
from tests.gateway.dashboard.browser.conftest import Shown


def test_an_empty_city_says_what_to_do_first(shown: Shown) -> None:
    empty = pretended.empty_city()
    shown.city.things, shown.city.notices, shown.city.wrong = [], empty.notices, []
    page = shown.open("/")
    expect(page.locator("h1")).to_have_text("Nothing to watch yet")
    expect(page.locator(".notices")).to_contain_text(empty.notices[0].mend.en)
    for path in ("/things", "/domains", "/domains/parking"):
        shown.go(page, path)
        assert page.locator(".notice").count() >= 1, path
    assert shown.complaints == []


def test_a_stopped_sink_is_told_with_its_servers_words_and_the_cure(shown: Shown) -> None:
    shown.city.wrong = [pretended.STALLED]
    shown.city.sink_error = "401 unauthorized"
    page = shown.open("/gateway")
    sink = page.locator(".sink", has_text="influxdb")
    expect(sink).to_contain_text("does not take anything")
    expect(sink).to_contain_text("401 unauthorized")
    expect(sink).to_contain_text("Give it a new token")
    expect(sink).to_contain_text("31,004")
    shown.go(page, "/")
    expect(page.locator(".trouble")).to_contain_text("Give it a new token")


def test_a_silent_street_says_where_to_look(shown: Shown) -> None:
    shown.city.street_silent = True
    page = shown.open("/domains/parking")
    street = page.locator(".street").first
    expect(street).to_contain_text("This street is silent")
    expect(street).to_contain_text("LoRaWAN gateway first")
    assert street.locator(".bay[data-state=unknown]").count() == 6


def test_a_clock_that_is_not_set_is_told_on_both_pages(shown: Shown) -> None:
    shown.city.clock = "unset"
    shown.city.notices = [notice("clock-unset", "critical")]
    page = shown.open("/")
    expect(page.locator(".notice")).to_contain_text(shown.city.notices[0].mend.en)
    shown.go(page, "/gateway")
    expect(page.locator("main")).to_contain_text("timedatectl")


def test_a_browser_whose_clock_is_wrong_still_tells_true_ages(shown: Shown) -> None:
    page = shown.open("/things")  # this browser's clock is not that of the pretended city at all
    expect(page.locator("tbody tr").last).to_contain_text("6 min ago")
    expect(page.locator("#live")).to_contain_text("clock differs")


def test_a_lost_connection_is_told_and_found_again(shown: Shown) -> None:
    page = shown.open("/")
    expect(page.locator("body")).to_have_attribute("data-connection", "live")
    shown.city.stream = False
    expect(page.locator("#live")).to_contain_text("Connection lost")
    expect(page.locator(".lost")).to_contain_text("It tries again by itself")
    shown.city.stream = True
    expect(page.locator("body")).to_have_attribute("data-connection", "live")
    expect(page.locator(".lost")).to_be_hidden()


def test_what_changes_is_shown_without_asking(shown: Shown) -> None:
    page = shown.open("/")
    shown.city.wrong = []
    expect(page.locator("h1")).to_have_text("All is well")
    shown.city.wrong = [pretended.SILENT]
    expect(page.locator("h1")).to_have_text("1 thing needs attention")
    expect(page.locator("#wrong-said")).to_have_text("1 thing needs attention")


def test_a_gateway_that_wants_a_token_asks_for_it(shown: Shown) -> None:
    shown.city.status = 401
    page = shown.open("/")
    expect(page.locator("main .notice")).to_contain_text("token_file")
    page.locator("#token").fill("a&b")
    page.locator(".token-form button").click()
    page.wait_for_url("**/?token=a%26b")


def test_an_address_that_names_nothing_says_so(shown: Shown) -> None:
    page = shown.open("/things/gone")
    expect(page.locator("h1")).to_have_text("There is nothing here")
    shown.go(page, "/domains/nothing")
    expect(page.locator("h1")).to_have_text("There is nothing here")


def test_a_thing_that_falls_silent_changes_in_the_list(shown: Shown) -> None:
    page = shown.open("/things")
    first = page.locator("tr[data-key='parking-1']")
    expect(first).to_contain_text("fine")
    shown.city.things[0] = msgspec.structs.replace(shown.city.things[0], state="silent")
    expect(first).to_contain_text("silent")


def test_a_bar_grows_with_its_figure(shown: Shown) -> None:
    page = shown.open("/")
    card = page.locator(".pilot-card", has_text="Green in")
    expect(card.locator(".bar-fill")).to_have_attribute("style", re.compile(r"83\.\d+%"))
    never = shown.city.things[30]
    shown.city.things[30] = msgspec.structs.replace(never, state="ok", last_heard_ms=pretended.NOW_MS)
    expect(card.locator(".bar-fill")).to_have_attribute("style", "inline-size: 100%;")
    assert shown.complaints == []
