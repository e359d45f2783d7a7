"""Whoever is to be told is told: the whole process, real servers, and a cause that is real."""

from pathlib import Path

import pytest

from tests.gateway_process import GatewayProcess
from tests.proofs import books, told
from tests.servers import Server

CAUSES = {"token revoked", "database missing", "fire", "flood"}


def test_a_revoked_token_a_missing_database_fire_and_flood_are_told_on_every_route(
    gateway: GatewayProcess, broker: Server, tmp_path: Path
) -> None:
    found = told.run(gateway, broker, tmp_path / "influx", 0, tables=told.QUICK)
    assert found.seconds.keys() == CAUSES
    assert max(found.seconds.values()) < 60
    assert "alarms" in books.conserved(gateway)["sinks"]
    shown = gateway.command("alarms", "list")
    assert shown.returncode == 0
    assert "waste-container/b1" in shown.stdout
    print(found)


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_with_the_settings_as_they_come_everybody_knows_within_a_minute(
    gateway: GatewayProcess, broker: Server, tmp_path: Path
) -> None:
    found = told.run(gateway, broker, tmp_path / "influx", 5_000)
    assert found.lost == 0
    assert found.seconds.keys() == CAUSES
    assert max(found.seconds.values()) < 60
    print(found)
