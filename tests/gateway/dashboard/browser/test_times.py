"""Times are those of the city, wherever the reader's browser is; also where clocks are put back."""

from playwright.sync_api import expect

from tests.gateway.dashboard.browser.conftest import Shown

BROWSERS_ZONE = "Europe/Brussels"
CHANGE_S = 1_792_890_000
"""2026-10-25 01:00 UTC: from 03:00 back to 02:00 in Brussels."""


def test_times_are_those_of_the_city(shown: Shown) -> None:
    shown.city.zone = "America/Paramaribo"
    page = shown.open("/domains/parking")
    expect(page.locator("footer")).to_contain_text("Times are those of America/Paramaribo.")
    expect(page.locator(".street").first).to_contain_text("62 % taken from 09:00 to 09:15, the newest quarter")
    shown.move(page, "/things/bay-1")
    page.locator(".course summary").first.click()
    expect(page.locator(".course tbody th").first).to_contain_text("10 Nov 2026, 08:45:00")
    assert shown.complaints == []


def test_a_city_of_an_unknown_zone_is_shown_by_the_browsers_own_and_says_so(shown: Shown) -> None:
    for zone in ("Moon/Copernicus", None):
        shown.city.zone = zone
        page = shown.open("/domains/parking")
        expect(page.locator("footer")).to_contain_text(f"Times are those of {BROWSERS_ZONE}.")
    assert shown.complaints == []


def test_a_chart_tells_true_times_over_an_hour_that_comes_twice(shown: Shown) -> None:
    page = shown.open("/events")
    found = page.evaluate(
        """async (change) => {
            const { wallTimes } = await import("/assets/wall_times.js");
            const { clock } = await import("/assets/format.js");
            const instants = [-3600, -1800, 0, 1800, 3600, 5400].map((step) => change + step);
            const wall = wallTimes(instants);
            const times = instants.map(wall.timeOf);
            const shown = times.map((time) => new Date(time * 1000).toISOString().slice(11, 19));
            return { shown, told: times.map((time) => clock(wall.instantOf(time) * 1000)) };
        }""",
        CHANGE_S,
    )
    assert found["shown"] == ["02:00:00", "02:30:00", "02:30:01", "02:30:02", "03:00:00", "03:30:00"]
    assert found["told"] == ["02:00", "02:30", "02:00", "02:30", "03:00", "03:30"]
