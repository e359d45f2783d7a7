"""P11: every hostile script we know beside a sound one, in the workers and in the whole process.

The wait of sound uplinks is measured at the codecs themselves, where nothing else lingers; that nothing is lost and
that acknowledgements do not wait is measured on the real process, with Mosquitto between.
"""

import asyncio
import time
from dataclasses import dataclass

from gateway.codecs.codecs import Codecs
from gateway.events import Events
from pipelines.dialects import write_uplink
from pipelines.model import NS_PER_S, Uplink
from tests.codec_calls import call, codec
from tests.gateway.codecs.test_hostile import ANSWERED, EITHER, GOOD, KILLED, STOPPED, body
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import books, city
from tests.proofs.sender import Sender
from tests.servers import Server

ROWS = STOPPED | ANSWERED | KILLED | EITHER
SOUND_UPLINKS, EVERY_S = 40, 0.01
FIRST_NS = 1_793_600_000 * NS_PER_S
PROFILE = (
    'privacy_class = "A"\n[identity]\nvendor = "Acme"\nmodel = "One"\ntitle = "Acme One"\n'
    '[payload]\nkind = "javascript"\n[map]\nvalue = { property = "temperature_c" }\n'
)


async def waits_ms() -> dict[str, float]:
    """By hostile script, and "" for none: the longest wait of a sound uplink, in milliseconds."""
    found: dict[str, float] = {}
    for name, statements in ({"": ""} | ROWS).items():
        async with Codecs(Events()) as codecs:
            await codecs.decode([call(GOOD)])
            found[name] = await _longest_wait_ms(codecs, statements)
    return found


async def _longest_wait_ms(codecs: Codecs, statements: str) -> float:
    loop = asyncio.get_running_loop()
    waited: list[float] = []

    async def sound() -> None:
        began = loop.time()
        (answer,) = await codecs.decode([call(GOOD)])
        assert answer.ending == "answered"
        waited.append(loop.time() - began)

    async with asyncio.TaskGroup() as group:
        if statements:
            group.create_task(codecs.decode([call(codec(body(statements), "test/hostile"))] * 6))
        for _ in range(SOUND_UPLINKS):
            group.create_task(sound())
            await asyncio.sleep(EVERY_S)
    return max(waited) * 1_000


@dataclass(frozen=True)
class Beside:
    """What a hostile codec did to the whole process."""

    messages: int
    accepted: int
    rejected: int
    starts: int
    slowest_puback_ms: float


def beside(gateway: GatewayProcess, broker: Server, *, rounds: int) -> Beside:
    """Sound uplinks by JavaScript and by layout, and one device of every hostile script, all in one stream."""
    _write_files(gateway, broker)
    gateway.start()
    wait_until(lambda: len(gateway.events("SourceConnected")) == 2, what="both sources listen")
    slowest = 0.0
    sent = sound = 0
    with Sender(broker.port) as sender:
        for number in range(rounds):
            for at, _ in enumerate(ROWS):
                sender.send(*_uplink(f"70b3d57e0000{at:04x}", number))
                sender.send(*_uplink("70b3d57effffffff", sound))
                sender.send(city.plain_topic(sound), city.plain_body(FIRST_NS + sound * NS_PER_S, 20.0))
                sent, sound = sent + 3, sound + 1
            began = time.monotonic()
            sender.drain()
            slowest = max(slowest, time.monotonic() - began)
    books.settle(gateway, sent)
    wait_until(lambda: books.status(gateway)["refine"]["waiting"] == 0, what="every codec has answered")
    books.conserved(gateway)
    refined = books.status(gateway)["refine"]
    return Beside(sent, refined["accepted"], refined["rejected"], gateway.starts(), slowest * 1_000)


def _uplink(device: str, number: int) -> tuple[str, bytes]:
    at_ns = FIRST_NS + number * 60 * NS_PER_S
    uplink = Uplink(device, payload=b"\x15", f_port=1, f_cnt=number, session="a1", network_time_ns=at_ns)
    return write_uplink("chirpstack_v4", uplink)


def _write_files(gateway: GatewayProcess, broker: Server) -> None:
    scripts = {f"hostile-{at}": body(statements) for at, statements in enumerate(ROWS.values())} | {"sound": GOOD}
    for name, source in scripts.items():
        profile = gateway.folder / "profiles" / "acme" / name
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "profile.toml").write_text(PROFILE)
        (profile / "codec.js").write_text(source)
    devices = "".join(
        city.device(f"70b3d57e0000{at:04x}", f"acme/hostile-{at}", f"weather-station/h{at}") for at in range(len(ROWS))
    ) + city.device("70b3d57effffffff", "acme/sound", "weather-station/sound")
    sources = (
        city.mqtt_source("network", broker.port, "application/#", "chirpstack-v4"),
        city.plain_source(broker.port),
    )
    config = city.config(*sources).replace("[gateway]\n", '[gateway]\nprofiles_dir = "profiles"\n', 1)
    gateway.write(config, pilots=city.PILOTS, devices=city.PLAIN_DEVICES | {"codecs": devices})
