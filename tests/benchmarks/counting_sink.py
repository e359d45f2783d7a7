"""A program that counts what InfluxDB would get: answers 204 to every write, notes how old each point is.

Prints one JSON line on SIGTERM: points, uplinks (distinct times),
requests, bytes, and the ages (publish to sink) at the quantiles asked for.
"""

import asyncio
import contextlib
import json
import signal
import sys
import time
import zlib

OWN = (b"citygate", b"inventory")
"""Measurements of what the gateway says of itself: no uplink's."""


class Count:
    """What arrived so far."""

    def __init__(self) -> None:
        self.requests = 0
        self.points = 0
        self.values = 0
        self.bytes = 0
        self.times: set[bytes] = set()
        self.ages_ms: list[float] = []

    def take(self, body: bytes) -> None:
        """Count the lines of one write and how old the newest word of each is."""
        now_ns = time.time_ns()
        self.requests += 1
        self.bytes += len(body)
        for line in body.splitlines():
            if line.startswith(OWN):
                continue
            self.points += 1
            if not line.startswith(b"lorawan,"):
                self.values += line.split(b" ", 1)[1].count(b"=") - 1  # time_source is no observation
            stamp = line[line.rindex(b" ") + 1 :]
            if stamp not in self.times:
                self.times.add(stamp)
                self.ages_ms.append((now_ns - int(stamp)) / 1e6)

    def report(self) -> dict[str, float]:
        """The figures as one flat object."""
        ages = sorted(self.ages_ms) or [0.0]
        return {
            "requests": self.requests,
            "points": self.points,
            "values": self.values,
            "distinct": len(self.times),
            "bytes": self.bytes,
            "p50_ms": ages[len(ages) // 2],
            "p99_ms": ages[min(len(ages) - 1, int(len(ages) * 0.99))],
        }


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Count) -> None:
    """Serve one keep-alive connection."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            body = b""
            if b"content-length" in fields:
                body = await reader.readexactly(int(fields[b"content-length"]))
            elif fields.get(b"transfer-encoding") == b"chunked":
                while size := int(await reader.readline(), 16):
                    body += (await reader.readexactly(size + 2))[:-2]
                await reader.readline()
            if fields.get(b"content-encoding") == b"gzip":
                body = zlib.decompress(body, 31)
            if head.startswith(b"POST") and b"write" in head.split(b"\r\n", 1)[0]:
                count.take(body)
                writer.write(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.6.7\r\n\r\n")
            elif head.startswith(b"GET /count"):
                text = json.dumps({"distinct": len(count.times)}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
            else:
                writer.write(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.6.7\r\n\r\n")


async def main(port: int) -> None:
    """Serve until SIGTERM, then print the report."""
    count = Count()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(lambda r, w: answer(r, w, count), "127.0.0.1", port, limit=1 << 24)
    async with server:
        await stop.wait()
    print(json.dumps(count.report()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
