"""Faults by name: read from scenarios, each on its own draws, each told in the README."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import simulators.faults
from simulators.faults.table import FAULTS, PRESETS, FaultsError, read_faults
from tests.simulators.faults.streams import frames, messages, reports, scope


def test_every_fault_has_a_file_row_and_word_in_the_readme() -> None:
    assert set(FAULTS) == {
        *("loss", "duplicate", "reorder", "delay", "outage", "garbage", "clock-skew", "no-clock", "f-cnt-reset"),
        *("join-storm", "stuck", "drift", "spikes", "battery-decline", "silent", "flood", "moved-device"),
        "lora-gateway-dead",
    }
    readme = (Path(simulators.faults.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if f"`{name}`" not in readme] == []
    assert all(fault.name == name for name, fault in FAULTS.items())


def test_presets_name_known_faults_and_clean_has_none() -> None:
    assert read_faults("clean").names == []
    assert set(read_faults("rough").names) == set(PRESETS["rough"])


def test_a_table_changes_a_preset_and_may_stand_alone() -> None:
    assert set(read_faults({"preset": "rough", "flood": {"per_month": 1}}).names) == {*PRESETS["rough"], "flood"}
    assert read_faults({"loss": {"rate": 0.5}}).names == ["loss"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("ruff", "'ruff' is no preset. There are: clean, rough"),
        ({"los": {}}, "faults.los: no such fault. Did you mean 'loss'"),
        ({"loss": {"rat": 0.1}}, "faults.loss: .*rat.*It has: rate, mean_run"),
        ({"loss": {"rate": 1.5}}, "faults.loss: .*<= 1"),
        ({"delay": {"mean_s": 0}, "stuk": {}}, "(?s)faults.delay.*faults.stuk"),
    ],
)
def test_mistakes_are_told_all_at_once(given: Any, says: str) -> None:
    with pytest.raises(FaultsError, match=says):
        read_faults(given)


def through(name: str, seed: int) -> list[Any]:
    faults, where = read_faults({name: {}}), scope(seed)
    streams: tuple[Iterator[Any], ...] = (
        faults.on_readings(reports(300), where),
        faults.on_frames(frames(300), where),
        faults.on_messages(messages(300), where),
    )
    return [list(stream) for stream in streams]


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_same_seed_strikes_the_same_places(name: str) -> None:
    assert through(name, 5) == through(name, 5)


def test_another_fault_beside_it_changes_nothing_in_where_one_strikes() -> None:
    def lost(given: dict[str, Any]) -> set[bytes]:
        came = {m.body for m in read_faults(given).on_messages(messages(500), scope())}
        return {m.body for m in messages(500)} - came

    assert lost({"loss": {"rate": 0.1}}) == lost({"reorder": {}, "loss": {"rate": 0.1}, "delay": {}})
