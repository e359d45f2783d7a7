"""Names come from files, devices and strangers: whatever they hold, they are text."""

from itertools import cycle

import msgspec

from tests.gateway.dashboard.browser.conftest import Shown
from tests.gateway.dashboard.browser.pretended import HOSTILE, PAGES
from tests.gateway.dashboard.browser.test_every_page import cut


def test_hostile_names_are_text_on_every_page_and_cut_nothing(shown: Shown) -> None:
    names, areas = cycle(HOSTILE), cycle(HOSTILE[1:])
    shown.city.things = [msgspec.structs.replace(one, name=next(names), area=next(areas)) for one in shown.city.things]
    shown.city.wrong = [msgspec.structs.replace(one, subject=name) for one in shown.city.wrong for name in HOSTILE]
    shown.city.unknown = list(HOSTILE)
    page = shown.open("/", width=390, height=844)
    for path in PAGES:
        shown.move(page, path)
        assert page.evaluate("window.harmed") is None, path
        assert page.locator("main img, main script, main iframe").count() == 0, path
        assert cut(page) == [], path
    shown.move(page, "/things")
    shown_names = page.locator("tbody th bdi").all_inner_texts()
    assert {name for name in HOSTILE if any(name in told for told in shown_names)} == set(HOSTILE)
    assert shown.complaints == []


def test_a_device_with_an_id_of_any_characters_has_a_page(shown: Shown) -> None:
    odd = 'a/b?c#d%e "f"'
    shown.city.things[0] = msgspec.structs.replace(shown.city.things[0], id=odd, name="odd one")
    page = shown.open("/things?q=odd")
    page.locator("tbody th a").click()
    page.locator("h1", has_text="odd one").wait_for()
    page.reload()
    page.locator("h1", has_text="odd one").wait_for()
    assert shown.complaints == []
