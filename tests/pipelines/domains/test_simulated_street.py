"""Two days of a simulated street with faults: the runner, which skips what is not due, says what a plain fold says.

The measure knows no batches, no due times and no ladder. It needs no stored digests, so a better formula does not
break it; a short cut that changes a single value does.
"""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from gateway.files.load import Files
from gateway.sites import sites_of
from pipelines.dialects import build_dialect
from pipelines.domains import HOUR_NS, Machine, Reading, Site
from pipelines.domains.analysis import Analysis
from pipelines.domains.runner import Runner
from pipelines.domains.table import MACHINES
from pipelines.identify import DeviceIndex
from pipelines.model import Accepted, Received
from pipelines.process import Knowledge, Memory, process_at_once
from simulators.asset_list import write_asset_list
from simulators.city.settle import settle
from simulators.faults.table import read_faults
from simulators.run import run, shipped_profiles
from simulators.scenario import parse_scenario
from tests.pipelines.domains import contract
from tests.simulated_site import at

START_NS, HOURS, BATCH = at("2026-06-01T00:00"), 44, 40
SCENARIO: dict[str, Any] = {
    "title": "A street",
    "town": "mechelen",
    "seed": 11,
    "site": [
        {"kind": "parking_mmcc", "pilot": "street-mechelen", "count": 6, "per_street": 3},
        {"kind": "waste", "pilot": "street-mechelen", "count": 3},
        {"kind": "cycling", "pilot": "street-mechelen", "count": 1},
        {"kind": "noise", "pilot": "street-mechelen", "count": 1},
        {"kind": "air", "pilot": "street-mechelen", "count": 1},
    ],
}
FAULTS: dict[str, Any] = {"loss": {}, "duplicate": {}, "delay": {}, "f-cnt-reset": {}}


class Listening:
    """In place of a machine: writes down what it is given to judge, and wants none of it."""

    def __init__(self, machine: Machine[Any]) -> None:
        self.machine, self.readings = machine, list[Reading]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.machine, name)

    def key(self, reading: Reading, site: Site) -> str | None:  # noqa: ARG002 - the seam
        self.readings.append(reading)
        return None


@pytest.fixture(scope="module")
def street() -> tuple[Site, list[Listening]]:
    """The pilot, and what each machine is given of two days, in order of arrival."""
    scenario = parse_scenario(SCENARIO, "a street")
    with tempfile.TemporaryDirectory() as folder:
        write_asset_list(settle(scenario), Path(folder))
        files = Files.read(Path(folder, "pilots"), Path(folder, "devices"))
    dialects = {"sim": build_dialect("chirpstack-v4", {})}
    knowledge, memory = Knowledge(dialects, DeviceIndex(files.devices), shipped_profiles()), Memory()
    listeners = [Listening(machine) for machine in MACHINES]
    site = sites_of(files)["street-mechelen"]
    analysis = Analysis(site, listeners)
    steps = run(scenario, START_NS, START_NS + HOURS * HOUR_NS, faults=read_faults(FAULTS))
    for number, (_, message) in enumerate(steps, start=1):
        if message is not None:
            received = Received("sim", message.topic, message.body, message.at_ns, message.at_ns - START_NS, 1)
            outcome = process_at_once(number, received, knowledge, memory)
            if isinstance(outcome, Accepted):
                analysis.take(outcome)
    return site, [one for one in listeners if one.readings]


def test_what_the_runner_says_of_a_street_is_what_a_plain_fold_says(street: tuple[Site, list[Listening]]) -> None:
    site, listeners = street
    until_ns = START_NS + (HOURS + 30) * HOUR_NS
    spoke = set()
    for one in listeners:
        machine, readings = one.machine, one.readings
        observer, runner = contract.Observer(), Runner(machine, site)
        for begin in range(0, len(readings), BATCH):
            for reading in readings[begin : begin + BATCH]:
                runner.take(reading)
            observer.hear(runner.settle(readings[min(begin + BATCH, len(readings)) - 1].time_ns - 120 * 10**9))
        observer.hear(runner.settle(until_ns))
        if runner.counts["too_late"] == 0:
            assert observer.final == contract.in_order(machine, site, readings, until_ns), machine.producer
            spoke |= {machine.producer} if observer.final else set()
    assert {"parking-street", "waste-container", "radio", "cycling-bicycles", "noise-levels", "air-quality"} <= spoke
