"""Parking guidance: what a driver may take is told apart from what is kept for others."""

import msgspec
from playwright.sync_api import expect

from tests.gateway.dashboard.browser.conftest import Shown
from tests.gateway.dashboard.browser.pretended import reading


def test_a_street_whose_free_bays_are_reserved_has_no_free_bay_for_everybody(shown: Shown) -> None:
    free = "parking-5"  # for the disabled, in the third street
    shown.city.things = [
        msgspec.structs.replace(one, main=reading("occupied", one.id != free, "")) if one.domain == "parking" else one
        for one in shown.city.things
    ]
    page = shown.open("/domains/parking")
    street = page.locator(".street", has=page.locator(f"a[href='/things/{free}']"))
    expect(street.locator(".huge")).to_have_text("0")
    expect(street.locator(".street-free .note")).to_contain_text("for everybody · 1 reserved bay is free, too")
    assert shown.complaints == []
