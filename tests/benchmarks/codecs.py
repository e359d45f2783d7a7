"""CPU per decode by kind of profile, and P11: `make bench ARGS=codecs`, or ARGS="codecs DECODES".

Declarative and built-in decoders run in the gateway process. A codec runs in the worker, so the gateway's share and the
worker's are told apart, one call at a time and a thousand at once. P11: how long an uplink of a sound codec waits while
a hostile one is asked again and again.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from os import sysconf
from pathlib import Path

from device_profiles.catalogue import Catalogue
from gateway.codecs.codecs import Codecs
from gateway.events import Events
from pipelines.codec import CodecCall
from pipelines.model import Uplink
from tests.codec_calls import call, returns

TICK_S = 1 / sysconf("SC_CLK_TCK")
PROFILES = ("elsys/ems", "dragino/lse01", "decentlab/dl-mbx", "generic/cayenne-lpp")
JAVASCRIPT = """
function decodeUplink(input) {
  var data = {}, bytes = input.bytes, i = 0;
  while (i < bytes.length) switch (bytes[i++]) {
    case 1: data.temperature = (bytes[i] << 24 >> 16 | bytes[i + 1]) / 10; i += 2; break;
    case 2: data.humidity = bytes[i++]; break;
    case 4: data.light = bytes[i] << 8 | bytes[i + 1]; i += 2; break;
    case 5: data.motion = bytes[i++]; break;
    case 7: data.vdd = bytes[i] << 8 | bytes[i + 1]; i += 2; break;
    default: return { errors: ["type"] };
  }
  return { data: data };
}
"""
FRAME = bytes.fromhex("0100e202290400270506070d3e")
HOSTILE = {
    "endless loop": "function decodeUplink() { while (true) {} }",
    "huge join": "function decodeUplink() { return { data: { s: new Array(1e8).join('abc') } }; }",
    "memory": "function decodeUplink() { var a = []; while (true) a.push(new Array(1000).fill(1)); }",
}


def main(words: list[str]) -> None:
    """Print both tables."""
    decodes = decodes_of(words)
    print(f"{'CPU per decode, us':<44}{'gateway':>9}{'worker':>9}")
    catalogue = Catalogue.load()
    for name in PROFILES:
        profile = catalogue.profiles[name]
        vector = next(
            one for one in catalogue.vectors(name) if one.expect is not None and one.uplink.payload is not None
        )
        print(
            row(
                f"{name} ({catalogue.checked[name].file.payload.kind})",
                in_process(profile.decode, vector.uplink, decodes),
            )
        )
    asyncio.run(javascript(decodes))


def decodes_of(words: list[str]) -> int:
    """How many decodes of a kind are measured: what is asked for, else 20,000."""
    return int(words[0]) if words else 20_000


def in_process(decode: Callable[[Uplink], object], uplink: Uplink, decodes: int) -> float:
    """Microseconds of CPU."""
    began = time.process_time()
    for _ in range(decodes):
        decode(uplink)
    return (time.process_time() - began) / decodes * 1e6


async def javascript(decodes: int) -> None:
    """The worker, and P11."""
    async with Codecs(Events()) as codecs:
        calls = [call(JAVASCRIPT, FRAME)] * 1_000
        await codecs.decode(calls)
        print(row("javascript, one at a time", *await measured(codecs, [calls[:1]] * (decodes // 10))))
        print(row("javascript, a thousand at once", *await measured(codecs, [calls] * (decodes // 1_000))))
    print(f"\n{'P11: a sound codec waits, ms':<44}{'median':>9}{'longest':>9}")
    for name, source in {"nobody hostile": "", **HOSTILE}.items():
        waits = sorted(await waits_beside(source))
        print(f"{name:<44}{waits[len(waits) // 2] * 1e3:>9.1f}{waits[-1] * 1e3:>9.1f}")


async def measured(codecs: Codecs, batches: Sequence[Sequence[CodecCall]]) -> tuple[float, float]:
    """Microseconds of CPU per call: ours, the worker's."""
    pid = codecs.worker_pids[0]
    began, worker_began = time.process_time(), cpu_s(pid)
    for batch in batches:
        await codecs.decode(batch)
    done = sum(map(len, batches))
    return (time.process_time() - began) / done * 1e6, (cpu_s(pid) - worker_began) / done * 1e6


async def waits_beside(hostile: str) -> list[float]:
    """Seconds that each of 200 calls of a sound codec took, one every 10 ms; the hostile one is asked every 50 ms."""
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    good = call(returns("input.bytes[0]"))
    async with Codecs(Events(), quarantine=False) as codecs, asyncio.TaskGroup() as group:
        await codecs.decode([good])
        await asyncio.sleep(0.3)  # until the spare is warm

        async def ask() -> None:
            began = loop.time()
            await codecs.decode([good])
            waits.append(loop.time() - began)

        for place in range(200):
            if hostile and place % 5 == 0:
                codecs.submit(call(hostile), lambda _answer: None)
            group.create_task(ask())
            await asyncio.sleep(0.01)
    return waits


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def row(what: str, gateway_us: float, worker_us: float | None = None) -> str:
    """One line of the table."""
    return f"{what:<44}{gateway_us:>9.1f}{worker_us if worker_us is not None else 0:>9.1f}"


if __name__ == "__main__":
    main([])
