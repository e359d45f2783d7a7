"""Forty pilots, a thousand devices and two hundred alarms: the page stays bounded, and does only what has changed."""

import pytest
from playwright.sync_api import expect

from tests.gateway.dashboard.browser import pretended
from tests.gateway.dashboard.browser.conftest import Shown
from tests.gateway.dashboard.browser.test_every_page import SPEED_LIMIT_MS, WIDTHS, cut

DEVICES, PILOTS, ALARMS = 1_000, 40, 200
ELEMENTS = 7_000
"""Of which the map's drawing and forty cards are the most."""


def enlarge(city: pretended.City) -> None:
    kinds = {"parking": "parking-spot", "waste": "waste-container", "cycling": "bike-counter", "green": "tree"}
    domains = list(kinds)
    city.things = []
    for index in range(DEVICES):
        domain = domains[index % 4]
        alarmed = index < ALARMS
        one = pretended.thing(
            index,
            domain,
            kinds[domain],
            pretended.reading("fill_level_percent", float(index % 100), "%"),
            pilot=f"{domain}-{index % PILOTS:02}",
            longitude=4.46 + 0.04 * (index * 37 % DEVICES) / DEVICES,
            latitude=51.01 + 0.03 * (index * 91 % DEVICES) / DEVICES,
            state="alarm" if alarmed else "ok",
            alarms=("overflow",) if alarmed else (),
        )
        city.things.append(one)
    city.wrong = [
        pretended.trouble("overflow", one.name, "It is too full.", "Empty it.", thing=one.id)
        for one in city.things[:ALARMS]
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_of_a_large_city_are_bounded_and_answer_soon(shown: Shown, width: int) -> None:
    enlarge(shown.city)
    page = shown.open("/", width=width, height=WIDTHS[width])
    expect(page.locator("h1")).to_have_text("200 things need attention")
    assert page.locator(".trouble").count() == 50
    assert page.locator(".pilot-card").count() == PILOTS
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS
    assert cut(page) == []
    took_ms = page.evaluate("""async () => {
        const begun = performance.now();
        document.querySelector("[data-way=things]").click();
        while (!document.querySelector(".things-list table")) await new Promise(requestAnimationFrame);
        return performance.now() - begun;
    }""")  # fmt: skip
    assert took_ms < SPEED_LIMIT_MS
    assert page.locator(".things-list tbody tr").count() == 100
    assert cut(page) == []
    shown.move(page, "/domains/waste")
    assert cut(page) == []
    map_height = page.locator(".map-panel").first.evaluate("one => one.getBoundingClientRect().height")
    assert map_height <= WIDTHS[width], "beside a tour of many stops the map stays in sight"
    assert shown.complaints == []


def test_an_overview_that_says_the_same_again_touches_nothing_and_a_changed_card_is_drawn(shown: Shown) -> None:
    enlarge(shown.city)
    page = shown.open("/")
    page.locator("body[data-connection=live]").wait_for()
    page.evaluate("""() => {
        window.touched = 0;
        const watch = new MutationObserver((found) => { window.touched += found.length; });
        watch.observe(document.querySelector(".pilots"), { subtree: true, childList: true, attributes: true });
    }""")
    asked = shown.city.told
    page.wait_for_timeout(1_500)
    assert shown.city.told > asked, "the stream told it again meanwhile"
    assert page.evaluate("window.touched") == 0
    shown.city.things[ALARMS + 3] = pretended.thing(
        ALARMS + 3, "green", "tree", None, pilot="green-03", state="silent", area="bruul"
    )
    expect(page.locator(".pilot-card[data-key='green-03']")).to_contain_text("1 silent")
    assert shown.complaints == []
