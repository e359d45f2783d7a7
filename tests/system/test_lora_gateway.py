"""A LoRa gateway dies in a simulated city: the real gateway raises one alarm, which names exactly who is behind it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from gateway.rehearse.run import Step, rehearse
from simulators.score import score
from simulators.scoring.estimates import Estimates

SCENARIO = """
title = "Two streets far apart"
town = "mechelen"
seed = 11
[network]
gateways = 2
pilot = "network-mechelen"
stats_s = 120.0
[faults.lora-gateway-dead]
per_month = 9.0
mean_h = 5.0
"""
STREET = """
[[site]]
kind = "waste"
pilot = "waste-{name}"
count = 6
street = "{name}"
from = [{at}, 51.0]
to = [{end}, 51.0]
"""


@contextlib.contextmanager
def untold(_what: str) -> Iterator[Step]:
    yield lambda _percent: None


def test_each_death_raises_one_alarm_that_names_exactly_its_devices(tmp_path: Path) -> None:
    """The devices' own ``silent`` stays in the data; who is told of it is another matter."""
    file = tmp_path / "far-apart.toml"
    streets = [STREET.format(name=name, at=at, end=at + 0.01) for name, at in (("west", 4.0), ("east", 4.57))]
    file.write_text(SCENARIO + "".join(streets), encoding="utf-8")
    folder = tmp_path / "rehearsal"
    done = rehearse(str(file), ["--from", "2026-06-01", "--days", "9"], folder, untold)
    assert done.rejected == 0
    found = {one.measure: (one.value, one.count) for one in score(folder) if one.domain == "network"}
    noticed, deaths = found["dead LoRa gateways noticed within an hour"]
    assert deaths >= 3
    assert noticed == 1.0
    assert found["alarms for one death"] == (1.0, deaths)
    assert found["devices behind it that are named"][0] == 1.0
    assert found["named devices that are behind it"][0] == 1.0
    assert found["false alarms in 1,000 LoRa gateway days"][0] == 0.0
    delay, _ = found["from the death of a LoRa gateway to its alarm"]
    assert delay is not None
    assert delay <= 3
    silent = Estimates(folder / "state" / "store.sqlite", until_ns=1 << 62).of("silent")
    assert silent
    assert {feature.partition("/")[0] for feature in silent} == {"waste-container"}
