"""A whole gateway in this loop, over files in a folder: a recording as its source, the embedded sinks."""

import asyncio
import contextlib
import functools
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from device_profiles.catalogue import Catalogue
from gateway.config import load_config
from gateway.run import Gateway, open_gateway
from tests.gateway.road import SetClock, until
from tests.proofs import city

SOURCE = f"""
[sources.plain]
kind = "file"
path = "day.ndjson"
dialect = "plain-json"
{city.PLAIN_SETTINGS}
"""


def line(number: int, *, station: str | None = None) -> str:
    topic = city.plain_topic(number) if station is None else f"sensors/{station}/up"
    at_ns = 1_793_600_000 * 10**9 + number * 10**9
    return json.dumps({"topic": topic, "received_ns": at_ns, "body": city.plain_body(at_ns, 20.0).decode()}) + "\n"


def write_files(folder: Path, lines: list[str], *tables: str) -> None:
    for name, files in (("pilots", city.PILOTS), ("devices", city.PLAIN_DEVICES)):
        (folder / name).mkdir(exist_ok=True)
        for stem, text in files.items():
            (folder / name / f"{stem}.toml").write_text(text)
    (folder / "citygate.toml").write_text(city.config(SOURCE, *tables))
    (folder / "day.ndjson").write_text("".join(lines))


@functools.cache
def shipped_profiles() -> Catalogue:
    """The profiles of the package, which do not change: to read them is five sixths of a start."""
    return Catalogue.load()


@contextlib.contextmanager
def profiles_read_once() -> Iterator[None]:
    """Whoever asks for nothing but the shipped profiles has them at once."""
    shipped, load = shipped_profiles(), Catalogue.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Catalogue, "load", lambda extra_dirs=(): load(extra_dirs) if extra_dirs else shipped)
        yield


@contextlib.asynccontextmanager
async def running(folder: Path, clock: SetClock | None = None) -> AsyncIterator[Gateway]:
    with profiles_read_once():
        gateway = open_gateway(load_config(folder / "citygate.toml"), clock=clock)
        async with asyncio.TaskGroup() as group:
            life = group.create_task(gateway.run(), name="gateway")
            await until(lambda: gateway.events.counts["GatewayStarted"])
            yield gateway
            gateway.stop()
            assert await life
