"""``citygate alarms …``: what is wrong, who was told, and whether telling works."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.alarms.alarm import Standing
from gateway.alarms.memory_file import FILE, Remembered, recall_beside
from gateway.alarms.notice import Notice, instant, name_of
from gateway.alarms.routes import SEND_WITHIN_S, open_transport
from gateway.alarms.settings import Route
from gateway.cli.exits import EPILOGUE, Exit
from gateway.cli.options import config_option, now, open_config
from gateway.cli.screen import JsonOption, fail, local_time, print_json, print_table
from gateway.config import Config, RouteConfig
from gateway.control import ControlError, NotRunningError, ask
from gateway.files.mistakes import did_you_mean
from gateway.sinks import SinkUnavailableError
from gateway.sinks.sqlite_file import LaterFormatError

ANSWER_WITHIN_S = 5.0
NO_ROUTE = "Nobody is told of alarms: add [alarms.routes.NAME] to citygate.toml."


@click.group(epilog=EPILOGUE)
def alarms() -> None:
    """What is wrong, who was told of it, and whether telling works.

    Routes stand in citygate.toml: `[alarms.routes.NAME]`, by e-mail, webhook or MQTT.
    """


@alarms.command(name="list", epilog=EPILOGUE)
@config_option
@JsonOption
def list_(config_path: Path | None, *, as_json: bool) -> None:
    """List what is wrong, and when each route was told of it.

    Without the running gateway it lists how things stood when that stopped, and says so. A `-` is told by no route:
    not yet, or the settings do not want it.

    \b
    Examples:
        citygate alarms list
        citygate alarms list --json
    """
    config = open_config(config_path)
    if not config.routes:
        fail(Exit.FAILED, NO_ROUTE)
    try:
        standings, routes = recall_beside(config.gateway.state_dir / FILE)
    except FileNotFoundError as error:
        fail(Exit.FAILED, str(error))
    except (sqlite3.Error, LaterFormatError) as error:
        fail(Exit.FAILED, f"{config.gateway.state_dir / FILE}: {error}")
    running = _is_running(config)
    if not running:
        click.echo("the gateway is not running: so things stood when it stopped, and nobody is told more", err=True)
    routes = {name: memory for name, memory in routes.items() if name in config.routes}
    found = sorted(_rows(standings, routes), key=lambda row: (row["severity"] != "critical", row["since"]))
    if as_json:
        print_json({"running": running, "alarms": found, "routes": list(_route_rows(config, routes))})
        return
    headers = ("severity", "since", "pilot", "what", "told")
    print_table("", headers, map(_cells, found), empty="Nothing is wrong.")
    click.echo()
    lines = [
        (row["route"], row["last"] or "-", f"{row['stand']:,}", f"{row['untold']:,}")
        for row in _route_rows(config, routes)
    ]
    print_table("", ("route", "last message", "#told, not over", "#came and went untold"), lines, empty="")


@alarms.command(epilog=EPILOGUE)
@click.argument("route", required=False, metavar="[ROUTE]")
@config_option
def test(route: str | None, config_path: Path | None) -> None:
    """Send one message, marked as a test, over each route or over one.

    It says that nothing is wrong. Exit code 1 when one did not arrive. The gateway need not run.

    \b
    Examples:
        citygate alarms test
        citygate alarms test desk
    """
    config = open_config(config_path)
    if not config.routes:
        fail(Exit.FAILED, NO_ROUTE)
    if route is not None and route not in config.routes:
        fail(Exit.MISTAKES, f"there is no route '{route}'", did_you_mean(route, config.routes))
    wanted = [one for name, one in config.routes.items() if route in (None, name)]
    arrived = [_try(config, one) for one in wanted]
    if not all(arrived):
        raise SystemExit(Exit.MISTAKES)


def _try(config: Config, route: RouteConfig) -> bool:
    """Send over one route and say what came of it."""
    assert isinstance(route.settings, Route)
    gateway = config.gateway
    client_id = f"citygate-{gateway.id}-alarms-{route.name}-test"
    transport = open_transport(route.kind, route.settings, client_id=client_id, city=gateway.city)
    sent = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    mark = f"{gateway.id}-{route.name}-test-{sent.replace(':', '')}"
    notice = Notice(mark, gateway.id, gateway.city, route.name, sent, "warning", 0, (), test=True)

    async def send() -> str:
        async with asyncio.timeout(SEND_WITHIN_S):
            return await transport.send(notice)

    try:
        said = asyncio.run(send())
    except SinkUnavailableError as error:
        click.echo(f"{route.name}: {error}")
        if error.mend:
            click.echo(f"  → {error.mend}")
        return False
    except TimeoutError:
        click.echo(f"{route.name}: {transport.address} took longer than {SEND_WITHIN_S:g} s")
        return False
    click.echo(f"{route.name}: sent to {transport.address}" + (f" ({said})" if said else ""))
    return True


def _is_running(config: Config) -> bool:
    try:
        next(ask(config.control_socket, "status", within_s=ANSWER_WITHIN_S), None)
    except NotRunningError:
        return False
    except ControlError:  # it runs, and may not be asked or hangs: citygate status tells
        return True
    return True


def _rows(standings: list[Standing], routes: Remembered) -> Iterator[dict[str, Any]]:
    for standing in standings:
        if standing.phase == "cleared":
            continue
        alarm = standing.alarm
        told = {name: memory[0][alarm.key].sent for name, memory in routes.items() if alarm.key in memory[0]}
        yield {
            "state": standing.phase,
            "severity": alarm.severity,
            "kind": alarm.kind,
            "pilot": alarm.pilot,
            "subject": alarm.subject,
            "name": name_of(alarm),
            "what": alarm.what,
            "mend": alarm.mend,
            "since": instant(alarm.since_ns),
            "told": told,
        }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    unsteady = "unsteady: " if row["state"] == "unsteady" else ""
    what = f"{row['name']}: {row['what']}" if row["pilot"] else row["what"]
    told = ", ".join(f"{name} {local_time(at)[11:16]}" for name, at in row["told"].items())
    return row["severity"], local_time(row["since"]), row["pilot"] or "-", unsteady + what, told or "-"


def _route_rows(config: Config, routes: Remembered) -> Iterator[dict[str, Any]]:
    for name in config.routes:
        told, row = routes.get(name, ({}, None))
        last = local_time(row.last) if row is not None and row.last else ""
        yield {"route": name, "last": last, "stand": len(told), "untold": row.untold if row is not None else 0}
