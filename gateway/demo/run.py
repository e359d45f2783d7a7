"""The demo from start to end: a town's past by a recording, its present by the broker.

    simulator ─▶ history.ndjson.zst ─▶ gateway           as soon as the recording is whole
        └───────▶ broker ──────────────▶ gateway         once the gateway's intake has all of it

Law: the present begins only behind the past. What analytics are told a month late they would have to leave out.
"""

import sqlite3
import tempfile
import time
import webbrowser
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console, RenderableType
from rich.live import Live

from gateway.clock import Clock
from gateway.control import ControlError, NotRunningError, ask
from gateway.demo.children import RECORDING, Child, answers, broker, ended, free_port, gateway, simulator
from gateway.demo.screen import Look, books, screen, summary
from gateway.demo.town import Town
from gateway.sinks.store.read import History

CONFIG = """\
# Written by `citygate demo`. A real one: `citygate init DIR`.
[gateway]
id = "demo"
city = "mechelen"
stop_within_s = 10

[http]
enabled = true
listen = "127.0.0.1:{page}"
dashboard = true

# The town's past, as the simulator wrote it down.
[sources.history]
kind = "file"
path = "{recording}"
dialect = "chirpstack-v4"

# Its present.
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
SCENARIO = "demo"
CITY_ZONE = ZoneInfo("Europe/Brussels")
"""Of Mechelen, where the simulated streets lie."""
WRITTEN_WITHIN_S = 300.0
"""A month of the town takes five seconds to simulate; so long on a machine that has much else to do."""
LINE_EVERY_S, LOOK_EVERY_S, DRAW_EVERY_S = 10.0, 1.0, 0.25
LAST_ARRIVE_WITHIN_S = 5.0
QUIET_LOOKS = 2
"""Analytics write into the log that they read: so many looks in a row must find nothing to do."""


class Demo(msgspec.Struct):
    """One demo that runs: where it is, its children, how long its past is and when that ends."""

    folder: Path
    page: str
    address: str
    days: float
    simulator: Child
    children: list[Child]
    began_s: float
    live_ns: int
    recorded: int = 0
    history_s: float | None = None
    """From the start until the past was refined, analysed and stored."""
    quiet: int = 0


def run_demo(
    *, for_s: float | None, folder: Path | None, days: float, open_page: bool, console: Console
) -> dict[str, Any]:
    """Run until ``for_s`` is over or Ctrl-C; returns the last status. Raises DemoError."""
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citygate-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        children = stack.enter_context(ended([]))
        try:
            demo = _start(folder, children, days, console)
        except KeyboardInterrupt:
            return {}
        console.print(f"\n  Open  [bold cyan underline]{demo.page}[/]  in a browser\n", highlight=False)
        if open_page:
            webbrowser.open(demo.page)
        return _show(demo, for_s=for_s, console=console)


def _start(folder: Path, children: list[Child], days: float, console: Console) -> Demo:
    """Broker, simulator and gateway, each once the one before is ready. Raises DemoError."""
    began_s, port, page = time.monotonic(), free_port(), free_port()
    children.append(broker(folder, port))
    live_ns = Clock().wall_ns()
    told = f"simulating {days:g} days of a town in {folder}"
    console.print(told, style="dim") if not console.is_terminal else None
    with console.status(told) if console.is_terminal else nullcontext():
        town = simulator(folder, scenario=SCENARIO, days=days, port=port)
        children.append(town)
        town.wait_for(lambda: town.counted("messages written") is not None, WRITTEN_WITHIN_S)
        children[0].wait_for(lambda: answers(port))
        config = CONFIG.format(port=port, page=page, recording=RECORDING)
        (folder / "citygate.toml").write_text(config, encoding="utf-8")
        children.append(gateway(folder))
        children[-1].wait_for(lambda: bool(_status(folder)) and answers(page))
    return Demo(
        folder=folder,
        page=f"http://127.0.0.1:{page}/",
        address=f"mqtt://127.0.0.1:{port}",
        days=days,
        simulator=town,
        children=children,
        began_s=began_s,
        live_ns=live_ns,
        recorded=town.counted("messages written") or 0,
    )


def _show(demo: Demo, *, for_s: float | None, console: Console) -> dict[str, Any]:
    until = time.monotonic() + for_s if for_s is not None else float("inf")
    look = Look(days=demo.days)
    next_line, next_look = time.monotonic() + LINE_EVERY_S, 0.0

    def picture() -> RenderableType:
        return screen(look, page=demo.page, address=demo.address, zone=CITY_ZONE, width=console.width)

    try:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while (now := time.monotonic()) < until:
                for child in demo.children:
                    child.check()
                if now >= next_look:
                    was_there, next_look = demo.history_s is not None, now + LOOK_EVERY_S
                    _go_on(demo, _status(demo.folder))
                    look = _look(demo)
                    next_line = now if demo.history_s is not None and not was_there else next_line
                if console.is_terminal:
                    live.update(picture())
                elif now >= next_line:
                    next_line = now + LINE_EVERY_S
                    console.print(summary(look), highlight=False, soft_wrap=True)
                time.sleep(min(DRAW_EVERY_S, max(0.0, until - time.monotonic())))
    except KeyboardInterrupt:
        console.print("stopping", style="dim")
    simulated = _end_the_town(demo)
    look = _look(demo)
    console.print(picture())
    console.print(summary(look), highlight=False, soft_wrap=True)
    console.print(books(look.status, simulated), highlight=False, soft_wrap=True)
    return look.status


def _go_on(demo: Demo, status: dict[str, Any]) -> None:
    """Begin the present once the past is durable; note when the past is everywhere."""
    if demo.history_s is not None or status.get("received", 0) < demo.recorded:
        return
    demo.simulator.go_on()
    demo.quiet = demo.quiet + 1 if _settled(status) else 0
    if demo.quiet >= QUIET_LOOKS:
        demo.history_s = time.monotonic() - demo.began_s


def _settled(status: dict[str, Any]) -> bool:
    """Whether refine, analytics and the store have, but for a handful that has just come, what there is."""
    behind = status["refine"]["unread"] + status["analytics"]["lag"] + status["sinks"]["store"]["pending"]
    return bool(behind < 100)  # noqa: PLR2004 - some seconds of the present


def _end_the_town(demo: Demo) -> int:
    """End the simulator first, and let the gateway have its last words; returns how many uplinks there were."""
    demo.simulator.end()
    simulated = demo.recorded + (demo.simulator.counted("messages acknowledged") or 0)
    deadline = time.monotonic() + LAST_ARRIVE_WITHIN_S
    while time.monotonic() < deadline and demo.history_s is not None:
        status = _status(demo.folder)
        if status.get("received", 0) >= simulated and not status["refine"]["unread"]:
            break
        time.sleep(0.1)
    return simulated


def _look(demo: Demo) -> Look:
    try:
        with History(demo.folder / "state" / "store.sqlite") as history:
            town = Town.of(history.latest())
    except (FileNotFoundError, sqlite3.OperationalError):
        town = Town.of([])
    return Look(town, _status(demo.folder), demo.days, demo.live_ns, demo.history_s)


def _status(folder: Path) -> dict[str, Any]:
    try:
        return next(ask(folder / "state" / "control.sock", "status", within_s=5.0), {})
    except (ControlError, NotRunningError):
        return {}
