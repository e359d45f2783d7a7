"""What a whole gateway says of itself to a real InfluxDB, and what an absent one costs."""

import mmap
import re
from pathlib import Path

import pytest

from gateway import self_report
from gateway.run import Gateway
from gateway.self_report import DAY_NS, KEPT, SelfReport, open_self_report
from pipelines.encodings.own_points import INVENTORY, OWN_MEASUREMENTS
from tests import servers
from tests.contracts.influx_world import query
from tests.contracts.line_reader import read_points
from tests.gateway.road import NOW_NS, SetClock, until
from tests.gateway.whole import line, running, write_files

LINES = [line(number) for number in range(20)]


def influx(port: int) -> str:
    return f'[sinks.influxdb]\nkind = "influxdb"\nurl = "http://127.0.0.1:{port}"\napi = "v1"\ndatabase = "citygate"\n'


def opened(gateway: Gateway) -> SelfReport:
    report = open_self_report(gateway)
    assert report is not None
    return report


async def settled(gateway: Gateway) -> None:
    await until(lambda: gateway.refine.progress.position >= len(LINES))
    await until(lambda: all(delivery.lag == 0 for delivery in gateway.deliveries))


async def test_every_part_and_every_device_is_reported(tmp_path: Path, influxdb1: servers.Server) -> None:
    write_files(tmp_path, LINES, influx(influxdb1.port))
    async with running(tmp_path) as gateway:
        await settled(gateway)
        await opened(gateway).report()
        devices = {device.id for device in gateway.known.files.devices}
    (own,) = query(
        influxdb1.url, "SELECT received, accepted, rejected, resident_bytes, critical_conditions FROM citygate"
    )
    received, accepted, rejected, resident_bytes, critical = own["values"][0][1:]
    assert (received, accepted, rejected, critical) == (len(LINES), len(LINES), 0, 0)
    assert isinstance(resident_bytes, int | float)
    assert resident_bytes > 10e6
    sinks = query(influxdb1.url, "SELECT pending, failing FROM citygate_sink GROUP BY sink")
    assert [one["values"][0][1:] for one in sinks] == [[0, False]] * len(gateway.deliveries)
    assert len(query(influxdb1.url, "SELECT size_bytes FROM citygate_log GROUP BY log")) == 2
    inventory = query(influxdb1.url, f"SELECT profile FROM {INVENTORY} GROUP BY device, area")
    assert {one["tags"]["device"] for one in inventory} == devices  # type: ignore[call-overload]


async def test_a_running_gateway_reports_on_its_own(
    tmp_path: Path, influxdb1: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_report, "FIRST_AFTER_S", 0.0)
    write_files(tmp_path, LINES, influx(influxdb1.port))
    async with running(tmp_path):
        await until(lambda: query(influxdb1.url, "SELECT uptime_s FROM citygate"))


async def test_reports_wait_for_a_database_that_is_away_and_the_oldest_go_first(tmp_path: Path) -> None:
    write_files(tmp_path, LINES, influx(servers.free_port()))
    clock = SetClock()
    async with running(tmp_path, clock) as gateway:
        report = opened(gateway)
        first = report.lines()
        for _ in range(KEPT + 5):
            clock.now_ns += 60 * 10**9
            report._waiting["influxdb"].append(report.lines().encode())
        waiting = report._waiting["influxdb"]
        assert len(waiting) == KEPT
        assert INVENTORY + "," in first
        assert first.encode() not in waiting
        assert sum(len(body) for body in waiting) < 1 << 20


async def test_the_inventory_comes_once_a_day_and_when_the_files_are_read_anew(tmp_path: Path) -> None:
    write_files(tmp_path, LINES, influx(servers.free_port()))
    clock = SetClock()
    async with running(tmp_path, clock) as gateway:
        report = opened(gateway)

        def inventoried() -> set[int]:
            return {point.time_ns for point in read_points(report.lines().encode()) if point.measurement == INVENTORY}

        day_ns = clock.now_ns - clock.now_ns % DAY_NS
        assert inventoried() == {day_ns}
        assert inventoried() == set()
        assert await gateway.reload() == []
        assert inventoried() == {day_ns}
        clock.now_ns += DAY_NS
        assert inventoried() == {day_ns + DAY_NS}


async def test_a_clock_that_jumps_is_reported_once(tmp_path: Path) -> None:
    write_files(tmp_path, LINES, influx(servers.free_port()))
    clock = SetClock()
    async with running(tmp_path, clock) as gateway:
        report = opened(gateway)

        def step_s() -> object:
            return read_points(report.lines().encode())[0].fields["clock_step_s"]

        assert step_s() == 0
        clock.now_ns += 7 * 10**9
        assert step_s() == pytest.approx(7)
        assert step_s() == 0


async def test_a_clock_that_is_set_after_the_boot_has_not_jumped(tmp_path: Path) -> None:
    write_files(tmp_path, LINES, influx(servers.free_port()))
    clock = SetClock(wall_ns=3 * 10**9)
    async with running(tmp_path, clock) as gateway:
        report = opened(gateway)
        clock.now_ns = NOW_NS
        assert read_points(report.lines().encode())[0].fields["clock_step_s"] == 0


def test_memory_is_counted_in_the_pages_of_this_machine() -> None:
    kib = re.search(r"^VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert kib is not None
    assert self_report.PAGE_BYTES == mmap.PAGESIZE
    assert self_report.resident_bytes() == pytest.approx(int(kib[1]) * 1_024, rel=0.2)


async def test_every_line_is_one_of_the_contract(tmp_path: Path) -> None:
    write_files(tmp_path, LINES, influx(servers.free_port()))
    async with running(tmp_path) as gateway:
        points = read_points(opened(gateway).lines().encode())
    for point in points:
        tag, words = OWN_MEASUREMENTS[point.measurement]
        common = (
            {"city", "gateway"} if point.measurement.startswith("citygate") else {"city", "pilot", "feature", "device"}
        )
        assert set(point.tags) <= common | {tag}
        assert set(point.fields) <= {word.name for word in words}


async def test_without_an_influxdb_nothing_is_said(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    async with running(tmp_path) as gateway:
        assert open_self_report(gateway) is None
