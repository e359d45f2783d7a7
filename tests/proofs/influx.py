"""Questions to an InfluxDB 1, asked over HTTP by hand: the gateway's own code has no part in the answers."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.servers import Server

Row = dict[str, Any]


def query(influx: Server, influxql: str) -> Iterator[Row]:
    """Rows by column name, without what is null; ``time`` in nanoseconds; tags of a grouped series are columns too."""
    words = urllib.parse.urlencode({"db": "citygate", "q": influxql, "epoch": "ns"})
    with urllib.request.urlopen(f"{influx.url}/query?{words}", timeout=60) as answer:
        result = json.load(answer)["results"][0]
    assert "error" not in result, result
    for series in result.get("series", ()):
        for values in series["values"]:
            row = dict(zip(series["columns"], values, strict=True)) | series.get("tags", {})
            yield {name: value for name, value in row.items() if value is not None}


def count(influx: Server, measurement: str, field: str, where: str = "") -> int:
    rows = query(influx, f'SELECT count("{field}") AS n FROM "{measurement}" {where}')
    return int(next((row["n"] for row in rows), 0))


def points(influx: Server, measurement: str, device: str) -> dict[int, Row]:
    """Every point of a device by its time."""
    found = {}
    for row in query(influx, f"SELECT * FROM \"{measurement}\" WHERE device = '{device}'"):
        found[row.pop("time")] = row
    return found


def write(influx: Server, lines: str) -> None:
    """Put points there that are not the gateway's."""
    with urllib.request.urlopen(f"{influx.url}/write?db=citygate", lines.encode(), timeout=30):
        pass
