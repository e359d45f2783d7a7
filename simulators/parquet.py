"""Parquet, where its library is installed: it is larger than all others of the project together, so it is an extra."""

from importlib import import_module
from typing import Any


class MissingParquetError(ValueError):
    """The library is not installed; the text says how to get it."""


def parquet_module(name: str) -> Any:
    """``pyarrow`` or ``pyarrow.parquet``. Raises MissingParquetError."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingParquetError(
            "Parquet needs pyarrow, which is not installed. Run: pip install 'citygate[parquet]'; or name the file "
            ".ndjson.zst"
        ) from error
