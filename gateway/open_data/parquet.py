"""Records as a Parquet file, written as they come: a row group of ``GROUP_ROWS`` is all that is in memory.

``value`` is a number (flags 0 and 1), ``word`` the value of a state. Needs pyarrow, which costs some 60 MB once loaded.
"""

from collections.abc import Iterator

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.encodings.downloads import COLUMNS, Record

GROUP_ROWS = 10_000

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in COLUMNS[: COLUMNS.index("value")]),
        ("value", pa.float64()),
        ("word", pa.string()),
        ("unit", pa.string()),
        ("observedAt", pa.timestamp("us", tz="UTC")),
        ("observedUntil", pa.timestamp("us", tz="UTC")),
        ("quality", pa.string()),
        ("reason", pa.string()),
        ("revision", pa.int64()),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
    ]
)


class _Outlet:
    """The file that pyarrow writes to: what has come is taken piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._at = 0

    def write(self, data: bytes) -> int:
        piece = bytes(data)
        self._held.append(piece)
        self._at += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """The end is told by the writer."""

    def taken(self) -> bytes:
        piece = b"".join(self._held)
        self._held.clear()
        return piece


def parquet_pieces(records: Iterator[Record | None]) -> Iterator[bytes]:
    """The file in pieces; an empty one gives way."""
    outlet = _Outlet()
    group: list[dict[str, object]] = []
    with pq.ParquetWriter(pa.PythonFile(outlet, mode="w"), SCHEMA, compression="zstd") as writer:
        for record in records:
            if record is None:
                yield b""
                continue
            group.append(_row(record))
            if len(group) >= GROUP_ROWS:
                writer.write_table(_table(group))
                group = []
                yield outlet.taken()
        if group:
            writer.write_table(_table(group))
    yield outlet.taken()


def _table(group: list[dict[str, object]]) -> pa.Table:
    table = pa.Table.from_pylist(group)
    return pa.table([table[name].cast(SCHEMA.field(name).type) for name in SCHEMA.names], schema=SCHEMA)


def _row(record: Record) -> dict[str, object]:
    row = msgspec.to_builtins(record)
    value = row["value"]
    row["word"] = value if isinstance(value, str) else None
    row["value"] = None if value is None or isinstance(value, str) else float(value)
    return {name: row[name] for name in SCHEMA.names}
