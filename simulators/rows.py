"""Rows of a recorded file: NDJSON or CSV, plain, ``.gz`` or ``.zst``; Parquet where its library is installed."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from simulators.parquet import parquet_module
from simulators.recording import open_for_reading

Row = dict[str, Any]


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Line number and row. Raises ValueError for a kind of file it does not know or a line that is no row.

    A column that holds a time comes from Parquet as a ``datetime``. Raises MissingParquetError, a ValueError.
    """
    kind = path.with_suffix("").suffix if path.suffix in (".gz", ".zst") else path.suffix
    if kind == ".csv":
        yield from _csv_rows(path)
    elif kind in (".ndjson", ".jsonl"):
        yield from _json_rows(path)
    elif kind == ".parquet":
        yield from _parquet_rows(path)
    else:
        raise ValueError(f"{path.name}: expected .ndjson, .jsonl or .csv, also with .gz or .zst; or .parquet")


def _json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    decode = msgspec.json.Decoder(Row).decode
    with open_for_reading(path) as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                try:
                    yield number, decode(line)
                except msgspec.DecodeError as error:
                    raise ValueError(f"{path.name}, line {number}: {error}") from error


def _csv_rows(path: Path) -> Iterator[tuple[int, Row]]:
    with open_for_reading(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        for row in (reader := csv.DictReader(text)):
            yield reader.line_num, dict(row)


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    arrow, parquet = parquet_module("pyarrow"), parquet_module("pyarrow.parquet")
    number = 0
    try:
        for batch in parquet.ParquetFile(str(path)).iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except arrow.ArrowInvalid as error:
        raise ValueError(f"{path.name}: no Parquet: {error}") from error
