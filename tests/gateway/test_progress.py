"""Refine's state: the set of numbers against a model, the snapshot whole and torn, recovery from the ledger."""

import time
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal.log import Log
from gateway.progress import (
    KIND_CORRECTION,
    KIND_FIRST,
    NumberRuns,
    Progress,
    decode_ledger,
    load_snapshot,
    outcomes_after,
    write_snapshot,
)
from pipelines.model import LedgerEntry, Rejected, Tick
from pipelines.process import Memory
from tests.contracts.ledger_entries import accepted
from tests.gateway.road import encode

NUMBERS = st.integers(1, 30)


@given(st.lists(NUMBERS), NUMBERS)
def test_number_runs_are_a_set_in_the_fewest_runs(added: list[int], forgotten: int) -> None:
    runs = NumberRuns()
    for number in added:
        runs.add(number)
    assert [number for number in range(32) if number in runs] == sorted(set(added))
    assert bool(runs) == bool(added)
    assert all(last + 1 < first for (_, last), (first, _) in zip(runs.runs, runs.runs[1:], strict=False))
    runs.forget_upto(forgotten)
    assert all(number in runs for number in added if number > forgotten)
    assert all(last > forgotten for _, last in runs.runs)


def test_a_million_numbers_in_a_row_are_one_pair() -> None:
    runs = NumberRuns([(1, 999_999)])
    runs.add(1_000_000)
    assert runs.runs == [(1, 1_000_000)]


@pytest.fixture
def ledger(tmp_path: Path) -> Log:
    return Log.open(tmp_path / "ledger", name="ledger")


async def write(ledger: Log, *entries: LedgerEntry, kind: int = KIND_FIRST) -> None:
    ledger.append([encode(entry) for entry in entries], kind)
    await ledger.commit()


def rejected(of: int) -> Rejected:
    return Rejected("malformed", "not JSON", of=of)


async def test_without_a_snapshot_the_ledger_tells_everything(ledger: Log, tmp_path: Path) -> None:
    await write(ledger, accepted(of=1), rejected(2), Tick(1, "trusted"), rejected(5), accepted(of=3))
    await write(ledger, accepted(of=2), kind=KIND_CORRECTION)
    progress = Progress.recover(tmp_path / "none", ledger)
    assert progress.position == 3, "4 has no outcome yet"
    assert progress.done.runs == [(5, 5)]
    assert progress.counts == {"accepted": 2, "rejected": 2, "duplicate": 0}, "a correction is no first outcome"
    assert progress.ledger_upto == 6
    ledger.abandon()


async def test_after_a_snapshot_only_what_came_later_is_read(ledger: Log, tmp_path: Path) -> None:
    await write(ledger, accepted(of=1), accepted(of=2))
    before = Progress.recover(tmp_path / "none", ledger)
    before.waiting = [7]
    before.position = 8
    file = tmp_path / "snapshot"
    write_snapshot(file, before.pack())
    await write(ledger, accepted(of=7), rejected(9), rejected(11))
    progress = Progress.recover(file, ledger)
    assert (progress.position, progress.waiting, progress.done.runs) == (9, [], [(11, 11)])
    assert progress.counts == {"accepted": 3, "rejected": 2, "duplicate": 0}
    ledger.abandon()


async def test_forty_thousand_that_waited_and_have_their_outcome_are_taken_off_in_no_time(
    ledger: Log, tmp_path: Path
) -> None:
    before = Progress(Memory())
    before.waiting = list(range(1, 40_002))
    before.position = 40_001
    file = tmp_path / "snapshot"
    write_snapshot(file, before.pack())
    await write(ledger, *(rejected(number) for number in range(40_000, 0, -1)))
    began_s = time.process_time()
    progress = Progress.recover(file, ledger)
    assert (progress.waiting, progress.position) == ([40_001], 40_001)
    assert time.process_time() - began_s < 2, "one by one out of a list took some ten seconds"
    ledger.abandon()


@pytest.mark.parametrize("damage", ["missing", "empty", "torn", "flipped", "version", "memory"])
async def test_a_snapshot_that_cannot_be_trusted_costs_reading_and_nothing_else(
    ledger: Log, tmp_path: Path, damage: str
) -> None:
    await write(ledger, accepted(of=1), rejected(2))
    whole = Progress.recover(tmp_path / "none", ledger)
    file = tmp_path / "snapshot"
    write_snapshot(file, whole.pack())
    raw = bytearray(file.read_bytes())
    match damage:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "torn":
            file.write_bytes(raw[:-3])
        case "flipped":
            raw[9] ^= 4
            file.write_bytes(raw)
        case "version" | "memory":
            snapshot = load_snapshot(file)
            assert snapshot is not None
            foreign: dict[str, dict[str, Any]] = {"version": {"version": 99}, "memory": {"memory": b"\xc1 of old"}}
            body = encode(msgspec.structs.replace(snapshot, **foreign[damage]))
            write_snapshot(file, zlib.crc32(body).to_bytes(4, "big") + body)
    found = Progress.recover(file, ledger)
    assert (found.position, found.counts) == (2, {"accepted": 1, "rejected": 1, "duplicate": 0})
    ledger.abandon()


async def test_a_snapshot_that_speaks_of_a_ledger_that_is_gone_is_not_believed(ledger: Log, tmp_path: Path) -> None:
    progress = Progress(Memory())
    progress.position = progress.ledger_upto = 500
    write_snapshot(tmp_path / "snapshot", progress.pack())
    assert Progress.recover(tmp_path / "snapshot", ledger).position == 0
    ledger.abandon()


async def test_where_the_oldest_entries_have_expired_the_position_is_behind_the_first_run(
    ledger: Log, tmp_path: Path
) -> None:
    await write(ledger, *(accepted(of=number) for number in range(900, 910)))
    assert Progress.recover(tmp_path / "none", ledger, oldest=905).position == 909
    assert Progress.recover(tmp_path / "none", ledger, oldest=1).position == 0
    ledger.abandon()


async def test_entries_of_a_newer_version_are_passed_over(ledger: Log) -> None:
    ledger.append([msgspec.msgpack.encode(["Z", 1, 2])])
    await write(ledger, accepted(of=1))
    assert [number for number, _, _ in outcomes_after(ledger, 0)] == [2]
    with pytest.raises(msgspec.DecodeError):
        decode_ledger(msgspec.msgpack.encode(["Z", 1, 2]))
    ledger.abandon()
