"""Names that devices, pilots and strangers may carry: data in every answer, never markup, never a second command."""

import json
import shlex
from pathlib import Path

import msgspec

from gateway.dashboard import answers
from tests import servers
from tests.gateway.dashboard import shown_city
from tests.gateway.road import until

NAME = "<img src=x onerror=alert(1)>\"'`&amp;\u202e\u0000\n</script>{{7*7}}".replace("\u0000", "")
ID = "a/../b?c=d#e%2F'; rm -rf $(pwd) <b>"
STRANGER = "x'; touch /tmp/owned; echo <svg onload=alert(1)>"

PILOT = """
id = "weather-delft"
title = {title}
city = "mechelen"
domains = ["weather"]
start = 2026-01-01
privacy_class = "A"
retention_days = 30
publisher = "<b>City</b>"
contact = {{ email = "pilot@delft.example" }}
"""
DEVICE = """
[[device]]
id = {id}
profile = "generic/json"
pilot = "weather-delft"
feature = "weather-station/a"
name = {name}
area = {name}
latitude = 52.0
longitude = 4.3
"""
SOURCE = """
[sources.plain]
kind = "file"
path = "plain.ndjson"
dialect = "plain-json"
[sources.plain.dialect_settings]
device_field = "id"
"""


def line(device: str) -> bytes:
    body = json.dumps({"id": device, "temperature_c": 21.5})
    return json.dumps({"topic": "up/<i>", "received_ns": shown_city.END_NS, "body": body}).encode() + b"\n"


def write(folder: Path) -> int:
    port = servers.free_port()
    (folder / "pilots").mkdir()
    (folder / "devices").mkdir()
    (folder / "pilots" / "weather-delft.toml").write_text(PILOT.format(title=json.dumps(NAME)))
    (folder / "devices" / "d.toml").write_text(DEVICE.format(id=json.dumps(ID), name=json.dumps(NAME)))
    (folder / "plain.ndjson").write_bytes(line(ID) + line(STRANGER) + line("b" * 5_000))
    shown_city.write_config(folder, port, shown_city.STORE + SOURCE)
    return port


def test_hostile_names_come_back_as_they_are_in_json_and_in_nothing_else(tmp_path: Path) -> None:
    port = write(tmp_path)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        refine = town.gateway.refine
        town.loop.run_until_complete(until(lambda: sum(refine.progress.counts.values()) == 3))
        town.loop.run_until_complete(until(lambda: all(one.lag == 0 for one in town.gateway.deliveries)))
        (thing,) = town.take(answers.Things, "/api/things").things
        assert (thing.id, thing.name, thing.area) == (ID, NAME, NAME)
        page = town.take(answers.ThingPage, "/api/thing", id=ID)
        assert page.pilot_title == NAME
        assert page.last is not None
        card = town.take(answers.Overview, "/api/overview").pilots[0]
        assert card.title == NAME
        for path in ("/api/overview", "/api/things", "/api/inbox", "/api/events", "/api/gateway"):
            said = town.ask(path)
            assert said.headers["content-type"] == "application/json"
            assert said.headers["x-content-type-options"] == "nosniff"
            assert b"alert(1)" not in town.ask("/things/" + "<script>alert(1)").body


def test_a_strangers_name_cannot_smuggle_a_command_into_the_line_that_takes_it_in(tmp_path: Path) -> None:
    port = write(tmp_path)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        quarantine = next(one for one in town.gateway.deliveries if one.sink.id == "quarantine")
        town.loop.run_until_complete(until(lambda: quarantine.delivered >= 2 and quarantine.lag == 0))
        inbox = town.take(answers.Inbox, "/api/inbox")
        (unknown,) = [one for one in inbox.unknown if one.device == STRANGER]
        assert shlex.split(unknown.command)[:4] == ["citygate", "inbox", "accept", STRANGER]
        assert unknown.topic == "up/<i>"
        assert inbox.held == {"malformed": 1, "unknown_device": 1}
        assert inbox.unknown_total == 1


def test_an_error_names_what_was_asked_as_data_and_cuts_it(tmp_path: Path) -> None:
    port = write(tmp_path)
    with shown_city.shown(tmp_path, port, settled=False) as town:
        for path in ("/api/" + "x" * 5_000, "/api/series?feature=a&property=" + "y" * 5_000, "/assets/" + "z" * 5_000):
            said = town.ask(path)
            assert said.status in (400, 404)
            assert len(msgspec.json.decode(said.body, type=answers.Error).what.en) < 400
