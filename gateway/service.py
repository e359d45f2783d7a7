"""What systemd is told: ready, reloading, stopping, and that every loop still moves. Silent where there is no systemd.

Protocol: sd_notify(3), datagrams of ``KEY=value`` lines to the socket in $NOTIFY_SOCKET.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping


def notify(state: str) -> None:
    """Send one state line, for instance ``READY=1``; does nothing where no service manager listens, or reads."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)  # a service manager that does not read must not hold up the loop
        try:
            channel.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return  # nor must one that went away stop the gateway


async def watch(progress: Callable[[], Mapping[str, bool]]) -> None:
    """Ping the watchdog at half its time while every loop moves; ``progress`` says of each loop whether it does."""
    wanted_us = int(os.environ.get("WATCHDOG_USEC", "0") or 0)
    interval_s = wanted_us / 2e6 if wanted_us else 30.0
    stuck: list[str] = []
    while True:
        await asyncio.sleep(interval_s)
        before, stuck = stuck, [name for name, moves in progress().items() if not moves]
        if stuck:
            notify(f"STATUS=stuck: {', '.join(stuck)}")
            continue
        if before:
            notify("STATUS=")  # systemctl status would go on showing what is over
        notify("WATCHDOG=1")
