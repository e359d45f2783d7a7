"""A gateway process that is killed between asking and sending, and while it has to close a valve."""

import json
import os
import signal
import time
from typing import Any

from gateway.control import ask
from tests.gateway.downlinks.field import GATE, SENSOR, write
from tests.gateway_process import GatewayProcess, wait_until
from tests.network_server import NetworkServer
from tests.servers import Server


def asked(gateway: GatewayProcess, command: str, **question: Any) -> dict[str, Any]:
    return list(ask(gateway.folder / "state" / "control.sock", command, **question))[-1]


def heard(gateway: GatewayProcess, network: NetworkServer, device: str, payload: bytes, f_port: int) -> None:
    before = asked(gateway, "status")["ledger"]["next"]
    network.uplink(device, payload, f_port=f_port, at_ns=time.time_ns())
    wait_until(lambda: asked(gateway, "status")["ledger"]["next"] > before, what="heard")
    time.sleep(0.2)  # the batch reaches the file


def book(gateway: GatewayProcess) -> list[dict[str, Any]]:
    file = gateway.folder / "state" / "downlinks.json"
    records: list[dict[str, Any]] = json.loads(file.read_bytes())["records"] if file.exists() else []
    return records


def states(record: dict[str, Any]) -> list[str]:
    return [step["state"] for step in record["steps"]]


def test_a_kill_between_asking_and_sending_leaves_it_uncertain_told_and_not_sent_again(
    gateway: GatewayProcess, broker: Server
) -> None:
    write(gateway.folder, broker.port, "chirpstack-v4")
    gateway.start()
    with NetworkServer(broker.port, "chirpstack-v4") as network:
        heard(gateway, network, SENSOR, bytes.fromhex("03673401"), 85)
        assert broker.process is not None
        os.kill(broker.process.pid, signal.SIGSTOP)  # it takes nothing and answers nothing
        asking = gateway.spawn("downlink", SENSOR, "--set", "report_interval=20m")
        wait_until(lambda: [states(record) for record in book(gateway)] == [["asked"]], what="written down")
        gateway.kill_nine()
        asking.wait(20)
        os.kill(broker.process.pid, signal.SIGCONT)
        gateway.start()
        wait_until(lambda: states(book(gateway)[0]) == ["asked", "uncertain"], what="told")
        assert len(gateway.events("DownlinkUncertain")) == 1
        left = len(network.commands)
        assert left <= 1, "what the kernel had taken from us may have reached the broker; nothing more"
        gateway.kill_nine()
        gateway.start()
        assert len(gateway.events("DownlinkUncertain")) == 1
        again = gateway.command("downlink", SENSOR, "--set", "report_interval=20m")
        assert again.returncode == 4
        assert "the same is on its way" in again.stderr
        assert len(network.commands) == left
        wish = {"device": SENSOR, "set": {"report_interval": "20m"}, "again": True}
        assert asked(gateway, "downlink", **wish)["number"] == 2
        network.next_command(left + 1)


def test_a_valve_is_closed_by_the_gateway_that_was_killed_meanwhile(gateway: GatewayProcess, broker: Server) -> None:
    write(gateway.folder, broker.port, "chirpstack-v4")
    gateway.start()
    with NetworkServer(broker.port, "chirpstack-v4") as network:
        heard(gateway, network, GATE, b"\0", 3)
        assert asked(gateway, "downlink", device="gate", set={"gate": "open"}, open_s=2.0)["closed_by"] == "gateway"
        gateway.kill_nine()
        gateway.start()
        assert network.next_command(2).payload == b"\x07\x00"
        wait_until(lambda: bool(gateway.events("ValveClosing")), what="told")
        gateway.kill_nine()
        gateway.start()
        time.sleep(1.0)
        assert [record["closes"] for record in book(gateway)] == [0, 1]
        assert len(network.commands) == 2, "a closing that has gone out is not sent again"
