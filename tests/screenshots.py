"""``python -m tests.screenshots --write docs/screenshots``: the pictures of the README, of a demo that runs.

The demo's own town, a month of it, in Debian's Chromium. Each is looked at by a person before it is committed.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec
from playwright.sync_api import Browser, sync_playwright

from tests.demo_process import RunningDemo, running_demo

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars")
PRESENT_S = 65.0
"""After so long what is said of the last minute is said of the present."""
LARGEST_BYTES = 200_000
"""Of one picture: a clone should not wait for them."""


class Shot(msgspec.Struct, frozen=True):
    """One picture. ``path``: of the page; ``{bin}`` is a bin. ``top``: what stands at the top."""

    name: str
    path: str
    top: str = ""
    width: int = 1440
    height: int = 900


SHOTS = (
    Shot("overview", "/"),
    Shot("things", "/things"),
    Shot("bin", "/things/{bin}?span=744", top=".courses"),
    Shot("parking", "/parking"),
    Shot("phone", "/", width=390, height=844),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def take(browser: Browser, demo: RunningDemo, shot: Shot, folder: Path) -> tuple[Path, list[str]]:
    """Write one picture; with it, what the browser's console and the page complained of."""
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        locale="en-GB",
        timezone_id="Europe/Brussels",
        reduced_motion="reduce",
        color_scheme="light",
    )
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(demo.page.rstrip("/") + shot.path.format(bin=quote(demo.device("waste-container/lindenlaan-03"))))
    page.locator("main[aria-busy=false] h1").wait_for()
    page.wait_for_timeout(1_500)  # charts and the map are drawn in frames of their own
    if shot.top:
        page.locator(shot.top).evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 80)")
        page.wait_for_timeout(1_500)  # charts are drawn when they come into sight
    found = list(complaints)
    file = folder / f"{shot.name}.png"
    page.screenshot(path=file)  # which puts a style into the page, of which the page complains
    context.close()
    return file, found


def main(argv: Sequence[str]) -> int:
    """The command. Exit code 1: a picture is too large, or its page complained."""
    made = argparse.ArgumentParser(prog="python -m tests.screenshots", description=(__doc__ or "").partition(": ")[2])
    made.add_argument("--write", type=Path, required=True, metavar="DIR")
    made.add_argument("--days", type=float, default=31.0, help="of history (31)")
    options = made.parse_args(argv)
    options.write.mkdir(parents=True, exist_ok=True)
    wrong = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = stack.enter_context(running_demo(folder, days=options.days))
        demo.wait_until_live()
        browser = stack.enter_context(chromium())
        browser.new_page().goto(demo.page)  # rates are of what was seen while somebody looked
        time.sleep(PRESENT_S)
        for shot in SHOTS:
            file, complaints = take(browser, demo, shot, options.write)
            size = file.stat().st_size
            print(f"{file}  {shot.width} x {shot.height}  {size / 1000:.0f} kB", *complaints, sep="\n  ")
            wrong += bool(complaints) or size > LARGEST_BYTES
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
