"""A stop that meets a fault goes on: the next start finds snapshot, cursors and whole logs."""

import asyncio
from pathlib import Path

from gateway.config import load_config
from gateway.events import FilesKept, GatewayStopped, TaskCrashed
from gateway.run import Gateway, open_gateway
from tests.gateway import whole
from tests.gateway.road import until


async def broken_drain(within_s: float) -> None:  # noqa: ARG001 - the name it has there
    raise RuntimeError("the far side said nonsense")


async def lived(gateway: Gateway) -> bool:
    async with asyncio.TaskGroup() as group:
        life = group.create_task(gateway.run(), name="gateway")
        await until(lambda: gateway.refine.progress.counts["accepted"] == 3)
        gateway.stop()
        return await life


async def test_a_sink_that_fails_at_the_stop_costs_neither_snapshot_nor_cursors(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [whole.line(n) for n in range(3)])
    gateway = open_gateway(load_config(tmp_path / "citygate.toml"))
    broken = gateway.deliveries[0]
    broken.drain = broken_drain  # type: ignore[method-assign]
    assert not await lived(gateway)
    crashed = [event for _, event in gateway.events.recent if isinstance(event, TaskCrashed)]
    assert [event.part for event in crashed] == [f"draining sink {broken.sink.id}"]
    assert "nonsense" in crashed[0].error
    assert any(isinstance(event, GatewayStopped) and not event.complete for _, event in gateway.events.recent)
    state = tmp_path / "state"
    assert (state / "refine.snapshot").exists()
    assert not (state / "running").exists()
    again = open_gateway(load_config(tmp_path / "citygate.toml"))
    assert await lived(again), "the logs were closed and the next life is an orderly one"


async def test_a_reload_that_raises_keeps_the_files_in_force(tmp_path: Path) -> None:
    whole.write_files(tmp_path, [whole.line(0)])
    async with whole.running(tmp_path) as gateway:
        before = gateway.known

        async def broken_reload() -> list[str]:
            raise RecursionError("a file nested without end")

        gateway.reload = broken_reload  # type: ignore[method-assign]
        await gateway._reload_by_signal()
        assert gateway.known is before
        (kept,) = [event for _, event in gateway.events.recent if isinstance(event, FilesKept)]
        assert "nested" in kept.mistakes[0]
