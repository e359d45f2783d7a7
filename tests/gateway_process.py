"""A real gateway as a child process, for system tests and benchmarks: write its files, start, kill, ask, stop."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_WITHIN_S = 30.0


def wait_until(condition: Callable[[], bool], *, within_s: float = 30.0, what: str = "condition") -> None:
    """Poll until true; fails the test by name when it takes too long."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s:.0f} s: {what}")


@dataclass
class GatewayProcess:
    """One ``citygate run`` over a folder that holds citygate.toml, devices/, pilots/ and state/."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    code: Path | None = None
    """The checkout whose code runs; the present one when None."""
    program: str = "gateway.cli.main"
    """The module that is ``citygate``."""
    _starts_before: int = 0

    def write(self, config: str, *, pilots: dict[str, str], devices: dict[str, str]) -> None:
        """Put the operator's files in place."""
        for name, files in (("pilots", pilots), ("devices", devices)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
            for stem, text in files.items():
                (self.folder / name / f"{stem}.toml").write_text(text)
        (self.folder / "citygate.toml").write_text(config)

    @property
    def log(self) -> Path:
        return self.folder / "gateway.log"

    def start(self, *, wait: bool = True) -> None:
        before = self.starts()
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", self.program, "run", "--config", str(self.folder / "citygate.toml")]
            env = os.environ | {"CITYGATE_LOG": "json"}
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=self.code)
        self._starts_before = before
        if wait:
            self.await_start()

    def await_start(self) -> None:
        """Wait until the process that was started last says that it is ready."""
        wait_until(
            lambda: self._died() or self.starts() > self._starts_before,
            within_s=READY_WITHIN_S,
            what="gateway started",
        )
        assert not self._died(), f"the gateway ended at start; its log ends:\n{self.log_tail()}"

    def await_links(self, count: int = 1) -> None:
        """Wait until so many sources have had their subscription: what is published before is not for a new client."""
        wait_until(lambda: len(self.events("SourceConnected")) >= count, what=f"{count} sources connected")

    def starts(self) -> int:
        return len(self.events("GatewayStarted"))

    def events(self, name: str) -> list[dict[str, Any]]:
        """Every event of a name since the folder was made."""
        if not self.log.exists():
            return []
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if f'"{name}"' in line]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def kill_nine(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, *, within_s: float = 40.0) -> int:
        """SIGTERM and wait; returns the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill_nine()
            raise

    def hang_up(self) -> None:
        """SIGHUP: read devices and pilots again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another ``citygate`` command on the same files."""
        command = [sys.executable, "-m", "gateway.cli.main", *words, "--config", str(self.folder / "citygate.toml")]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    def spawn(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin another ``citygate`` command, and do not wait for it."""
        command = [sys.executable, "-m", "gateway.cli.main", *words, "--config", str(self.folder / "citygate.toml")]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def status(self) -> dict[str, Any]:
        """``citygate status --json``."""
        done = self.command("status", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def log_tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def cpu_s(self) -> float:
        """User and system CPU seconds of the process so far."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """Resident memory now."""
        return self._memory("VmRSS")

    def peak_rss_mb(self) -> float:
        """The kernel's high-water mark of resident memory."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> float:
        """A line of the kernel's account, in MiB (proc_pid_status(5))."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024

    def _died(self) -> bool:
        return self.process is not None and self.process.poll() is not None
