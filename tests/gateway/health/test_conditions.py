"""What is wrong now: each condition by the fault that makes it, on a real gateway, and gone when it is mended."""

import asyncio
import socket
import threading
import urllib.request
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from gateway.codecs.codecs import Codecs
from gateway.config import load_config
from gateway.downlinks.book import Page
from gateway.downlinks.record import Record
from gateway.events import CodecQuarantined, Events, MachineFell
from gateway.health.condition import Condition
from gateway.health.conditions import conditions
from gateway.health.incidents import OFTEN, Incidents
from gateway.health.loops import STUCK_AFTER_S
from gateway.health.of_links import MAY_BE_AWAY_S, STALLED_AFTER_S
from gateway.journal.log import Log
from gateway.journal.options import LogOptions
from gateway.knowledge import load_known
from gateway.logs import Logs, announce
from gateway.outage import Pauses
from gateway.run import Gateway
from pipelines.model import NS_PER_S
from tests import servers
from tests.codec_calls import call
from tests.gateway.downlinks.records import record
from tests.gateway.journal.disk import Disk
from tests.gateway.mqtt.hostile_peer import black_hole, playing
from tests.gateway.road import NOW_NS, SetClock, encode, received, until
from tests.gateway.whole import line, running, write_files
from tests.proofs import city

LINES = [line(number) for number in range(20)]
SMALL_LEDGER = "[ledger]\nquota_bytes = 16777216\nsegment_bytes = 1048576\n"


def of(gateway: Gateway, kind: str) -> list[Condition]:
    return [one for one in conditions(gateway) if one.kind == kind]


async def stands(gateway: Gateway, kind: str) -> Condition:
    await until(lambda: of(gateway, kind))
    [found] = of(gateway, kind)
    assert found.what
    assert found.mend
    return found


async def settled(gateway: Gateway) -> None:
    await until(lambda: gateway.refine.progress.position >= len(LINES))
    await until(lambda: all(delivery.lag == 0 for delivery in gateway.deliveries))


async def test_of_a_healthy_gateway_there_is_nothing_to_say(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    async with running(tmp_path) as gateway:
        await settled(gateway)
        assert conditions(gateway) == []
        assert set(gateway.health.moving()) == {
            "ingest", "refine", "analytics", "housekeeping", "health", "downlinks",
        }  # fmt: skip
        assert all(gateway.health.moving().values())


# Sources


async def test_a_source_without_its_broker_is_lost_until_it_is_back(tmp_path: Path) -> None:
    broker = servers.mosquitto(tmp_path / "mosquitto")
    clock = SetClock()
    write_files(tmp_path, LINES, city.mqtt_source("lns", broker.port, "#", "helium"))
    async with running(tmp_path, clock) as gateway:
        found = await stands(gateway, "source-lost")
        assert (found.subject, found.severity, found.since_ns) == ("lns", "warning", clock.now_ns)
        clock.advance(400)
        [found] = of(gateway, "source-lost")
        assert (found.severity, found.since_ns) == ("critical", clock.now_ns - 400 * NS_PER_S)
        await asyncio.to_thread(broker.start)
        try:
            await until(lambda: not conditions(gateway))
        finally:
            await asyncio.to_thread(broker.stop)
        await stands(gateway, "source-lost")


async def test_a_link_over_which_nothing_comes_for_a_day_is_said(tmp_path: Path, mosquitto: servers.Server) -> None:
    clock = SetClock()
    write_files(tmp_path, LINES, city.plain_source(mosquitto.port).replace("[sources.plain]", "[sources.lns]"))
    async with running(tmp_path, clock) as gateway:
        await until(lambda: gateway.events.counts["SourceConnected"] and gateway.health.turns)
        clock.advance(86_399)
        assert not of(gateway, "source-silent")
        clock.advance(2)
        found = await stands(gateway, "source-silent")
        assert (found.subject, found.severity) == ("lns", "warning")
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            await client.publish(city.plain_topic(1), city.plain_body(NOW_NS, 20.0), qos=1)
        await until(lambda: not of(gateway, "source-silent"))


async def test_a_source_that_its_broker_refuses_says_what_to_do(tmp_path: Path) -> None:
    broker = servers.mosquitto(tmp_path / "mosquitto")
    file = tmp_path / "mosquitto" / "mosquitto.conf"
    file.write_text(file.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    write_files(tmp_path, LINES, city.mqtt_source("lns", broker.port, "#", "helium"))
    with servers.running(broker):
        async with running(tmp_path) as gateway:
            found = await stands(gateway, "source-refused")
            assert (found.subject, found.severity) == ("lns", "critical")
            assert "access list" in found.mend


# Sinks


def influx(port: int, *more: str) -> str:
    return "\n".join(
        [f'[sinks.influx]\nkind = "influxdb"\nurl = "http://127.0.0.1:{port}"\napi = "v1"\ndatabase = "none"', *more]
    )


async def test_a_sink_without_its_server_is_delayed_and_after_a_while_critical(tmp_path: Path) -> None:
    clock = SetClock()
    write_files(tmp_path, LINES, influx(servers.free_port()))
    async with running(tmp_path, clock) as gateway:
        found = await stands(gateway, "sink-delayed")
        assert (found.subject, found.severity) == ("influx", "warning")
        await until(lambda: [one.sink.id for one in gateway.deliveries if one.lag] == ["influx"])
        clock.advance(MAY_BE_AWAY_S)
        assert [one.severity for one in of(gateway, "sink-delayed")] == ["critical"]
        assert [one.kind for one in conditions(gateway)] == ["sink-delayed"]


async def test_a_database_that_is_missing_is_a_misconfiguration_until_it_is_made(
    tmp_path: Path, influxdb1: servers.Server
) -> None:
    write_files(tmp_path, LINES, influx(influxdb1.port))
    async with running(tmp_path) as gateway:
        [delivery] = [one for one in gateway.deliveries if one.sink.id == "influx"]
        delivery.outage._pauses = Pauses(mend_s=0.1)
        found = await stands(gateway, "sink-misconfigured")
        assert (found.subject, found.severity) == ("influx", "critical")
        body = b"q=CREATE DATABASE none"
        await asyncio.to_thread(lambda: urllib.request.urlopen(f"{influxdb1.url}/query", body, timeout=5).close())
        await until(lambda: not conditions(gateway))


async def test_a_sink_that_hangs_without_a_word_is_stalled(tmp_path: Path) -> None:
    clock = SetClock()
    async with playing(black_hole) as port:
        write_files(tmp_path, LINES, influx(port, "timeout_s = 300"))
        file = tmp_path / "citygate.toml"
        file.write_text(file.read_text().replace("stop_within_s = 20", "stop_within_s = 2"))
        async with running(tmp_path, clock) as gateway:
            await until(lambda: gateway.refine.progress.position >= len(LINES))
            await until(lambda: [one.sink.id for one in gateway.deliveries if one.lag] == ["influx"])
            assert not of(gateway, "sink-stalled")
            clock.advance(STALLED_AFTER_S / 2)
            assert not of(gateway, "sink-stalled")
            clock.advance(STALLED_AFTER_S / 2)
            found = await stands(gateway, "sink-stalled")
            assert (found.subject, found.severity) == ("influx", "critical")
            assert clock.now_ns - found.since_ns >= STALLED_AFTER_S * NS_PER_S
            sinks = [one.subject for one in conditions(gateway) if one.kind.startswith("sink")]
            assert sinks == ["influx"], "the others are well"


# Logs


async def test_what_a_sink_still_needs_fills_the_quota_and_what_it_has_had_does_not(tmp_path: Path) -> None:
    write_files(tmp_path, LINES, SMALL_LEDGER)
    async with running(tmp_path) as gateway:
        await settled(gateway)
        gateway.logs.ledger._rewriter.stop()  # compression would hide what is wanted here
        for _ in range(15):
            gateway.logs.ledger.append([encode(["T", 1, "x" * (1 << 20)])])
            await gateway.logs.ledger.commit()
        await until(lambda: all(delivery.lag == 0 for delivery in gateway.deliveries))
        assert gateway.logs.ledger.size_bytes > 0.9 * gateway.logs.ledger.options.quota_bytes
        assert not of(gateway, "quota"), "everybody has had it"
        [store] = [delivery for delivery in gateway.deliveries if delivery.sink.id == "store"]
        stood, store.position = store.position, 8
        [found] = of(gateway, "quota")
        assert (found.subject, found.severity) == ("ledger", "warning")
        assert "80 %" in found.what
        assert "store" in found.what
        store.position = stood


async def test_a_quarantine_that_fills_says_so_before_it_gives_anything_up(tmp_path: Path) -> None:
    strangers = [line(number, station=f"stranger-{number}") for number in range(200)]
    write_files(tmp_path, strangers, '[sinks.quarantine]\nkind = "quarantine"\nquota_bytes = 90000\n')
    async with running(tmp_path) as gateway:
        found = await stands(gateway, "quota")
        assert (found.subject, found.severity) == ("quarantine", "warning")


async def test_a_held_intake_is_critical_and_entries_that_were_given_up_are_told_for_an_hour(tmp_path: Path) -> None:
    clock = SetClock()
    write_files(tmp_path, LINES, SMALL_LEDGER, '[sinks.store]\nkind = "store"\nwhen_full = "hold"\n')
    async with running(tmp_path, clock) as gateway:
        await settled(gateway)
        gateway.housekeeping._hold(["store"])
        found = await stands(gateway, "intake-held")
        assert (found.severity, "store" in found.what) == ("critical", True)
        gateway.housekeeping._release()
        assert not conditions(gateway)
        gateway.deliveries[0].expired += 7
        gateway.health.look()
        found = await stands(gateway, "entries-lost")
        assert (found.severity, found.what[:9]) == ("critical", "7 entries")
        clock.advance(3_601)
        assert not of(gateway, "entries-lost")


def logs_on(disk: Disk, folder: Path, events: Events) -> Logs:
    def opened(name: str, readable: str) -> Log:
        options = LogOptions(ballast_bytes=0, readable="written" if readable == "written" else "synced")
        return Log.open(
            folder / name, name=name, options=options, storage=disk, on_notice=lambda notice: announce(notice, events)
        )

    return Logs(folder, opened("intake", "synced"), opened("ledger", "written"))


async def test_a_full_disk_is_critical_until_there_is_space_again(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    disk, events, config = Disk(), Events(), load_config(tmp_path / "citygate.toml")
    config.gateway.state_dir.mkdir(mode=0o700)
    logs = logs_on(disk, config.gateway.state_dir, events)
    gateway = Gateway(config, load_known(config), logs, clock=SetClock(), events=events)
    async with asyncio.TaskGroup() as group:
        life = group.create_task(gateway.run(), name="gateway")
        await settled(gateway)
        assert not conditions(gateway)
        disk.fill()
        gateway.ingest.receive([received("21.0", source="plain")])
        found = await stands(gateway, "disk-full")
        assert (found.subject, found.severity) == ("intake", "critical")
        assert gateway.health.moving()["ingest"], "it waits for space, and is not stuck"
        disk.empty()
        await until(lambda: not of(gateway, "disk-full"))
        disk.failing_syncs = 1
        gateway.ingest.receive([received("22.0", source="plain")])
        found = await stands(gateway, "disk")
        assert (found.subject, found.severity) == ("intake", "warning")
        gateway.stop()
    assert await life


# The gateway's own work


async def test_a_clock_that_is_not_set_is_said_and_critical_once_something_waits_for_it(tmp_path: Path) -> None:
    clock = SetClock(wall_ns=10**9)
    write_files(tmp_path, [])
    async with running(tmp_path, clock) as gateway:
        assert (await stands(gateway, "clock")).severity == "warning"
        gateway.refine.progress.waiting.append(1)
        found = await stands(gateway, "clock")
        assert (found.severity, "1 messages wait" in found.what) == ("critical", True)
        gateway.refine.progress.waiting.clear()
        clock.now_ns = NOW_NS
        assert not conditions(gateway)


@pytest.mark.parametrize(("log", "loop"), [("intake", "ingest"), ("ledger", "refine")])
async def test_a_loop_whose_disk_does_not_answer_is_stuck(tmp_path: Path, log: str, loop: str) -> None:
    clock, answered = SetClock(), threading.Event()
    write_files(tmp_path, LINES)
    async with running(tmp_path, clock) as gateway:
        await settled(gateway)
        stalled = gateway.logs.intake if log == "intake" else gateway.logs.ledger
        stalled._writing.submit(answered.wait)  # the disk has a commit and says nothing
        try:
            gateway.ingest.receive([received(f"{20 + number}.0", source="plain") for number in range(600)])
            assert all(gateway.health.moving().values())
            if log == "ledger":
                await until(lambda: gateway.refine.progress.position > len(LINES))
            gateway.health.moving()
            clock.advance(STUCK_AFTER_S / 2)
            assert not of(gateway, "loop-stuck")
            clock.advance(STUCK_AFTER_S / 2)
            assert loop in {one.subject for one in of(gateway, "loop-stuck")}
            assert gateway.health.moving()[loop] is False
        finally:
            answered.set()
        await until(lambda: not of(gateway, "loop-stuck"))


async def test_files_with_mistakes_are_said_until_they_are_mended(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    devices = tmp_path / "devices" / "stations.toml"
    before = devices.read_text()
    async with running(tmp_path) as gateway:
        devices.write_text("[[device]]\nid = 5\n")
        assert await gateway.reload()
        found = await stands(gateway, "files-kept")
        assert "stations.toml" in found.what
        devices.write_text(before)
        assert not await gateway.reload()
        assert not of(gateway, "files-kept")


async def test_settings_that_a_reload_does_not_take_in_are_said_until_they_are_as_before(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    file = tmp_path / "citygate.toml"
    before = file.read_text()
    async with running(tmp_path) as gateway:
        for text, what in (("[http]\nenabled = true\n", "was changed"), ("[htp]\n", "htp")):
            file.write_text(before + text)
            assert not await gateway.reload(), "devices and pilots are in force"
            found = await stands(gateway, "files-kept")
            assert (found.subject, found.severity) == ("citygate.toml", "warning")
            assert what in found.what
        file.write_text(before)
        assert not await gateway.reload()
        assert not of(gateway, "files-kept")


def opening(**more: object) -> Record:
    start_ns = NOW_NS - 700 * NS_PER_S
    return record(1, "sent", at_ns=start_ns, valve="gate", opens_s=600.0, closing=b"\x07\x00", source="plain", **more)


async def test_a_valve_that_should_be_closed_and_cannot_is_critical_until_it_is(tmp_path: Path) -> None:
    clock = SetClock()
    write_files(tmp_path, LINES)
    state = tmp_path / "state"
    state.mkdir()
    page = Page(next_number=2, records=[opening(device="park-valve")])
    (state / "downlinks.json").write_bytes(msgspec.json.encode(page))
    async with running(tmp_path, clock) as gateway:
        found = await stands(gateway, "valve-open")
        assert (found.subject, found.severity) == ("park-valve", "critical")
        assert clock.now_ns - found.since_ns == 100 * NS_PER_S
        post = gateway.downlinks._post
        assert post is not None
        post.book.put(record(2, "sent", at_ns=clock.now_ns, device="park-valve", valve="gate", closes=1), clock.now_ns)
        assert not of(gateway, "valve-open")


async def test_downlinks_that_cannot_be_read_are_critical(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "downlinks.json").write_text("not a book")
    async with running(tmp_path) as gateway:
        assert (await stands(gateway, "downlinks-unreadable")).severity == "critical"


async def test_a_hostile_codec_is_a_condition_while_it_is_in_quarantine() -> None:
    clock, events = SetClock(), Events()
    incidents = Incidents(events, clock)
    async with Codecs(events) as codecs:
        for _ in range(20):
            await codecs.decode([call("function decodeUplink(input) { while (true) {} }")])
            if events.counts[CodecQuarantined.__name__]:
                break
    [found] = [one for one in incidents.found() if one.kind == "codec-quarantined"]
    assert found.subject == "test/codec"
    clock.advance(15 * 60)
    assert not [one for one in incidents.found() if one.kind == "codec-quarantined"]


async def test_a_part_that_crashes_again_and_again_is_critical_and_calm_ends_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        clock, port = SetClock(), taken.getsockname()[1]
        push = f'[sources.push]\nkind = "http"\nlisten = "127.0.0.1:{port}"\ndialect = "tts-v3"\n'
        write_files(tmp_path, LINES, push)
        async with running(tmp_path, clock) as gateway:
            found = await stands(gateway, "part-crashed")
            assert (found.subject, found.severity) == ("source push", "warning")
            await until(lambda: gateway.events.counts["TaskCrashed"] >= OFTEN)
            assert [one.severity for one in of(gateway, "part-crashed")] == ["critical"]
            taken.close()
            await until(lambda: gateway.events.counts["ListeningOn"])
            clock.advance(181)
            assert not of(gateway, "part-crashed")


def test_a_machine_that_fell_is_said_for_a_day() -> None:
    clock, events = SetClock(), Events()
    events.emit(MachineFell(pilot="parking", error="ZeroDivisionError"))  # before anybody listened
    incidents = Incidents(events, clock)
    assert [(one.kind, one.subject) for one in incidents.found()] == [("machine-fell", "parking")]
    clock.advance(86_400)
    assert not list(incidents.found())
