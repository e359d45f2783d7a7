"""The demo from start to end."""

import sqlite3
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from gateway.control import ControlError, NotRunningError, ask
from gateway.demo.children import Child, broker, ended, free_port, gateway, simulator, write_assets
from gateway.demo.screen import Street, screen, summary
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
        children.append(broker(folder, port))
        children.append(gateway(folder))
        children.append(simulator(folder, "street", port, pace=pace, hours_back=hours_back))
        return _show(folder, children, for_s=for_s, address=f"mqtt://127.0.0.1:{port}", console=console)


def _show(
    folder: Path, children: list[Child], *, for_s: float | None, address: str, console: Console
) -> dict[str, Any]:
    until = time.monotonic() + for_s if for_s is not None else float("inf")
    status: dict[str, Any] = {}
    street = Street.of([])
    next_line = time.monotonic() + LINE_EVERY_S
    try:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while time.monotonic() < until:
                for child in children:
                    child.check()
                street, status = _look(folder)
                if console.is_terminal:
                    live.update(screen(street, status, TITLE, address))
                elif time.monotonic() >= next_line:
                    next_line += LINE_EVERY_S
                    console.print(summary(street, status), highlight=False)
                time.sleep(min(DRAW_EVERY_S, max(0.0, until - time.monotonic())))
    except KeyboardInterrupt:
        console.print("stopping", style="dim")
    console.print(screen(street, status, TITLE, address))
    console.print(summary(street, status), highlight=False)
    return status


def _look(folder: Path) -> tuple[Street, dict[str, Any]]:
    try:
        with History(folder / "state" / "store.sqlite") as history:
            street = Street.of(history.latest())
    except (FileNotFoundError, sqlite3.OperationalError):
        street = Street.of([])
    try:
        status = next(ask(folder / "state" / "control.sock", "status", within_s=5.0), {})
    except (ControlError, NotRunningError):
        status = {}
    return street, status
