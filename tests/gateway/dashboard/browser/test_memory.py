"""The gateway's memory stays flat while somebody looks: a real process, a real broker, a real browser.

    simulated town ─▶ its past: a recording ─▶┐
                   └▶ its present: Mosquitto ─▶ citygate run ─▶ Chromium, which walks from page to page

What is compared are medians of the resident memory: of the first third of what is sampled, and of the last. The first
``WARM_UP_S`` are not sampled: then each page is opened once, modules are loaded and buffers take their size. The ten
minutes go through 17 of the town's days, in which the machines of its domains learn, page or no page: their memory of
days and weeks takes 11 MiB in the first fortnight and nothing after it. So the past is four weeks there.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from simulators.asset_list import write_asset_list
from simulators.city.settle import settle
from simulators.recording import line_of
from simulators.run import run
from simulators.scenario import Scenario, parse_scenario
from tests import servers
from tests.gateway.dashboard import shown_city
from tests.gateway.dashboard.browser.conftest import Readers, Shown
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs.sender import Stream

WARM_UP_S = 20.0
EACH_PAGE_S = 2.0
MESSAGES_PER_S = 30.0
"""As 1,800 devices that speak once a minute."""
DAY_NS = 86_400 * 10**9

ALLOWED_GROWTH_MIB = 4.0
"""A collection more or less is 1 to 2 MiB here. Over the ten minutes it finds what keeps 350 bytes of each message, or
10 kB of each second of the stream; over the minute what keeps ten times as much."""


def town() -> Scenario:
    sites = [site | {"details": site.get("details", {})} for site in shown_city.SITES]
    return parse_scenario({"title": "A town", "town": "mechelen", "seed": 7, "site": sites}, "a town")


def messages(days: float, *, before_days: float = 0.0) -> Iterator[tuple[str, bytes, int]]:
    """Topic, body and time of what the town said in ``days`` that ended ``before_days`` ago."""
    end_ns = time.time_ns() - int(before_days * DAY_NS)
    for _, message in run(town(), end_ns - int(days * DAY_NS), end_ns):
        if message is not None:
            yield message.topic, message.body, message.at_ns


def settled(process: GatewayProcess) -> bool:
    """Whether all that was received is refined."""
    refined = process.status()["refine"]
    return bool(refined["accepted"] and not refined["unread"])


@contextmanager
def gateway(folder: Path, *, past_days: float, live_days: float) -> Iterator[tuple[GatewayProcess, str, int]]:
    """A gateway that has read the days before the live ones; with it the address of its page, and its broker's port."""
    with ExitStack() as stack:
        broker = stack.enter_context(servers.running(servers.mosquitto(folder / "mosquitto")))
        write_asset_list(settle(town()), folder)
        with (folder / "past.ndjson").open("wb") as out:
            for topic, body, at_ns in messages(past_days, before_days=live_days):
                out.write(line_of(topic, body, received_ns=at_ns))
        port = servers.free_port()
        live = f"""
[sources.broker]
kind = "mqtt"
url = "mqtt://127.0.0.1:{broker.port}"
client_id = "memory"
topics = ["application/+/device/+/event/+"]
dialect = "chirpstack-v4"
"""
        shown_city.write_config(folder, port, shown_city.STORE + live)
        process = GatewayProcess(folder)
        process.start()
        stack.callback(process.stop)
        wait_until(lambda: servers.tcp_answers(port), what="the page is served")
        wait_until(lambda: settled(process), within_s=120.0, what="the past is read")
        yield process, f"http://127.0.0.1:{port}", broker.port


def walked(shown: Shown, process: GatewayProcess, seconds: float) -> list[tuple[float, float]]:
    """Walk from page to page for so long; gives (seconds since the begin, MiB), two a second after the warm-up."""
    page = shown.open("/")
    page.locator("body[data-connection=live]").wait_for()
    things = page.evaluate("async () => (await (await fetch('/api/things')).json()).things.map((one) => one.id)")
    paths = [
        "/",
        "/things",
        "/gateway",
        "/parking",
        "/waste",
        "/cycling",
        "/green",
        "/domains/air",
        "/inbox",
        "/events",
    ]
    way = cycle([*paths, *(f"/things/{one}" for one in things[:: max(1, len(things) // 5)])])
    sampled: list[tuple[float, float]] = []
    began = moved = time.monotonic()
    while (now := time.monotonic()) - began < seconds:
        # While memory is not yet sampled every page is opened, and quickly.
        if now - moved > (EACH_PAGE_S if now - began > WARM_UP_S else EACH_PAGE_S / 2):
            shown.move(page, next(way))
            moved = now
        page.wait_for_timeout(500)
        if now - began > WARM_UP_S:
            sampled.append((now - began, process.rss_mb()))
    return sampled


def growth(sampled: list[tuple[float, float]]) -> tuple[float, float]:
    """Medians of the first and the last third, MiB."""
    third = len(sampled) // 3
    sizes = [size for _, size in sampled]
    return statistics.median(sizes[:third]), statistics.median(sizes[-third:])


def watch(readers: Readers, folder: Path, *, seconds: float, past_days: float, live_days: float) -> None:
    with gateway(folder, past_days=past_days, live_days=live_days) as (process, address, broker):
        today = [(topic, body) for topic, body, _ in messages(live_days)]
        assert len(today) > seconds * MESSAGES_PER_S, "the live messages would end before the walk"
        stream = Stream(broker, lambda number: today[number], per_s=MESSAGES_PER_S)
        stream.start()
        shown = Shown(readers, address)
        try:
            sampled = walked(shown, process, seconds)
        finally:
            sent = stream.end()
            shown.close()
        refined = process.status()["refine"]
        first, last = growth(sampled)
        print(
            f"\nresident memory with the page open: {first:.1f} MiB in the first third, {last:.1f} in the last, of"
            f" {len(sampled)} samples in {seconds - WARM_UP_S:.0f} s; {sent:,} live messages,"
            f" {refined['accepted']:,} accepted in all"
        )
        assert shown.complaints == []
        assert sent > 0.8 * seconds * MESSAGES_PER_S
        assert last <= first + ALLOWED_GROWTH_MIB


def test_memory_stays_flat_with_the_page_open_for_a_minute(readers: Readers, tmp_path: Path) -> None:
    watch(readers, tmp_path, seconds=48.0, past_days=1.0, live_days=4.0)


@pytest.mark.proof
def test_memory_stays_flat_with_the_page_open_for_ten_minutes(readers: Readers, tmp_path: Path) -> None:
    watch(readers, tmp_path, seconds=600.0, past_days=28.0, live_days=24.0)
