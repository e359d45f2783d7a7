"""Who reads: by keyboard, by screen reader, in Dutch, in the dark."""

from playwright.sync_api import Page, expect

from tests.gateway.dashboard.browser.conftest import Shown


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")
    return text


def test_the_keyboard_skips_to_the_content_and_reaches_everything(shown: Shown) -> None:
    page = shown.open("/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    wanted = page.evaluate("""[...document.querySelectorAll("main :is(a[href], button, summary, [tabindex='0'])")]
        .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 200))""")
    assert len(wanted) > 8
    assert [one for one in wanted if one not in reached] == []


def test_the_focus_is_seen(shown: Shown) -> None:
    page = shown.open("/things")
    page.locator("#q").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_new_page_takes_the_focus_to_its_heading(shown: Shown) -> None:
    page = shown.open("/")
    page.locator("[data-way=inbox]").focus()
    page.keyboard.press("Enter")
    page.locator("h1", has_text="Inbox").wait_for()
    expect(page.locator("h1")).to_be_focused()
    assert page.title() == "Inbox · Citygate"
    page.go_back()
    page.locator("h1", has_text="attention").wait_for()


def test_the_map_is_moved_and_opened_by_keyboard(shown: Shown) -> None:
    page = shown.open("/things?q=tree")
    surface = page.locator(".map-surface")
    surface.focus()
    scale = page.locator(".map-scale text")
    before = scale.text_content()
    for _ in range(4):
        page.keyboard.press("+")
    expect(scale).not_to_have_text(before or "")
    page.keyboard.press("0")
    expect(scale).to_have_text(before or "")
    for _ in range(6):
        if page.locator(".map-card").is_visible():
            break
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
    expect(page.locator(".map-card a")).to_contain_text("tree")


def test_dutch_is_spoken_everywhere_and_remembered(shown: Shown) -> None:
    page = shown.open("/")
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator(".rail button", has_text="Nederlands").click()
    expect(page.locator("h1")).to_have_text("2 dingen vragen aandacht")
    assert page.locator("html").get_attribute("lang") == "nl"
    page.reload()
    expect(page.locator("h1")).to_have_text("2 dingen vragen aandacht")
    expect(page.locator(".pilot-card", has_text="Air in").locator(".figure").first).to_have_text("redelijk")
    shown.go(page, "/domains/waste")
    expect(page.locator("h1")).to_have_text("Wat vandaag op te halen")
    assert shown.complaints == []


def test_a_browser_that_speaks_dutch_is_answered_in_dutch(shown: Shown) -> None:
    page = shown.open("/gateway", language="nl-NL")
    expect(page.locator("h2").first).to_have_text("Nu")


def test_the_dark_is_chosen_and_remembered(shown: Shown) -> None:
    page = shown.open("/")
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.locator(".rail [data-theme-choice=dark]").click()
    page.reload()
    page.locator("h1").wait_for()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_chart_is_also_a_table_and_quality_has_words(shown: Shown) -> None:
    page = shown.open("/things/bay-1")
    course = page.locator(".course", has_text="Air temperature")
    course.locator("summary").click()
    expect(course.locator("caption")).to_contain_text("Air temperature")
    expect(course.locator("tbody tr").first).to_contain_text("°C")
    expect(course.locator(".chart-legend")).to_contain_text("estimated")
    page.locator(".spans button", has_text="31 days").click()
    page.wait_for_url("**?span=744")


def test_the_list_is_sought_and_filtered_and_the_address_keeps_it(shown: Shown) -> None:
    page = shown.open("/things")
    page.locator("#q").fill("korenmarkt bin")
    expect(page.locator("tbody tr")).to_have_count(0)
    page.locator("#q").fill("korenmarkt container")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("#q").fill("")
    page.locator("select").nth(2).select_option("alarm")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_charts_library_is_named_as_its_licence_asks(shown: Shown) -> None:
    page = shown.open("/")
    link = page.locator("footer a", has_text="TradingView Lightweight Charts")
    assert link.get_attribute("href") == "https://www.tradingview.com/"
