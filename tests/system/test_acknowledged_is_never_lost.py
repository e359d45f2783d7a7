"""P1 and P5 on the real process: what the broker accepted is in InfluxDB once, however often the gateway is killed.

The long form, 200 kills, is ``python -m tests.proofs``.
"""

import pytest

from tests.gateway_process import GatewayProcess
from tests.proofs import influx, kills
from tests.proofs.kills import Killed
from tests.proofs.tap import Line, Reader
from tests.servers import Server


def hold_to_promise(found: Killed) -> None:
    print(found)
    assert (found.lost, found.doubled) == (0, 0), found
    assert found.repeats <= found.unacknowledged, found
    assert found.conserved
    assert found.messages > found.kills * 50, "there was something to lose"


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_five_kills_at_random_moments_lose_and_double_nothing(
    gateway: GatewayProcess, broker: Server, influxdb1: Server, version: str
) -> None:
    hold_to_promise(kills.run(gateway, broker, influxdb1, kills=5, seed=int(version[0]), version=version))


def test_the_check_finds_a_message_that_is_missing_and_a_point_that_nobody_sent(influxdb1: Server) -> None:
    """Else the promise would hold of nothing."""
    first = kills.FIRST_NS
    lines = [
        f"weather,device=station-{n % 20} temperature_c={float(n)} {first + n * kills.EVERY_NS}" for n in range(10)
    ]
    influx.write(influxdb1, "\n".join(lines))
    assert kills.compare(influxdb1, 10) == (0, 0)
    assert kills.compare(influxdb1, 12) == (2, 0)
    influx.write(influxdb1, f"weather,device=station-1 temperature_c=1.0 {first + 77}")
    assert kills.compare(influxdb1, 10) == (0, 1)


def test_the_tap_counts_what_is_unacknowledged_however_the_stream_is_cut() -> None:
    topic = b"\x00\x01t"
    publishes = b"".join(bytes([0x32, 6]) + topic + bytes([0, packet_id]) + b"x" for packet_id in range(1, 6))
    quiet = bytes([0x30, 4]) + topic + b"x" + bytes([0xD0, 0])  # QoS 0 and a PINGRESP
    acknowledgements = b"".join(bytes([0x40, 2, 0, packet_id]) for packet_id in (1, 2, 4))
    for size in (1, 3, 1_000):
        line = Line()
        for stream, reader in (
            (publishes + quiet, Reader(line.from_broker)),
            (acknowledgements, Reader(line.from_gateway)),
        ):
            for at in range(0, len(stream), size):
                reader.feed(stream[at : at + size])
        assert (line.published, line.acknowledged, line.unacknowledged) == (5, 3, {3, 5})
