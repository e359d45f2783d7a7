"""Many subscribers on slow links, as one program.

    python -m tests.proofs.slow_subscribers PORT COUNT BYTES_A_SECOND

Each connects by itself, subscribes to everything, and takes so many bytes a second out of a small receive buffer: the
broker's side of every link is full nearly always. Says ``ready`` when all have subscribed; ends by SIGTERM.
"""

import asyncio
import itertools
import socket
import sys

RECEIVE_BUFFER = 2_304
"""The smallest that Linux gives."""
CONNECT = b"\x10%c\x00\x04MQTT\x04\x02\x00\x00\x00%c%s"
"""MQTT 3.1.1, clean session, no keep-alive: a link that is only slow is not given up."""
SUBSCRIBE_ALL = b"\x82\x06\x00\x01\x00\x01#\x00"
GREETED = len(b"\x20\x02\x00\x00") + len(b"\x90\x03\x00\x01\x00")
READS_A_SECOND = 2


async def subscriber(port: int, name: bytes, bytes_a_second: int, ready: asyncio.Semaphore) -> None:
    """One link, until it is cancelled or the broker ends it."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        line.setblocking(False)
        await loop.sock_connect(line, ("127.0.0.1", port))
        await loop.sock_sendall(line, CONNECT % (12 + len(name), len(name), name))
        await loop.sock_sendall(line, SUBSCRIBE_ALL)
        for _ in range(GREETED):
            await loop.sock_recv(line, 1)
        ready.release()
        while await loop.sock_recv(line, bytes_a_second // READS_A_SECOND):  # noqa: ASYNC110 - it waits for nothing
            await asyncio.sleep(1 / READS_A_SECOND)


async def main(port: int, count: int, bytes_a_second: int) -> None:
    ready = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(subscriber(port, b"slow-%d" % number, bytes_a_second, ready), name=f"slow {number}")
        for _ in itertools.repeat(None, count):
            await ready.acquire()
        print("ready", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
