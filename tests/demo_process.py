"""A demo that runs, as a child process: where its page is, when its past is there, what its devices are called."""

import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_WITHIN_S, LIVE_WITHIN_S = 60.0, 300.0


class RunningDemo:
    """``said``: all that it has printed so far."""

    def __init__(self, folder: Path, *, days: float) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "gateway.cli.main", "demo", "--days", str(days), "--keep", str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = ""
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    @property
    def page(self) -> str:
        """Where its page is. Raises TimeoutError with what it said instead."""
        return self._wait_for(r"Open +(http://\S+)", READY_WITHIN_S)

    def wait_until_live(self) -> None:
        """Until the past is there and the present has begun."""
        self._wait_for(r"(live now)", LIVE_WITHIN_S)

    def device(self, feature: str) -> str:
        """The id of the device at a feature, from the files that the simulator wrote."""
        for file in (self.folder / "devices").glob("*.toml"):
            for device in tomllib.loads(file.read_text(encoding="utf-8"))["device"]:
                if device["feature"] == feature:
                    return str(device["id"])
        raise LookupError(feature)

    def end(self) -> int:
        """Politely; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._listening.join(10)
        return code

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
        self.process.stdout.close()

    def _wait_for(self, pattern: str, within_s: float) -> str:
        deadline = time.monotonic() + within_s
        while (found := re.search(pattern, self.said)) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"the demo did not say {pattern!r}, but:\n{self.said}")
            time.sleep(0.1)
        return found[1]


@contextmanager
def running_demo(folder: Path, *, days: float) -> Iterator[RunningDemo]:
    """A demo for the length of the block."""
    demo = RunningDemo(folder, days=days)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.end()
