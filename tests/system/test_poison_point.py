"""One point that the server will never take: the case that stalls others for good."""

import json

import pytest

from tests.gateway_process import GatewayProcess
from tests.proofs import poison
from tests.servers import Server

MOST_REQUESTS = 40


@pytest.mark.parametrize("messages", [1_000, 5_000])
def test_everything_but_the_poison_point_arrives_and_it_is_kept_with_the_servers_words(
    gateway: GatewayProcess, broker: Server, influxdb1: Server, messages: int
) -> None:
    found = poison.run(gateway, broker, influxdb1, messages)
    assert found.quarantined == 1
    assert "illuminance_lx" in found.words
    assert "type" in found.words
    assert "illuminance_lx=450.0" in found.body, "the very line that was refused"
    # InfluxDB 1 drops the whole point, its other fields too.
    assert found.delivered == messages - 1
    assert found.requests <= MOST_REQUESTS
    assert found.account["refused"] == 1
    assert found.account["delivered"] == messages - 1
    listed = json.loads(gateway.command("rejected", "list", "--json").stdout)
    assert [entry["reason"] for entry in listed] == ["refused"]
    print(f"1 in {messages}: {found.requests} write requests, {found.seconds:.1f} s")
