"""Downlinks through a real Mosquitto to a strict network server, and what is refused before anything leaves."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.control import ControlError
from gateway.downlinks.book import open_book
from tests import servers
from tests.gateway.downlinks.field import GATE, OTHER, PERMISSION, SCRIPTED, SENSOR, VALVE, field, write
from tests.gateway.downlinks.records import record
from tests.gateway.road import until
from tests.proofs.city import QUICK_BROKER

TEMPERATURE = bytes.fromhex("03673401")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(servers.mosquitto(tmp_path_factory.mktemp("mosquitto"), config=QUICK_BROKER)) as server:
        yield server


async def test_a_setting_goes_out_is_acknowledged_and_confirmed_by_a_reading(
    tmp_path: Path, broker: servers.Server
) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(SENSOR, TEMPERATURE)
        answer = await at.ask("roof", {"report_interval": "20m"})
        assert (answer["state"], answer["payload"], answer["f_port"], answer["notes"]) == ("sent", "ff03b004", 85, [])
        command = await at.command()
        assert (command.payload, command.f_port, command.confirmed) == (bytes.fromhex("ff03b004"), 85, True)
        assert command.topic.endswith(f"/device/{SENSOR}/command/down")
        assert command.expires_at == "2026-11-23T10:00:00Z"
        await at.says("txack", SENSOR, command)
        await at.reaches(1, "transmitted")
        await at.says("ack", SENSOR, command, acknowledged=True)
        await at.reaches(1, "acked")
        await at.heard(SENSOR, TEMPERATURE)
        assert at.states(1)[-1] == "acked", "a reading of something else shows nothing"
        await at.heard(SENSOR, bytes.fromhex("fe03b004"))
        await at.reaches(1, "confirmed")
        assert at.states(1) == ["asked", "sent", "transmitted", "acked", "confirmed"]
        assert at.gateway.events.counts["DownlinkSent"] == 1
        assert at.gateway.events.counts["DownlinkDone"] == 2
        file = tmp_path / "state" / "downlinks.json"
        await until(lambda: json.loads(file.read_bytes())["records"][0]["steps"][-1]["state"] == "confirmed")
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("dialect", ["chirpstack-v3", "tts-v3"])
async def test_other_networks_take_and_acknowledge_it_too(tmp_path: Path, broker: servers.Server, dialect: str) -> None:
    write(tmp_path, broker.port, dialect)
    async with field(tmp_path, broker, dialect) as at:
        await at.heard(SENSOR, TEMPERATURE)
        answer = await at.ask(SENSOR, {"report_interval": "1200"})
        assert (answer["state"], answer["payload"]) == ("sent", "ff03b004")
        command = await at.command()
        assert (command.payload, command.f_port, command.confirmed) == (bytes.fromhex("ff03b004"), 85, True)
        if dialect == "tts-v3":
            assert command.topic == f"v3/city@ttn/devices/eui-{SENSOR}/down/push"
            await at.says("queued", SENSOR, command)
            await at.reaches(1, "queued")
            await at.says("ack", SENSOR, command)
            assert "down/failed" in answer["notes"][0], "the source does not hear that"
        else:
            await at.says("ack", SENSOR, command, acknowledged=True)
        await at.reaches(1, "acked")
        await at.heard(SENSOR, bytes.fromhex("fe03b004"))
        await at.reaches(1, "confirmed")


async def test_a_codec_writes_and_reads_what_it_is_asked(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(SCRIPTED, bytes((21, 10)), f_port=1)
        answer = await at.ask(SCRIPTED, {"minutes": "20m"})
        assert (answer["payload"], answer["f_port"]) == ("5014", 12)
        await at.heard(SCRIPTED, bytes((21, 20)), f_port=1)
        await at.reaches(1, "confirmed")


async def test_a_dry_run_shows_everything_and_sends_nothing(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(VALVE, bytes.fromhex("030100"))
        shown = await at.ask("park-valve", {"valve_1": "open"}, open_s=600.0, dry_run=True)
        assert (shown["payload"], shown["f_port"]) == ("ff1da00058020000000000", 85)
        assert (shown["opens_s"], shown["closed_by"]) == (600.0, "device")
        assert json.loads(shown["message"])["fPort"] == 85
        assert at.network.commands == []
        assert not (tmp_path / "state" / "downlinks.json").exists()
        told = await at.ask("park-valve")
        assert [one["downlink"] for one in told["understands"]] == ["report_interval", "valve_1", "valve_2"]
        assert told["understands"][0]["fields"][0]["takes"] == "60 to 64800 s"


async def test_what_cannot_be_sent_is_told_before_anything_leaves(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        for device, wish, words in (
            ("nobody", {"x": "1"}, "nobody has written down a device 'nobody'"),
            (SENSOR, {"report_interval": "20m"}, f"nothing was heard of {SENSOR} over lns"),
            (SENSOR, {"report_intervall": "20m"}, "report_intervall: this device knows no such setting"),
            (SENSOR, {"report_interval": "10"}, "report_interval: 10 is outside of its limits"),
            (SENSOR, {"report_interval": "soon"}, "report_interval: 'soon' is no number"),
            (VALVE, {"report_interval": "20m", "valve_1": "open"}, "belong to different commands"),
        ):
            with pytest.raises(ControlError, match=words) as refused:
                await at.ask(device, wish)
            assert refused.value.mend or "different" in words
        with pytest.raises(ControlError, match="the question is not understood"):
            await at.ask(SENSOR, {"report_interval": "20m"}, open_s="long")
        await at.heard(SENSOR, TEMPERATURE)
        with pytest.raises(ControlError, match="is no valve"):
            await at.ask(SENSOR, {"report_interval": "20m"}, open_s=60.0)
        assert (await at.ask(SENSOR, {"report_interval": "20m"}))["number"] == 1
        with pytest.raises(ControlError, match="the same is on its way") as refused:
            await at.ask(SENSOR, {"report_interval": "20m"})
        assert "--again" in refused.value.mend
        assert (await at.ask(SENSOR, {"report_interval": "20m"}, again=True))["number"] == 2
        await at.command(2)
        assert len(at.network.commands) == 2


async def test_a_valve_moves_only_by_permission_and_within_its_time(tmp_path: Path, broker: servers.Server) -> None:
    expired = PERMISSION.format(device=OTHER) + "until = 2026-11-21\n"
    write(tmp_path, broker.port, "chirpstack-v4", permissions=(PERMISSION.format(device=GATE), expired))
    async with field(tmp_path, broker) as at:
        for device in (VALVE, GATE, OTHER):
            await at.heard(device, bytes.fromhex("030100") if device == VALVE else b"\0", f_port=85)
        for device, wish, open_s, words in (
            (VALVE, {"valve_1": "open"}, 60.0, f"permits nobody to move the valve of {VALVE}"),
            (VALVE, {"valve_1": "closed"}, None, f"permits nobody to move the valve of {VALVE}"),
            (OTHER, {"gate": "open"}, 60.0, f"to move the valve of {OTHER} has expired"),
            (GATE, {"gate": "open"}, None, "a valve is not opened without an end"),
            (GATE, {"gate": "open"}, 1_801.0, "is longer than the pilot permits"),
            (GATE, {"gate": "open"}, 1_770.0, "may hear the end 1 min late"),
            (GATE, {"gate": "closed"}, 60.0, "a closing valve needs no time"),
        ):
            with pytest.raises(ControlError, match=words):
                await at.ask(device, wish, open_s=open_s)
        assert at.network.commands == []
        assert (await at.ask(GATE, {"gate": "open"}, open_s=1_740.0))["closed_by"] == "gateway"


async def test_the_gateway_closes_a_valve_that_has_no_timer(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(GATE, b"\0", f_port=3)
        answer = await at.ask(GATE, {"gate": "open"}, open_s=600.0)
        assert "the gateway sends the end itself" in answer["notes"][0]
        opening = await at.command()
        assert (opening.payload, opening.expires_at) == (b"\x07\x01", "2026-11-22T10:10:00Z")
        with pytest.raises(ControlError, match="is open, or about to be, by downlink 1"):
            await at.ask(GATE, {"gate": "open"}, open_s=60.0)
        await at.heard(GATE, b"\1", f_port=3)
        await at.reaches(1, "confirmed")
        at.clock.advance(599)
        with pytest.raises(ControlError, match="is open, or about to be"):
            await at.ask(GATE, {"gate": "open"}, open_s=60.0)
        assert len(at.network.commands) == 1
        at.clock.advance(2)
        assert (await at.command(2)).payload == b"\x07\x00"
        await at.reaches(2, "sent")
        await at.heard(GATE, b"\0", f_port=3)
        await at.reaches(2, "confirmed")
        assert at.gateway.events.counts["ValveClosing"] == 1
        at.clock.advance(7_200)
        assert (await at.ask(GATE, {"gate": "open"}, open_s=60.0))["number"] == 3
        await at.command(3)
        assert len(at.network.commands) == 3, "one closing for one opening"


async def test_a_closing_that_comes_to_nothing_is_told_and_sent_again(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(GATE, b"\0", f_port=3)
        await at.ask(GATE, {"gate": "open"}, open_s=60.0)
        at.clock.advance(61)
        closing = await at.command(2)
        await at.says("log", GATE, closing, code="EXPIRED", description="Device queue-item discarded")
        await at.reaches(2, "failed")
        assert at.gateway.events.counts["ValveMayBeOpen"] == 1
        at.clock.advance(61)
        again = await at.command(3)
        assert (again.payload, again.key == closing.key) == (closing.payload, False)
        await at.reaches(3, "sent")


async def test_closing_by_hand_goes_before_what_waits_and_spares_the_gateways_own(
    tmp_path: Path, broker: servers.Server
) -> None:
    write(tmp_path, broker.port, "tts-v3")
    async with field(tmp_path, broker, "tts-v3") as at:
        await at.heard(GATE, b"\0", f_port=3)
        opened = await at.ask(GATE, {"gate": "open"}, open_s=600.0)
        assert "keeps no expiry" in opened["notes"][-1]
        await at.ask(GATE, {"gate": "closed"})
        closing = await at.command(2)
        assert (closing.topic.rpartition("/")[2], closing.priority) == ("replace", "HIGH")
        at.clock.advance(601)
        await at.ask(GATE, {"gate": "open"}, open_s=60.0)
        await at.command(3)
        assert [command.payload for command in at.network.commands] == [b"\x07\x01", b"\x07\x00", b"\x07\x01"]


async def test_what_is_given_up_or_too_late_says_so(tmp_path: Path, broker: servers.Server) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    async with field(tmp_path, broker) as at:
        await at.heard(SENSOR, TEMPERATURE)
        await at.ask(SENSOR, {"report_interval": "20m"})
        await at.says("ack", SENSOR, await at.command(), acknowledged=False)
        await at.reaches(1, "failed")
        await at.ask(SENSOR, {"report_interval": "30m"}, valid_s=600.0)
        at.clock.advance(601)
        await at.reaches(2, "expired")
        assert at.gateway.events.counts["DownlinkFailed"] == 2


async def test_a_source_that_is_gone_sends_nothing(tmp_path: Path) -> None:
    with servers.running(servers.mosquitto(tmp_path / "mosquitto", config=QUICK_BROKER)) as broker:
        write(tmp_path, broker.port, "chirpstack-v4")
        async with field(tmp_path, broker) as at:
            await at.heard(SENSOR, TEMPERATURE)
            broker.stop()
            with pytest.raises(ControlError, match="source lns is not connected now: nothing was sent"):
                await at.ask(SENSOR, {"report_interval": "20m"})
            assert not (tmp_path / "state" / "downlinks.json").exists()


async def test_a_book_that_cannot_be_read_stops_downlinks_and_nothing_else(
    tmp_path: Path, broker: servers.Server
) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "downlinks.json").write_text("{")
    async with field(tmp_path, broker) as at:
        await at.heard(SENSOR, TEMPERATURE)
        with pytest.raises(ControlError, match=r"downlinks\.json, cannot be read"):
            await at.ask(SENSOR, {"report_interval": "20m"})
        assert at.gateway.events.counts["DownlinksUnreadable"] == 1


async def test_a_closing_that_a_crash_interrupted_is_told_and_another_follows(
    tmp_path: Path, broker: servers.Server
) -> None:
    write(tmp_path, broker.port, "chirpstack-v4")
    topic = f"application/1/device/{GATE}/command/down"
    at_ns = int(datetime(2026, 11, 22, 9, 50, tzinfo=UTC).timestamp()) * 10**9
    gate: dict[str, Any] = {
        "device": GATE,
        "topic": topic,
        "valve": "gate",
        "f_port": 3,
        "at_ns": at_ns,
        "expires_ns": at_ns + 10**15,
    }
    opening = record(1, "asked", "sent", **gate, opens_s=60.0, closing=b"\x07\x00", closing_values={"gate": "closed"})
    closing = record(2, "asked", **gate, payload=b"\x07\x00", values={"gate": "closed"}, closes=1)
    (tmp_path / "state").mkdir()
    book = open_book(tmp_path / "state")
    for one in (opening, closing):
        book.take_number()
        book.put(one, at_ns)
    book.write(book.pack())
    async with field(tmp_path, broker) as at:
        await at.reaches(2, "uncertain")
        assert at.gateway.events.counts["ValveMayBeOpen"] == 1
        assert at.network.commands == []
        at.clock.advance(61)
        assert (await at.command()).payload == b"\x07\x00"
        await at.reaches(3, "sent")
