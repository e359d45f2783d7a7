"""What was true, written beside the messages: one row for each change, for whoever scores an estimate against it.

NDJSON, plain, ``.gz`` or ``.zst``: ``{"at_ns": …, "feature": …, "quantity": …, "value": …}``, with ``interval_ns``
where the value is of an interval. Parquet: the same columns; ``value`` is a double (a flag 0 or 1), ``text`` holds
words.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from simulators.parquet import parquet_module
from simulators.recording import open_for_reading, open_for_writing
from simulators.signals import Truth

ROWS_A_GROUP = 200_000


class TruthFile(Protocol):
    """Takes truths as they become known; use it in ``with``."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def write(self, truths: Sequence[Truth]) -> None:
        """Append these."""


def open_truth(path: Path) -> TruthFile:
    """A file of truths by its name. Raises OSError; MissingParquetError where its library is not installed."""
    return _ParquetTruth(path) if path.suffix == ".parquet" else _NdjsonTruth(path)


class _Row(msgspec.Struct, omit_defaults=True):
    at_ns: int
    feature: str
    quantity: str
    value: float | bool | str
    interval_ns: int = 0


class _NdjsonTruth:
    def __init__(self, path: Path) -> None:
        self._out = open_for_writing(path)
        self._encode = msgspec.json.Encoder().encode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._out.close()

    def write(self, truths: Sequence[Truth]) -> None:
        encode = self._encode
        rows = [encode(_Row(t.at_ns, t.feature, t.quantity, t.value, t.interval_ns)) for t in truths]
        rows.append(b"")
        self._out.write(b"\n".join(rows))


class _ParquetTruth:
    def __init__(self, path: Path) -> None:
        self._arrow = arrow = parquet_module("pyarrow")
        words = arrow.dictionary(arrow.int32(), arrow.string())
        self._schema = arrow.schema(
            [
                ("at_ns", arrow.int64()),
                ("feature", words),
                ("quantity", words),
                ("value", arrow.float64()),
                ("text", words),
                ("interval_ns", arrow.int64()),
            ]
        )
        self._writer = parquet_module("pyarrow.parquet").ParquetWriter(str(path), self._schema, compression="zstd")
        self._rows: list[Truth] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()

    def write(self, truths: Sequence[Truth]) -> None:
        self._rows.extend(truths)
        if len(self._rows) >= ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        columns: dict[str, list[Any]] = {
            "at_ns": [row.at_ns for row in rows],
            "feature": [row.feature for row in rows],
            "quantity": [row.quantity for row in rows],
            "value": [None if isinstance(row.value, str) else float(row.value) for row in rows],
            "text": [row.value if isinstance(row.value, str) else None for row in rows],
            "interval_ns": [row.interval_ns for row in rows],
        }
        self._writer.write_table(self._arrow.Table.from_pydict(columns, schema=self._schema))


def read_truth(path: Path) -> Iterator[Truth]:
    """The truths of a file in the order in which they were told. A flag comes from Parquet as 0.0 or 1.0."""
    if path.suffix == ".parquet":
        yield from _read_parquet(path)
        return
    decode = msgspec.json.Decoder(_Row).decode
    with open_for_reading(path) as stream:
        for line in stream:
            row = decode(line)
            yield Truth(row.at_ns, row.feature, row.quantity, row.value, row.interval_ns)


def _read_parquet(path: Path) -> Iterator[Truth]:
    for batch in parquet_module("pyarrow.parquet").ParquetFile(str(path)).iter_batches():
        for row in batch.to_pylist():
            value = row["value"] if row["text"] is None else row["text"]
            yield Truth(row["at_ns"], row["feature"], row["quantity"], value, row["interval_ns"])
