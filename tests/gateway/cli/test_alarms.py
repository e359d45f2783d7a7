"""``citygate alarms``: what is wrong, who was told, and a marked message over each route."""

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner, Result

from gateway.alarms.alarm import Standing, Told
from gateway.alarms.memory_file import FILE, MemoryFile, Rows, packed, text_of
from gateway.alarms.sink import AlarmsSink
from gateway.alarms.telling import RouteRow
from gateway.cli.main import main
from tests import servers
from tests.gateway.alarms.desk import alarm
from tests.gateway.alarms.receivers import Mailbox
from tests.gateway.road import NOW_NS, until
from tests.gateway.whole import line, running, write_files

FIRE, SILENT, OVER = alarm("F", "fire-alarm", "critical"), alarm("S"), alarm("O")


def asked(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["alarms", *words, "--config", str(folder / "citygate.toml")])


def routes(port: int) -> tuple[str, ...]:
    common = 'from = "c@d.example"\nto = ["e@d.example"]\nsecurity = "none"\nkind = "email"\nhost = "127.0.0.1"\n'
    return (
        f"[alarms.routes.desk]\n{common}port = {port}\n",
        f'[alarms.routes.gone]\nkind = "webhook"\nurl = "http://127.0.0.1:{servers.free_port()}/x"\n',
    )


def test_a_test_message_is_marked_and_what_came_of_it_is_said(tmp_path: Path) -> None:
    with Mailbox().open(servers.free_port()) as box:
        write_files(tmp_path, [line(1)], *routes(box.port))
        both = asked(tmp_path, "test")
        one = asked(tmp_path, "test", "desk")
    assert (both.exit_code, one.exit_code) == (1, 0)
    assert f"desk: sent to e@d.example by 127.0.0.1:{box.port}" in both.stdout
    assert "gone: cannot connect" in both.stdout
    assert len(box.letters) == 2
    assert box.letters[0]["Subject"] == "grenoble: test of Citygate's alarms, nothing is wrong"
    assert "This is a test of the route desk. Nothing is wrong." in box.texts[0]
    unknown = asked(tmp_path, "test", "dek")
    assert unknown.exit_code == 1
    assert "Did you mean 'desk'?" in unknown.stderr


def test_without_a_route_or_before_the_first_start_it_says_so(tmp_path: Path) -> None:
    write_files(tmp_path, [line(1)])
    for words in ("list", "test"):
        said = asked(tmp_path, words)
        assert (said.exit_code, "[alarms.routes.NAME]" in said.stderr) == (4, True)
    write_files(tmp_path, [line(1)], *routes(1))
    said = asked(tmp_path, "list")
    assert (said.exit_code, "made when the gateway first runs" in said.stderr) == (4, True)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_text("no database at all, but long enough to be looked at as one" * 20)
    assert asked(tmp_path, "list").exit_code == 4


def test_what_is_wrong_is_listed_with_who_was_told(tmp_path: Path) -> None:
    write_files(tmp_path, [line(1)], *routes(1))
    memory = MemoryFile(tmp_path / "state" / FILE)
    standings = {
        text_of(FIRE.key): packed(Standing(FIRE, True, NOW_NS, NOW_NS)),
        text_of(SILENT.key): packed(Standing(SILENT, False, NOW_NS, NOW_NS, calm_ns=NOW_NS)),
        text_of(OVER.key): packed(Standing(OVER, False, NOW_NS, NOW_NS)),
    }
    by_desk = packed(Told("raised", "critical", NOW_NS, "2026-11-22T14:03:15Z"))
    told = {(name, text_of(FIRE.key)): by_desk for name in ("desk", "no longer in the files")}
    memory.save(Rows(standings, told, {"desk": packed(RouteRow(3, [NOW_NS], untold=7, last="2026-11-22T14:03:15Z"))}))
    memory.close()
    said = json.loads(asked(tmp_path, "list", "--json").stdout)
    assert [(one["kind"], one["state"], list(one["told"])) for one in said["alarms"]] == [
        ("fire-alarm", "raised", ["desk"]),
        ("silent", "unsteady", []),
    ]
    assert [(one["route"], one["stand"], one["untold"]) for one in said["routes"]] == [("desk", 1, 7), ("gone", 0, 0)]
    shown = asked(tmp_path, "list")
    assert shown.exit_code == 0
    assert said["running"] is False
    assert "the gateway is not running" in shown.stderr
    assert "bin F (waste-container/F): fire-alarm it is" in shown.stdout
    assert "unsteady: bin S" in shown.stdout
    assert "bin O" not in shown.stdout


async def test_beside_the_running_gateway_it_is_as_things_stand_now(tmp_path: Path) -> None:
    write_files(tmp_path, [line(1)], *routes(1))
    async with running(tmp_path) as gateway:
        [alarms] = [one.sink for one in gateway.deliveries if isinstance(one.sink, AlarmsSink)]
        await until(lambda: alarms._memory)
        said = await asyncio.to_thread(asked, tmp_path, "list", "--json")
    assert (said.exit_code, said.stderr) == (0, "")
    assert json.loads(said.stdout)["running"] is True
