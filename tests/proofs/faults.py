"""Faults by name, done to a running road while messages are on their way."""

import random
import time

from tests.gateway_process import GatewayProcess
from tests.proofs import books
from tests.servers import Server

REACHED_WITHIN_S = 60.0


def kill_nine_times(gateway: GatewayProcess, times: int, *, entries: int, seed: int) -> list[int]:
    """Kill -9 and start again at seeded places of the way to ``entries`` messages; returns the intake numbers."""
    rng = random.Random(seed)
    reached = []
    for kill in range(times):
        place = int((kill + rng.random()) * entries / (times + 1))
        reached.append(reach(gateway, place))
        gateway.kill_nine()
        gateway.start()
    return reached


def reach(gateway: GatewayProcess, place: int) -> int:
    """Wait, closely, until the intake is past a number; returns where it is."""
    deadline = time.monotonic() + REACHED_WITHIN_S
    while (number := books.intake_next(gateway)) <= place:
        assert time.monotonic() < deadline, f"the intake stands at {number}, and was to pass {place}"
        time.sleep(0.005)
    return number


def stop_for_a_while(server: Server, *, seconds: float) -> None:
    """Stop a server, keep it away, start it again on the same port with the same data."""
    server.stop()
    time.sleep(seconds)
    server.start()
