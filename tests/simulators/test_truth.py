"""Truth files: what was told is read back, in either form."""

import sys
from pathlib import Path

import pytest

from simulators.parquet import MissingParquetError
from simulators.signals import Truth
from simulators.truth import open_truth, read_truth

TRUTHS = [
    Truth(1_793_574_000 * 10**9, "parking-spot/a-01", "occupied", True),
    Truth(1_793_574_001 * 10**9 + 1, "waste-container/a-01", "fill_level_percent", 12.3456789012345),
    Truth(1_793_574_002 * 10**9, "water-level/a-01", "flood_state", "alert"),
    Truth(1_793_574_003 * 10**9, "bike-counter/a-01", "bicycle_count_interval", 17.0, 900 * 10**9),
]


@pytest.mark.parametrize("name", ["t.ndjson", "t.ndjson.gz", "t.ndjson.zst", "t.parquet"])
def test_what_was_told_is_read_back(tmp_path: Path, name: str) -> None:
    with open_truth(tmp_path / name) as out:
        out.write(TRUTHS[:1])
        out.write([])
        out.write(TRUTHS[1:])
    found = list(read_truth(tmp_path / name))
    assert found == TRUTHS
    assert [truth.interval_ns for truth in found] == [0, 0, 0, 900 * 10**9]


def test_a_file_without_truths_is_one(tmp_path: Path) -> None:
    for name in ("t.ndjson.zst", "t.parquet"):
        with open_truth(tmp_path / name):
            pass
        assert list(read_truth(tmp_path / name)) == []


def test_without_its_library_parquet_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingParquetError, match=r"pip install 'citygate\[parquet\]'"):
        open_truth(tmp_path / "t.parquet")
