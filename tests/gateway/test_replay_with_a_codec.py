"""A JavaScript codec that was wrong is mended, and the past is read again with it."""

import json
from pathlib import Path

from gateway.sinks.store.read import History
from pipelines.dialects import write_uplink
from pipelines.model import NS_PER_S, Uplink
from tests.gateway import whole
from tests.gateway.test_replays import asked, settled
from tests.proofs import city

DEVICE = "70b3d57ed0000001"
FEATURE = "weather-station/js"
T0_NS = 1_793_600_000 * NS_PER_S
SOURCE = """
[sources.network]
kind = "file"
path = "day.ndjson"
dialect = "chirpstack-v4"
"""
PROFILE = """
privacy_class = "A"
[identity]
vendor = "Acme"
model = "One"
title = "Acme One"
[payload]
kind = "javascript"
[map]
temp = { property = "temperature_c" }
ghost = { property = "humidity_percent" }
"""
WRONG = "function decodeUplink(input) { return { data: { temp: input.bytes[0], ghost: input.bytes[1] } }; }"
MENDED = "function decodeUplink(input) { return { data: { temp: input.bytes[0] / 10 } }; }"


def uplink_line(number: int) -> str:
    at_ns = T0_NS + number * 600 * NS_PER_S
    uplink = Uplink(
        DEVICE, payload=bytes([200 + number, 50]), f_port=1, f_cnt=number, session="a1", network_time_ns=at_ns
    )
    topic, body = write_uplink("chirpstack_v4", uplink)
    return json.dumps({"topic": topic, "received_ns": at_ns, "body": body.decode()}) + "\n"


def write_city(folder: Path) -> Path:
    """The operator's files; returns the codec's path."""
    whole.write_files(folder, [uplink_line(number) for number in range(1, 6)])
    (folder / "devices" / "stations.toml").write_text(city.device(DEVICE, "acme/one", FEATURE))
    (folder / "citygate.toml").write_text(
        city.config(SOURCE).replace("[gateway]\n", '[gateway]\nprofiles_dir = "profiles"\n')
    )
    profile = folder / "profiles" / "acme" / "one"
    profile.mkdir(parents=True)
    (profile / "profile.toml").write_text(PROFILE)
    (profile / "codec.js").write_text(WRONG)
    return profile / "codec.js"


def stored(store: Path, name: str) -> list[float]:
    with History(store) as history:
        return [float(one.value) for one in history.values(FEATURE, name) if one.value is not None]


async def test_a_mended_codec_is_shown_first_then_replayed_and_what_it_no_longer_says_is_taken_back(
    tmp_path: Path,
) -> None:
    codec = write_city(tmp_path)
    async with whole.running(tmp_path) as gateway:
        await settled(gateway, 5)
        codec.write_text(MENDED)
        await gateway.reload()
        shown = await asked(gateway, "replay", first=1, dry_run=True)
        assert (shown["changed"], shown["retracted"]) == (5, 5)
        assert gateway.events.counts["ReplayFinished"] == 0
        done = await asked(gateway, "replay", first=1, dry_run=False)
        assert (done["changed"], done["retracted"]) == (5, 5)
        again = await asked(gateway, "replay", first=1, dry_run=False)
        assert (again["changed"], again["retracted"]) == (0, 0)
        await settled(gateway, 5)
        store = gateway.config.gateway.state_dir / "store.sqlite"
    assert stored(store, "temperature_c") == [20.1, 20.2, 20.3, 20.4, 20.5]
    assert stored(store, "humidity_percent") == []
