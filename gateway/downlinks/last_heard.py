"""A device's last message over one of some sources: it shows where commands to the device go. Reads beside the logs."""

from collections.abc import Collection
from pathlib import Path

from gateway.clock import Clock
from gateway.explain.find import backwards, decoded, received_at
from gateway.journal.log import Log
from pipelines.model import Received

WITHIN_NS = 20 * 1_000_000_000
"""So long a person waits for the search: some millions of ledger entries."""
LOOK_AT_THE_CLOCK_EVERY = 4_000


def last_heard(folder: Path, device: str, sources: Collection[str]) -> Received | None:
    """The newest message of a device that came over one of these sources; None where none is found in time.

    ``folder``: the state directory. Takes seconds for a device that has been silent for long: call it in a thread.
    """
    mark, clock = device.encode(), Clock()
    until_ns = clock.monotonic_ns() + WITHIN_NS
    intake = Log.open_readonly(folder / "intake", name="intake")
    ledger = Log.open_readonly(folder / "ledger", name="ledger")
    try:
        for count, entry in enumerate(backwards(ledger)):
            if count % LOOK_AT_THE_CLOCK_EVERY == 0 and clock.monotonic_ns() > until_ns:
                return None
            if mark not in entry.payload:
                continue
            outcome = decoded(entry)
            if outcome is None or outcome.device != device:
                continue
            received = received_at(intake, outcome.of)
            if received is not None and received.source in sources:
                return received
        return None
    finally:
        intake.close()
        ledger.close()
