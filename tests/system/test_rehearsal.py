"""A week of a whole city through the gateway: nothing missing, and the analytics find again what was true."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from gateway.rehearse.run import Rehearsed, Step, rehearse
from simulators.score import score


@contextlib.contextmanager
def untold(_what: str) -> Iterator[Step]:
    yield lambda _percent: None


def week(folder: Path, faults: str) -> tuple[Rehearsed, dict[str, float]]:
    """``rehearse`` itself fails where the books do not balance."""
    options = ["--from", "2026-06-01", "--days", "7", "--faults", faults]
    done = rehearse("city", options, folder, untold)
    return done, {f"{one.domain}: {one.measure}": one.value for one in score(folder) if one.value is not None}


def test_a_clean_week_is_found_again(tmp_path: Path) -> None:
    done, found = week(tmp_path, "clean")
    assert done.messages > 20_000
    assert (done.accepted, done.duplicate, done.rejected) == (done.messages, 0, 0)
    at_most = {
        "parking: occupancy in a quarter, mean error": 1.0,
        "cycling: bicycles of a day, sum of errors": 0.5,
        "noise: Lden of a day, mean error": 2.0,
        "energy: kWh of a meter over all days, largest error": 0.1,
        "water: litres of all hours, total error": 0.1,
        "water: level, mean error": 10.0,
        "devices: false alarms of silence in 1,000 device days": 5.0,
    }
    assert {name: found[name] for name, bound in at_most.items() if abs(found[name]) > bound} == {}
    assert found["waste: collections, precision"] >= 0.95
    assert found["waste: collections, recall (5 min before to 2½ h after)"] >= 0.95


def test_a_rough_week_loses_nothing_that_arrived(tmp_path: Path) -> None:
    done, found = week(tmp_path, "rough")
    assert done.accepted + done.duplicate + done.rejected == done.messages
    assert done.duplicate > 100
    assert 0 < done.rejected < 0.01 * done.messages
    assert found["parking: occupancy in a quarter, mean error"] <= 4.0
    assert found["energy: kWh of a meter over all days, largest error"] <= 1.0
    assert found["waste: collections, precision"] >= 0.9
    assert found["waste: collections, recall (5 min before to 2½ h after)"] >= 0.9
