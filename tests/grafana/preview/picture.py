"""A page as an image, by headless Chromium."""

import subprocess
import tempfile
from pathlib import Path

from tests import servers

WITHIN_S = 90
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip


def photograph(html: str, *, width: int, height: int, into: Path) -> Path:
    """Write the page beside its image, ``NAME.html`` and ``NAME.png``; returns the image. Skips without Chromium."""
    page = into.with_suffix(".html")
    page.write_text(html, encoding="utf-8")
    into.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="citygate-preview-", ignore_cleanup_errors=True) as profile:
        command = [servers.program("chromium"), *FLAGS, f"--user-data-dir={profile}", "--timeout=15000"]
        command += [f"--window-size={width},{height}", f"--screenshot={into.resolve()}", page.resolve().as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_S)
    if not into.is_file():  # Chromium ends with 0 also when it failed
        raise RuntimeError(f"Chromium made no image of {page.name}: {done.stderr[-600:]}")
    return into
