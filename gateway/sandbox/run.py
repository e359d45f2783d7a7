"""The sandbox from start to end."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from gateway.clock import Clock
from gateway.control import ControlError, NotRunningError, ask
from gateway.demo.children import Child, DemoError, answers, broker, ended, free_port, gateway, write_assets
from gateway.deploy_files import deploy_dir
from gateway.files.pilots import load_pilots
from gateway.sandbox.broker import FOLDER, mosquitto_program, secret, start_mosquitto, write_broker
from gateway.startups.accounts import one_command_at_a_time, read_accounts, write_accounts
from gateway.startups.holding import hold, readable_filters
from gateway.startups.tiers import ALL_PILOTS

ACCOUNT = "sandbox"
SUBSCRIBERS = ("subscriber.py", "subscriber.mjs")
LOOK_EVERY_S = 0.2

CONFIG = """\
# Written by `citygate sandbox`. A real one: `citygate init DIR`.
[gateway]
id = "sandbox"
city = "{city}"
log = "json"
stop_within_s = 10

[sources.network-server]
kind = "mqtt"
url = "mqtt://127.0.0.1:{port}"
client_id = "citygate-sandbox"
topics = ["application/#"]
dialect = "chirpstack-v4"
{login}
[sinks.store]
kind = "store"

[sinks.open]
kind = "open-topics"
url = "mqtt://127.0.0.1:{port}"
{login}"""
LOGIN = """\
username = "gateway"
password_file = "broker/secrets/gateway-password"
"""
EMBEDDED = 'version = "3.1.1"\n'
"""The embedded broker speaks nothing newer, and knows no accounts."""


class City(msgspec.Struct, frozen=True):
    """Which city is simulated, and how fast: ``pace`` city seconds a second, from ``hours_back`` ago until now."""

    scenario: str
    pace: float
    hours_back: float


class Account(msgspec.Struct, frozen=True):
    """What a start-up gets. ``password`` is "" where the broker knows no accounts."""

    address: str
    user: str
    password: str
    filters: tuple[str, ...]


def run_sandbox(
    city: City, *, port: int, folder: Path | None, for_s: float | None, ready: Callable[[Path, Account], None]
) -> None:
    """Run until ``for_s`` is over or Ctrl-C. ``ready(folder, account)`` is called once data flow. Raises DemoError."""
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="citygate-sandbox-")))
        folder = folder.absolute()
        if (folder / "state").exists():
            raise DemoError(f"{folder} holds a sandbox already. Name another folder, or delete it")
        if answers(port):
            raise DemoError(f"something listens on port {port} already. Choose another: --port N")
        folder.mkdir(parents=True, exist_ok=True)
        children = stack.enter_context(ended([]))
        try:
            account = _start(folder, city, port, children)
            ready(folder, account)
            _watch(children, for_s)
        except KeyboardInterrupt:
            return


def _start(folder: Path, city: City, port: int, children: list[Child]) -> Account:
    """All children, one after the other, each when the one before it is there."""
    write_assets(folder, city.scenario)
    pilots, _ = load_pilots(folder / "pilots")
    name = next(iter(pilots.values())).city
    for each in SUBSCRIBERS:
        shutil.copy(deploy_dir() / "samples" / each, folder / each)
    program = mosquitto_program()
    inner_port = free_port() if program else port
    login = LOGIN if program else EMBEDDED
    if program:
        write_broker(folder / FOLDER, inner_port=inner_port, port=port)
    (folder / "citygate.toml").write_text(CONFIG.format(city=name, port=inner_port, login=login), encoding="utf-8")
    children.append(start_mosquitto(program, folder) if program else broker(folder, port))
    children[-1].wait_for(lambda: answers(port))
    account = _account(folder, name, port) if program else Account(f"mqtt://127.0.0.1:{port}", "", "", ("open/v1/#",))
    children.append(gateway(folder))
    children[-1].wait_for(lambda: bool(_status(folder)))
    login = f"network-server:{secret(folder / FOLDER, 'network-server')}@" if program else ""
    children.append(_simulator(folder, city, f"mqtt://{login}127.0.0.1:{inner_port}"))
    children[-1].wait_for(lambda: _delivered(folder) > 0)
    return account


def _account(folder: Path, city: str, port: int) -> Account:
    """An account that may read everything, so that the first look needs no command."""
    now = datetime.fromtimestamp(Clock().wall_ns() // 1_000_000_000, UTC)
    pilots, _ = load_pilots(folder / "pilots")
    readable = readable_filters(city, pilots)
    with one_command_at_a_time(folder / FOLDER):
        accounts = read_accounts(folder / FOLDER)
        made, password = accounts.add(ACCOUNT, "partner", (ALL_PILOTS,), expires=None, now=now)
        write_accounts(folder / FOLDER, accounts)
        hold(folder / FOLDER, accounts, now.date(), readable)
    return Account(f"mqtt://127.0.0.1:{port}", made.name, password, tuple(readable(made)))


def _simulator(folder: Path, city: City, address: str) -> Child:
    command = [
        *(sys.executable, "-m", "simulators", "simulate", city.scenario, "--dialect", "chirpstack-v4"),
        *("--to", address, "--pace", str(city.pace), "--hours-back", str(city.hours_back)),
    ]
    return Child("simulator", command, folder)


def _watch(children: list[Child], for_s: float | None) -> None:
    """Until the time is over; raises DemoError when one ends by itself."""
    until = time.monotonic() + for_s if for_s is not None else float("inf")
    while time.monotonic() < until:
        for child in children:
            child.check()
        time.sleep(min(LOOK_EVERY_S, max(0.0, until - time.monotonic())))


def _delivered(folder: Path) -> int:
    """Ledger entries that the open topics have said."""
    delivered: int = _status(folder).get("sinks", {}).get("open", {}).get("delivered", 0)
    return delivered


def _status(folder: Path) -> dict[str, Any]:
    try:
        return next(ask(folder / "state" / "control.sock", "status", within_s=5.0), {})
    except (ControlError, NotRunningError):
        return {}
