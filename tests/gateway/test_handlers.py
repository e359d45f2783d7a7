"""What a running gateway answers, over its real socket: status, audit, replay, retry, reload; and its quotas."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.control import ControlError, Reply, ask
from gateway.events import IntakeHeld, IntakeReleased
from gateway.run import Gateway
from tests.gateway.road import emitted, encode, until
from tests.gateway.whole import line, running, write_files
from tests.proofs import city

LINES = [line(number) for number in range(300)] + [line(7, station="stranger"), "no JSON\n"]


async def asked(gateway: Gateway, command: str, **question: Any) -> Reply:
    replies = await asyncio.to_thread(lambda: list(ask(gateway.config.control_socket, command, **question)))
    assert len(replies) == 1
    return replies[0]


async def refined(gateway: Gateway, count: int) -> None:
    await until(lambda: gateway.ingest.log.durable_number >= count and gateway.refine.progress.position >= count)


async def test_a_gateway_answers_for_itself(tmp_path: Path) -> None:
    write_files(tmp_path, LINES)
    async with running(tmp_path) as gateway:
        await refined(gateway, len(LINES))
        status = await asked(gateway, "status")
        assert (status["received"], status["refine"]["accepted"], status["refine"]["rejected"]) == (302, 300, 2)
        assert status["sources"] == {"plain": {"received": 302}}
        assert set(status["sinks"]) >= {"store", "quarantine"}
        assert (status["clock"], status["devices"], status["pilots"]) == ("trusted", 20, 1)
        books = await asked(gateway, "audit")
        assert (books["conserved"], books["entries"], books["outcomes"], books["missing"]) == (True, 302, 302, 0)

        report = await asked(gateway, "replay", first=1, last=100)
        assert (report["refined"], report["changed"], report["retracted"]) == (100, 0, 0)
        report = await asked(gateway, "replay", device="station-3")
        assert report["refined"] == 15
        devices = tmp_path / "devices" / "stations.toml"
        with devices.open("a") as out:
            out.write(city.device("stranger", "generic/json", "weather-station/stranger"))
        assert (await asked(gateway, "reload"))["devices"] == 21
        report = await asked(gateway, "rejected_retry", reason="unknown_device")
        assert (report["refined"], report["changed"]) == (1, 1)
        assert (await asked(gateway, "audit"))["conserved"]

        devices.write_text("[[device]]\nid = 5\n")
        with pytest.raises(ControlError, match="the old files stay in force"):
            await asked(gateway, "reload")
        assert (await asked(gateway, "status"))["devices"] == 21

        for command, question in (
            ("replay", {"first": "x"}),
            ("replay", {"since_ns": []}),
            ("rejected_retry", {"numbers": 3}),
        ):
            with pytest.raises(ControlError, match="the question is not understood"):
                await asked(gateway, command, **question)


async def test_an_audit_of_a_moving_gateway_misses_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, [line(number) for number in range(6_000)])
    async with running(tmp_path) as gateway:
        for _ in range(8):
            books = await asked(gateway, "audit")
            assert (books["conserved"], books["missing"], books["twice"]) == (True, 0, 0)
            await asyncio.sleep(0.02)
        await refined(gateway, 6_000)


async def test_a_sink_that_says_hold_stops_reading_at_the_quota_and_lets_go_again(tmp_path: Path) -> None:
    tables = (
        '[ledger]\nquota_bytes = 16777216\nsegment_bytes = 1048576\n[sinks.store]\nkind = "store"\nwhen_full = "hold"\n'
    )
    write_files(tmp_path, LINES[:10], tables)
    async with running(tmp_path) as gateway:
        await refined(gateway, 10)
        [store] = [delivery for delivery in gateway.deliveries if delivery.sink.id == "store"]
        await until(lambda: store.lag == 0)
        housekeeping, ledger = gateway.housekeeping, gateway.logs.ledger
        stood, store.position = store.position, 0  # as one whose server is away
        gateway.logs.ledger._rewriter.stop()  # compression would hide what is wanted here
        for _ in range(18):
            ledger.append([encode(["T", 1, "x" * (1 << 20)])])
            await ledger.commit()
        store.position = 0
        await housekeeping.keep_quotas()
        assert ledger.oldest_number == 1, "what it still needs is kept"
        assert gateway.ingest.full
        [held] = emitted(gateway.events, IntakeHeld)
        assert held == IntakeHeld(sinks=["store"], mend=held.mend)  # type: ignore[attr-defined]
        store.position = max(stood, ledger.next_number - 1)
        await housekeeping.keep_quotas()
        assert ledger.size_bytes <= 0.9 * ledger.options.quota_bytes
        assert not gateway.ingest.held
        assert len(emitted(gateway.events, IntakeReleased)) == 1
