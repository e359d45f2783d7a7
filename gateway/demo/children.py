"""The demo's child processes: start, watch, end. Each writes a log of its own into the demo's folder.

Each has a session of its own: Ctrl-C and a closed terminal reach the demo alone, which then ends them in order. Whoever
starts a child notes it before anything is waited for, so that none stays behind.
"""

import contextlib
import importlib.util
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

READY_WITHIN_S = 60.0
RECORDING = "history.ndjson.zst"
PRESENT_SINCE_S = 60.0
"""So long before now the recording ends and the broker's part begins: something is heard of it at once."""
MAKES_UP = 600
"""City seconds per second until the simulated town has caught up with now."""
END_WITHIN_S = 30.0


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


class Child:
    """One child process by name; its log tells why it ended when it should not have."""

    def __init__(self, name: str, command: list[str], folder: Path, *, waits_for_a_line: bool = False) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        given = subprocess.PIPE if waits_for_a_line else subprocess.DEVNULL
        with self.log.open("wb") as out:
            self._process = subprocess.Popen(  # noqa: S603 - ours
                command, stdin=given, stdout=out, stderr=out, start_new_session=True
            )

    def check(self) -> None:
        """Raises DemoError when the process has ended by itself."""
        if (code := self._process.poll()) is not None:
            tail = self.log.read_text(errors="replace")[-800:].strip()
            raise DemoError(f"the {self.name} ended with code {code}. Its log, {self.log}, ends:\n{tail}")

    def wait_for(self, ready: Callable[[], bool], within_s: float | None = None) -> None:
        """Until ready; raises DemoError when it ends first or takes too long."""
        within_s = READY_WITHIN_S if within_s is None else within_s
        deadline = time.monotonic() + within_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise DemoError(f"the {self.name} was not ready within {within_s:.0f} s; see {self.log}")
            time.sleep(0.05)

    def counted(self, word: str) -> int | None:
        """The number before this word in its log: "53300 messages written". None while it has not said so."""
        found = re.search(rf"^(\d+) {word}\b", self.log.read_text(errors="replace"), re.MULTILINE)
        return int(found[1]) if found else None

    def go_on(self) -> None:
        """Give it the line that it waits for; nothing where it has ended, or has had it."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(OSError):
                self._process.stdin.write(b"\n")
                self._process.stdin.close()

    def peak_rss_mb(self) -> float:
        """The kernel's high-water mark of its memory; 0 where it cannot be asked."""
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8").splitlines()
            return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
        return 0.0

    def end(self) -> None:
        """Politely first."""
        self._process.terminate()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()


def broker(folder: Path, port: int) -> Child:
    """The embedded broker on loopback. Raises DemoError where its package is missing."""
    if importlib.util.find_spec("iotcore") is None:
        raise DemoError("the demo's broker is not installed. Run: make demo, or pip install 'citygate[demo]'")
    return Child("broker", [sys.executable, "-m", "iotcore", "--listen", "127.0.0.1", "--port", str(port)], folder)


def gateway(folder: Path) -> Child:
    """``citygate run`` over the demo's files."""
    command = [sys.executable, "-m", "gateway.cli.main", "run", "--config", str(folder / "citygate.toml")]
    return Child("gateway", command, folder)


def simulator(folder: Path, *, scenario: str, days: float, port: int) -> Child:
    """The simulated town: its pilots and devices as files, its past as ``RECORDING``, and after ``go_on`` its present.

    What happened while the past was taken in is made up for at once.
    """
    command = [
        *(sys.executable, "-m", "simulators", "simulate", scenario),
        *("--hours-back", str(days * 24 + PRESENT_SINCE_S / 3600), "--days", str(days)),
        *("--write-assets", str(folder), "--to", str(folder / RECORDING)),
        *("--then", f"mqtt://127.0.0.1:{port}", "--pace", str(MAKES_UP)),
    ]
    return Child("simulator", command, folder, waits_for_a_line=True)


def write_assets(folder: Path, scenario: str) -> None:
    """The scenario's pilots and devices, as files. Raises DemoError."""
    command = [sys.executable, "-m", "simulators", "simulate", scenario, "--write-assets", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise DemoError(f"the simulator could not write its devices: {done.stderr.strip()[-800:]}")


@contextlib.contextmanager
def ended(children: list[Child]) -> Iterator[list[Child]]:
    """End all children at the end of the block, the last started first, also at SIGTERM and when the terminal goes."""
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield children
    finally:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # no second one shall leave the ending half done
        for child in reversed(children):
            child.end()
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False
