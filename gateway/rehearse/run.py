"""One rehearsal: a city is simulated into a recording, the gateway refines it, nothing may be missing at the end.

    python -m simulators simulate ─▶ recording, truth, pilots, devices
                                         └─▶ citygate run ─▶ store          both children of this process

Laws
- The simulator and the gateway are programs of their own: what is rehearsed is what runs in a city.
- A rehearsal ends when refine, analytics and every sink have all of it, and only if the books balance (``audit``).
- Children are ended in order, whatever happens.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from gateway.control import ControlError, NotRunningError, ask
from gateway.demo.children import Child, DemoError, ended, gateway
from gateway.sources.recording_file import open_recording

LOOK_EVERY_S = 0.5
QUIET_LOOKS = 3
"""Analytics write into the log that they read: so many looks in a row must find nothing to do."""
ANSWER_WITHIN_S = 60.0
AUDIT_WITHIN_S = 600.0

RECORDING, TRUTH, STORE = "recording.ndjson.zst", "truth.ndjson.zst", Path("state") / "store.sqlite"

CONFIG = """\
# Written by `citygate rehearse`. A real one: `citygate init DIR`.
[gateway]
id = "rehearsal"
city = "rehearsal"
log = "json"
stop_within_s = 60

[intake]
quota_bytes = 17179869184

[ledger]
quota_bytes = 17179869184

[sources.recording]
kind = "file"
path = "recording.ndjson.zst"
dialect = {dialect}

[sinks.store]
kind = "store"
history_days = 0
rollup_days = 0
when_full = "hold"
"""
"""The quotas hold half a year of 500 devices: a rehearsal lets nothing expire."""

PLAIN = """"plain-json"
dialect_settings = { topic_template = "sensors/{device_id}/up", time_field = "time" }"""
"""The dialect of devices that publish for themselves, with its settings."""

Step = Callable[[int], None]
Told = Callable[[str], contextlib.AbstractContextManager[Step]]


class RehearsalError(Exception):
    """The rehearsal could not be brought to its end; the text says why. ``kind``: it, or the command, was wrong."""

    def __init__(self, what: str, *, kind: Literal["failed", "wrong words"] = "failed") -> None:
        super().__init__(what)
        self.kind = kind


class Rehearsed(msgspec.Struct, frozen=True):
    """What one rehearsal came to. ``refined_s``: from the gateway's start until all had everything."""

    messages: int
    accepted: int
    duplicate: int
    rejected: int
    derived: int
    generated_s: float
    refined_s: float
    peak_rss_mb: float

    @property
    def uplinks_per_s(self) -> float:
        """From recording to store, with all that was derived."""
        return self.messages / max(self.refined_s, 1e-9)


def rehearse(scenario: str, options: Sequence[str], folder: Path, told: Told) -> Rehearsed:
    """Rehearse a scenario in ``folder``, which becomes the gateway's. ``options``: for the simulator.

    ``told(what)`` shows progress in per cent while its block runs. Raises RehearsalError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "state").exists():
        raise RehearsalError(f"{folder} holds a rehearsal already. Name another folder", kind="wrong words")
    began = time.monotonic()
    _simulate(scenario, [*options, "--write-assets", str(folder)])
    _simulate(scenario, [*options, "--to", str(folder / RECORDING), "--truth", str(folder / TRUTH)])
    generated_s = time.monotonic() - began
    messages, topic = _lines(folder / RECORDING)
    if not messages:
        raise RehearsalError("the city said nothing: let it last longer, --days N", kind="wrong words")
    (folder / "citygate.toml").write_text(CONFIG.format(dialect=_dialect(topic)), encoding="utf-8")
    began = time.monotonic()
    status, rss_mb, ended_at = _refine(folder, messages, told)
    refine = status["refine"]
    return Rehearsed(
        messages=messages,
        accepted=refine["accepted"],
        duplicate=refine["duplicate"],
        rejected=refine["rejected"],
        derived=status["analytics"]["derived"],
        generated_s=generated_s,
        refined_s=ended_at - began,
        peak_rss_mb=rss_mb,
    )


def _simulate(scenario: str, options: Sequence[str]) -> None:
    run_simulators("simulate", scenario, *options, quiet=True)


def run_simulators(*words: str, quiet: bool = False) -> None:
    """Run a program of the simulators, which says on standard error what it does. Raises RehearsalError."""
    out = subprocess.DEVNULL if quiet else None
    code = subprocess.run([sys.executable, "-m", "simulators", *words], stdout=out, check=False).returncode  # noqa: S603 - ours
    if code:
        wrong = code == 2  # noqa: PLR2004 - as every program says that its words were wrong
        what = f"the simulators could not {words[0]}: the lines above say why"
        raise RehearsalError(what, kind="wrong words" if wrong else "failed")


class _Topic(msgspec.Struct):
    topic: str


def _lines(path: Path) -> tuple[int, str]:
    """How many messages a recording holds, and the first one's topic."""
    count, first = 0, b""
    with open_recording(path) as stream:
        for line in stream:
            first = first or line
            count += 1
    return count, msgspec.json.decode(first, type=_Topic).topic if first else ""


def _dialect(topic: str) -> str:
    """The simulated network server's: only ChirpStack v3 numbers its applications, only v4 has regions."""
    first, _, rest = topic.partition("/")
    if first == "gateway" or rest.startswith("gateway/"):
        return '"chirpstack-v3"' if first == "gateway" else '"chirpstack-v4"'
    if first == "application":
        return '"chirpstack-v3"' if rest.partition("/")[0].isdigit() else '"chirpstack-v4"'
    return '"tts-v3"' if first == "v3" else PLAIN


def _refine(folder: Path, messages: int, told: Told) -> tuple[dict[str, Any], float, float]:
    """Run the gateway until all have everything; its last status, its memory, and when that was."""
    try:
        with ended([]) as children, told("refining and analysing") as step:
            children.append(gateway(folder))
            status = _wait(folder, children[0], messages, step)
            ended_at = time.monotonic()
            _balance(folder)
            return status, children[0].peak_rss_mb(), ended_at
    except DemoError as error:
        raise RehearsalError(str(error)) from error
    except KeyboardInterrupt as error:
        raise RehearsalError("interrupted") from error


def _wait(folder: Path, child: Child, messages: int, step: Step) -> dict[str, Any]:
    shown = quiet = 0
    status: dict[str, Any] = {}
    while quiet < QUIET_LOOKS:
        child.check()
        status = _status(folder)
        quiet = quiet + 1 if settled(status, messages) else 0
        percent = int(100 * _done(status, messages))
        step(percent - shown)
        shown = percent
        time.sleep(LOOK_EVERY_S)
    return status


def _done(status: dict[str, Any], messages: int) -> float:
    """Share of the work that is done: the slower of refine and analytics, roughly."""
    if not status:
        return 0.0
    analysed = status["analytics"]["position"] / max(1, status["analytics"]["position"] + status["analytics"]["lag"])
    return min(1.0, float(status["refine"]["position"] / messages)) * float(analysed)


def settled(status: dict[str, Any], messages: int) -> bool:
    """Whether every message has its outcome, and analytics and sinks all that follows from them."""
    if not status or status["received"] < messages:
        return False
    refine, analytics = status["refine"], status["analytics"]
    open_work = refine["waiting"] + refine["unread"] + analytics["lag"] + analytics["rebuilding"]
    return not open_work and not any(sink["pending"] for sink in status["sinks"].values())


def _balance(folder: Path) -> None:
    """The conservation promise, counted from the logs themselves. Raises RehearsalError."""
    try:
        found = next(ask(folder / "state" / "control.sock", "audit", within_s=AUDIT_WITHIN_S))
    except (ControlError, NotRunningError) as error:
        raise RehearsalError(f"the gateway's books could not be read: {error}") from error
    lost = [name for name, sink in found["sinks"].items() if sink["expired"] or sink["refused"]]
    if not found["conserved"] or lost:
        raise RehearsalError(f"the gateway's books do not balance: {found}")


def _status(folder: Path) -> dict[str, Any]:
    try:
        return next(ask(folder / "state" / "control.sock", "status", within_s=ANSWER_WITHIN_S), {})
    except (ControlError, NotRunningError):
        return {}
