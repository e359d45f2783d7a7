"""The demo from start to end."""

import sqlite3
import tempfile
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.live import Live

from gateway.control import ControlError, NotRunningError, ask
from gateway.demo.children import Child, answers, broker, ended, free_port, gateway, simulator, write_assets
from gateway.demo.screen import Look, Street, screen, summary
from gateway.sinks.store.read import History

CONFIG = """\
# Written by `citygate demo`. A real one: `citygate init DIR`.
[gateway]
id = "demo"
city = "mechelen"
stop_within_s = 10

[sources.network-server]
kind = "mqtt"
url = "mqtt://127.0.0.1:{port}"
version = "3.1.1"
client_id = "citygate-demo"
topics = ["application/#"]
dialect = "chirpstack-v4"

[sinks.store]
kind = "store"

[sinks.open-topics]
kind = "open-topics"
url = "mqtt://127.0.0.1:{port}"
version = "3.1.1"
"""
TITLE = "Citygate demo: one simulated street of parking bays and bins"
CITY_ZONE = ZoneInfo("Europe/Brussels")
"""Of Mechelen, where the street lies."""
RATE_LOOKS = 12
LINE_EVERY_S = 10.0
DRAW_EVERY_S = 0.5


def run_demo(
    *, for_s: float | None, folder: Path | None, pace: float, hours_back: float, console: Console
) -> dict[str, Any]:
    """Run until ``for_s`` is over or Ctrl-C; returns the last status. Raises DemoError."""
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citygate-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        write_assets(folder, "street")
        (folder / "citygate.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
        children = stack.enter_context(ended([]))
        console.print(f"starting broker, gateway and simulator in {folder}", style="dim")
        try:
            children.append(broker(folder, port))
            children[-1].wait_for(lambda: answers(port))
            children.append(gateway(folder))
            children[-1].wait_for(lambda: bool(_status(folder)))
            children.append(simulator(folder, "street", port, pace=pace, hours_back=hours_back))
        except KeyboardInterrupt:
            return {}
        return _show(folder, children, for_s=for_s, address=f"mqtt://127.0.0.1:{port}", console=console)


def _show(
    folder: Path, children: list[Child], *, for_s: float | None, address: str, console: Console
) -> dict[str, Any]:
    until = time.monotonic() + for_s if for_s is not None else float("inf")
    look = Look(Street.of([]), {})
    rate = Rate()
    next_line = time.monotonic() + LINE_EVERY_S

    def picture() -> RenderableType:
        return screen(look, title=TITLE, address=address, zone=CITY_ZONE, width=console.width)

    try:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while time.monotonic() < until:
                for child in children:
                    child.check()
                look = _look(folder, rate)
                if console.is_terminal:
                    live.update(picture())
                elif time.monotonic() >= next_line:
                    next_line += LINE_EVERY_S
                    console.print(summary(look), highlight=False, soft_wrap=True)
                time.sleep(min(DRAW_EVERY_S, max(0.0, until - time.monotonic())))
    except KeyboardInterrupt:
        console.print("stopping", style="dim")
    console.print(picture())
    console.print(summary(look), highlight=False, soft_wrap=True)
    return look.status


class Rate:
    """How many a second, over the last few looks."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque(maxlen=RATE_LOOKS)

    def of(self, count: int) -> float:
        """The rate with this count, seen now."""
        self._looks.append((time.monotonic(), count))
        (began_s, first), (ended_s, last) = self._looks[0], self._looks[-1]
        return (last - first) / (ended_s - began_s) if ended_s > began_s else 0.0


def _look(folder: Path, rate: Rate) -> Look:
    try:
        with History(folder / "state" / "store.sqlite") as history:
            street = Street.of(history.latest())
    except (FileNotFoundError, sqlite3.OperationalError):
        street = Street.of([])
    status = _status(folder)
    return Look(street, status, rate.of(status.get("received", 0)))


def _status(folder: Path) -> dict[str, Any]:
    try:
        return next(ask(folder / "state" / "control.sock", "status", within_s=5.0), {})
    except (ControlError, NotRunningError):
        return {}
