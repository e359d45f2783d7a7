"""A publisher that is not the bottleneck: bodies made beforehand, QoS 1 pipelined, at a fixed rate or flat out.

``python -m tests.benchmarks.publisher CORPUS MESSAGES RATE PORT``; RATE 0 is flat out. Prints one line.
"""

import asyncio
import sys
import time

from simulators.publisher import Publisher
from tests.benchmarks.corpus import CORPORA

TICK_S = 0.01


async def main(corpus: str, messages: int, rate: int, port: int) -> None:
    """Publish, wait for every PUBACK, say how fast it went."""
    make = CORPORA[corpus]
    began = time.monotonic()
    async with Publisher(f"mqtt://127.0.0.1:{port}", client_id="bench-publisher") as publisher:
        for index in range(messages):
            if rate and index % max(1, int(rate * TICK_S)) == 0:
                await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
            await publisher.publish(*make(index, time.time_ns()))
        await publisher.drain()
    seconds = time.monotonic() - began
    print(f"published {messages} in {seconds:.1f} s, {messages / seconds:,.0f}/s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
