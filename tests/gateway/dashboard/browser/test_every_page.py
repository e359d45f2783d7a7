"""Every page, at a wall screen's width and a phone's, and in the dark: nothing complains, nothing is cut."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.gateway.dashboard.browser.conftest import Shown
from tests.gateway.dashboard.browser.pretended import PAGES

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WIDTHS = {1440: 900, 390: 844}
SPEED_LIMIT_MS = 3_000
DARK_PAGES = ("/", "/things/bay-1", "/domains/parking", "/gateway")
"""Between them they have every kind of panel, badge, table and chart."""


def violations(page: Page, rules: str = "") -> list[str]:
    """What axe-core finds, as lines; by all its rules or by one."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        """async (only) => {
            const rules = only ? {runOnly: {type: "rule", values: [only]}} : {};
            return (await axe.run(document, {resultTypes: ["violations"], ...rules})).violations;
        }""",
        rules,
    )
    return [f"{one['id']}: {one['help']}: {node['html'][:160]}" for one in found for node in one["nodes"][:3]]


def cut(page: Page) -> list[str]:
    """Elements that reach beyond the right edge, and the page's own overflow."""
    return list(page.evaluate("""() => {
        const whole = document.documentElement.scrollWidth;
        const wide = whole > innerWidth ? [`page: ${whole}`] : [];
        const beyond = [...document.querySelectorAll("main *, footer *, header *")].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width > 1 && box.right > innerWidth + 1 && !one.closest("svg, .map, .chart");
        });
        return wide.concat(beyond.slice(0, 5).map((one) => one.outerHTML.slice(0, 120)));
    }"""))  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_whole_and_accessible(shown: Shown, width: int) -> None:
    page = shown.open("/", width=width, height=WIDTHS[width])
    for path in PAGES:
        shown.move(page, path)
        page.wait_for_function("document.querySelectorAll('.chart-place:empty').length < 6")
        assert cut(page) == [], path
        assert page.title().endswith("Citygate"), path
        assert page.locator("h1").count() == 1, path
        assert violations(page) == [], f"{path} at {width}"
    assert shown.complaints == []


def test_the_dark_has_its_contrasts(shown: Shown) -> None:
    page = shown.open("/", scheme="dark", width=390, height=844)
    for path in DARK_PAGES:
        shown.move(page, path)
        page.wait_for_function("document.querySelectorAll('.chart-place:empty').length < 6")
        assert violations(page, "color-contrast") == [], path
    assert shown.complaints == []


def test_the_first_paint_and_an_answer_to_a_click_come_soon(shown: Shown) -> None:
    paints, clicks = [], []
    for width in (1441, 1442):  # readers who come for the first time
        page = shown.open("/", width=width)
        paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        clicks.append(page.evaluate("""async () => {
            const begun = performance.now();
            document.querySelector("[data-way=things]").click();
            while (!document.querySelector(".things-list table")) await new Promise(requestAnimationFrame);
            return performance.now() - begun;
        }"""))  # fmt: skip
    print(f"\nfirst contentful paint {min(paints):.0f} ms, from a click to the list of things {min(clicks):.0f} ms")
    assert min(paints) < SPEED_LIMIT_MS
    assert min(clicks) < SPEED_LIMIT_MS
