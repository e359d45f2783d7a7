"""The page before a whole gateway that has read a day of a simulated town: what it shows is what the gateway knows."""

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from gateway.dashboard import answers, domain_answers
from tests.gateway.dashboard import shown_city
from tests.gateway.dashboard.browser.conftest import Readers, Shown, open_browser
from tests.gateway.dashboard.browser.test_every_page import cut

LEAKED = re.compile(r"\b(undefined|NaN|null|Infinity)\b|\[object|\{\w+\}|Invalid Date")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[shown_city.Shown]:
    folder = tmp_path_factory.mktemp("town")
    port = shown_city.write_city(folder, days=1.2)
    with shown_city.shown(folder, port) as city:
        yield city


def look(town: shown_city.Shown, walk: Callable[[Shown], None]) -> None:
    """Walk with a browser in a thread of its own, while the gateway lives in this one."""

    def walked() -> None:
        with open_browser() as browser:
            shown = Shown(Readers(browser), f"http://127.0.0.1:{town.port}")
            walk(shown)
            shown.close()

    town.loop.run_until_complete(asyncio.to_thread(walked))


def paths(town: shown_city.Shown) -> list[str]:
    """All pages: of the things one of each domain."""
    one_each = {one.domain: one.id for one in town.take(answers.Things, "/api/things").things}
    domains = town.take(domain_answers.Domains, "/api/domains").domains
    found = ["/", "/things", "/domains", "/inbox", "/gateway", "/events"]
    return found + [f"/things/{thing}" for thing in one_each.values()] + [f"/domains/{one.domain}" for one in domains]


def text(page: Page) -> str:
    """Everything that is seen."""
    return str(page.evaluate("document.body.innerText"))


def test_every_page_of_a_real_gateway_is_filled_and_complains_of_nothing(town: shown_city.Shown) -> None:
    places = paths(town)

    def walk(shown: Shown) -> None:
        page = shown.open("/", width=390, height=844, language="nl-NL")
        page.locator("body[data-connection=live]").wait_for()
        for path in places:
            shown.move(page, path)
            page.wait_for_timeout(100)  # the first charts are drawn
            assert LEAKED.findall(text(page)) == [], path
            assert page.locator("main > .notice").count() == 0, path
            assert cut(page) == [], path
        assert shown.complaints == []

    assert len(places) > 15
    look(town, walk)
