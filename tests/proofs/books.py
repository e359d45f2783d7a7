"""P16 asked of a running gateway: where every message is, counted from the logs, and compared with what is claimed."""

from typing import Any

from gateway.control import ControlError, NotRunningError, ask
from tests.gateway_process import GatewayProcess, wait_until

Facts = dict[str, Any]


def status(gateway: GatewayProcess) -> Facts:
    return next(ask(gateway.folder / "state" / "control.sock", "status", within_s=30))


def audit(gateway: GatewayProcess) -> Facts:
    return next(ask(gateway.folder / "state" / "control.sock", "audit", within_s=120))


def intake_next(gateway: GatewayProcess) -> int:
    """The next intake number; 0 while nobody answers."""
    try:
        return int(status(gateway)["intake"]["next"])
    except (ControlError, NotRunningError):
        return 0


def settle(gateway: GatewayProcess, entries: int, *, within_s: float = 60.0) -> None:
    """Wait until so many messages are in the intake, all are refined and every sink has taken them."""
    last: Facts = {}

    def settled() -> bool:
        last.update(status(gateway))
        return (
            last["intake"]["durable"] >= entries
            and not last["refine"]["unread"]
            and not any(sink["pending"] for sink in last["sinks"].values())
        )

    try:
        wait_until(settled, within_s=within_s, what=f"{entries} messages settled")
    except AssertionError as error:
        short = {name: last.get(name) for name in ("received", "intake", "refine", "sinks", "recent")}
        raise AssertionError(f"{error}: {short}") from error


def conserved(gateway: GatewayProcess) -> Facts:
    """Assert that nothing is anywhere but where the counts say; returns the account."""
    found = audit(gateway)
    claimed = status(gateway)["refine"]
    assert found["conserved"], found
    assert found["entries"] == found["outcomes"] + found["waiting"] + found["unread"], found
    assert (found["missing"], found["twice"]) == (0, 0), found
    assert found["outcomes"] == claimed["accepted"] + claimed["rejected"] + claimed["duplicate"], (found, claimed)
    for name, sink in found["sinks"].items():
        accounted = sink["delivered"] + sink["refused"] + sink["pending"]
        assert sink["deliverable"] == accounted, f"{name}: {sink}"
        assert sink["expired"] == 0, f"{name}: {sink}"
    return found
