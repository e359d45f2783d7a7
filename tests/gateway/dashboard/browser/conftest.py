"""A real browser before a real HTTP server: Debian's Chromium, driven by Playwright."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route, sync_playwright

from gateway.http.embedded import Embedded, bound
from tests.gateway.dashboard.browser import pretended
from tests.gateway.dashboard.browser.pretended_server import application

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb")


class Readers:
    """Who reads, by width, colours and language: one context each, which keeps the page's files as a browser does."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[tuple[int, int, str, str], BrowserContext] = {}

    def page(self, width: int, height: int, scheme: str, language: str) -> Page:
        """A fresh page of a reader."""
        key = (width, height, scheme, language)
        if key not in self._contexts:
            context = self._browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                locale=language,
                timezone_id="Europe/Brussels",
                reduced_motion="reduce",
            )
            context.set_default_timeout(8_000)
            self._contexts[key] = context
        return self._contexts[key].new_page()


class Shown:
    """The pretended city, its address, and pages of a browser in which nothing may go wrong unnoticed."""

    def __init__(self, readers: Readers, address: str) -> None:
        self.address = address
        self.city = pretended.city()
        self.complaints: list[str] = []
        self._readers = readers
        self._pages: list[Page] = []

    def page(
        self, *, width: int = 1440, height: int = 900, scheme: str = "light", language: str = "en-GB", address: str = ""
    ) -> Page:
        """A fresh page; whatever the console, the page or the network complains of is noted in ``complaints``."""
        home = address or self.address

        def only_ours(route: Route, request: Request) -> None:
            if request.url.startswith((home, "data:", "blob:")):
                route.continue_()
            else:
                self.complaints.append(f"external request: {request.url}")
                route.abort()

        page = self._readers.page(width, height, scheme, language)
        page.route(lambda url: not url.startswith(home), only_ours)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self._pages.append(page)
        return page

    def open(self, path: str, **more: object) -> Page:
        """A fresh page at a path, once it is filled."""
        page = self.page(**more)  # type: ignore[arg-type]
        self.go(page, path)
        return page

    def go(self, page: Page, path: str, *, address: str = "") -> None:
        """To a path, and wait until the page is filled and its charts are drawn."""
        page.goto((address or self.address) + path)
        page.locator("main h1").wait_for()
        page.locator("main[aria-busy=false]").wait_for(state="attached")

    def move(self, page: Page, path: str) -> None:
        """To another page as a click on a link goes: without loading the page anew."""
        page.evaluate("""path => {
            document.querySelector("main").setAttribute("aria-busy", "true");
            history.pushState(null, "", path);
            dispatchEvent(new PopStateEvent("popstate"));
        }""", path)  # fmt: skip
        page.locator("main[aria-busy=false]").wait_for(state="attached")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text} {message.location.get('url', '')}")

    def close(self) -> None:
        """Close the pages; what a reader chose is forgotten."""
        for page in self._pages:
            page.evaluate("localStorage.clear()")
            page.close()


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium, until the block ends; skips where there is none, fails in CI."""
    if not Path(CHROMIUM).exists():
        missing = f"{CHROMIUM} is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and in CI a missing browser is an error")
        pytest.skip(f"needs a browser: {missing}")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a file.

    Not one for the session: while it is open its own event loop counts as running, and tests with a loop cannot run.
    """
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def readers(browser: Browser) -> Readers:
    """Of one file's tests."""
    return Readers(browser)


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Callable[[], pretended.City]], str]]:
    """Serves a city in a thread of its own; gives its address."""
    running: list[tuple[Embedded, threading.Thread]] = []

    def start(state: Callable[[], pretended.City]) -> str:
        listener = bound(("127.0.0.1", 0), backlog=64, said="test")
        config = uvicorn.Config(
            application(state), log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        server = Embedded(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(5)


@pytest.fixture(scope="module")
def current() -> list[pretended.City]:
    """Holds the city that is served now."""
    return [pretended.city()]


@pytest.fixture(scope="module")
def address(serve: Callable[[Callable[[], pretended.City]], str], current: list[pretended.City]) -> str:
    """Of the pretended city."""
    return serve(lambda: current[0])


@pytest.fixture
def shown(readers: Readers, address: str, current: list[pretended.City]) -> Iterator[Shown]:
    """A city of its own for each test."""
    found = Shown(readers, address)
    current[0] = found.city
    yield found
    found.city.stream = False
    found.close()
