"""Derived values over a real process, killed again and again, beside those of one that is left in peace."""

import json
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

from gateway.control import ask
from tests.gateway_process import GatewayProcess, wait_until
from tests.proofs import city

START_NS = 1_793_600_000 * 10**9
BAYS = 6
STEPS = 2 * 24 * 6
PILOT = city.PILOT.format(id="recordings").replace('["weather"]', '["parking"]')
DEVICES = "".join(
    city.device(f"bay-{bay}", "generic/json", f"parking-spot/b{bay}") + f'area = "street-{bay % 2}"\n'
    for bay in range(BAYS)
)
SOURCE = f"""
[sources.plain]
kind = "file"
path = "days.ndjson"
dialect = "plain-json"
{city.PLAIN_SETTINGS}
"""
WORDS = """
SELECT device, feature, property, time_ns, interval_ns, value, quality, reason
FROM history JOIN series ON series.id = history.series WHERE derived = 1 AND quality != 5
"""


def asked(gateway: GatewayProcess, command: str) -> dict[str, Any]:
    return list(ask(gateway.folder / "state" / "control.sock", command))[-1]


def recording() -> str:
    """Two days of bays; one message in thirty comes up to three hours late."""
    rng = random.Random(11)
    lines = []
    for step in range(STEPS):
        for bay in range(BAYS):
            at_ns = START_NS + (step * 600 + bay * 40) * 10**9
            heard_ns = at_ns + (rng.randrange(10_800) if rng.random() < 1 / 30 else 1) * 10**9
            body = json.dumps({"time_ns": at_ns, "occupied": rng.random() < 0.5})
            lines.append(
                (heard_ns, json.dumps({"topic": f"sensors/bay-{bay}/up", "received_ns": heard_ns, "body": body}))
            )
    return "\n".join(line for _, line in sorted(lines)) + "\n"


def prepared(folder: Path) -> GatewayProcess:
    gateway = GatewayProcess(folder)
    folder.mkdir()
    gateway.write(city.config(SOURCE), pilots={"recordings": PILOT}, devices={"bays": DEVICES})
    (folder / "days.ndjson").write_text(recording())
    return gateway


def finish(gateway: GatewayProcess) -> None:
    """Let it take in the rest, and stop in order."""

    def is_done() -> bool:
        status = asked(gateway, "status")
        behind: int = status["analytics"]["lag"] + sum(sink["pending"] for sink in status["sinks"].values())
        accepted: int = status["refine"]["accepted"]
        return accepted == STEPS * BAYS and behind == 0

    wait_until(is_done, within_s=120, what="everything is derived and delivered")
    audit = asked(gateway, "audit")
    assert audit["conserved"]
    assert gateway.stop() == 0


def derived(gateway: GatewayProcess) -> set[tuple[object, ...]]:
    with sqlite3.connect(gateway.folder / "state" / "store.sqlite") as file:
        return set(file.execute(WORDS))


def test_a_gateway_that_is_killed_again_and_again_derives_what_an_undisturbed_one_does(tmp_path: Path) -> None:
    undisturbed = prepared(tmp_path / "undisturbed")
    undisturbed.start()
    finish(undisturbed)
    expected = derived(undisturbed)
    assert len(expected) > 500
    assert {"parking-street", "silence"} & {word[0] for word in expected}

    rng = random.Random(3)
    killed = prepared(tmp_path / "killed")
    for _ in range(3):
        killed.start()
        time.sleep(rng.uniform(0.02, 0.3))
        killed.kill_nine()
    killed.start()
    finish(killed)
    assert derived(killed) == expected

    killed.start()  # after an orderly stop there is nothing to tell again
    before = asked(killed, "status")
    time.sleep(1)
    after = asked(killed, "status")
    assert killed.stop() == 0
    assert after["analytics"]["derived"] == 0
    assert after["ledger"]["next"] == before["ledger"]["next"]
