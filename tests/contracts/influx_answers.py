"""What InfluxDB 1.6.7, 2.7.12 and 3 answer to a body of lines, word for word, over a store in memory.

The words of 1.6.7 and 2.7.12 were taken from running servers; those of 3 from its source and documents.
``refuses`` decides which points conflict with a field type that is there already.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from tests.contracts.line_reader import Point, read_points

Flavour = Literal["1.6", "2.7", "2.7 unparsable", "3"]


@lru_cache(maxsize=20_000)
def read_line(line: bytes) -> Point:
    """A search sends the same lines again and again."""
    (point,) = read_points(line)
    return point


def nothing(_point: Point) -> str:
    return ""


@dataclass
class InfluxAnswers:
    """``refuses`` returns the field that conflicts, or "". ``points``: what is stored, by series and time."""

    flavour: Flavour
    refuses: Callable[[Point], str] = nothing
    max_body_bytes: int = 50 << 20
    oldest_ns: int | None = None
    points: dict[tuple[str, tuple[tuple[str, str], ...], int], dict[str, float | bool | str]] = field(
        default_factory=dict
    )
    writes: int = 0

    def write(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.writes += 1
        if len(body) > self.max_body_bytes:
            return 413, b'{"code":"request too large","message":"http: request body too large"}'
        points = [read_line(line) for line in body.splitlines(keepends=True)]
        conflicts = [(number, point, name) for number, point in enumerate(points, 1) if (name := self.refuses(point))]
        old = [] if self.oldest_ns is None else [point for point in points if point.time_ns < self.oldest_ns]
        if conflicts and self.flavour == "2.7 unparsable":
            line = body.split(b"\n")[conflicts[0][0] - 1].decode()
            return 400, _json(code="invalid", message=f"unable to parse '{line}': invalid number")
        refused = [point for _, point, _ in conflicts]
        for point in points:
            if point not in refused and point not in old:
                series = (point.measurement, tuple(sorted(point.tags.items())), point.time_ns)
                self.points.setdefault(series, {}).update(point.fields)
        if conflicts:
            return self._conflict(body, conflicts)
        if old:
            return self._too_old(len(old))
        return 204, b""

    def _conflict(self, body: bytes, conflicts: list[tuple[int, Point, str]]) -> tuple[int, bytes]:
        _, point, name = conflicts[0]
        words = (
            f'partial write: field type conflict: input field "{name}" on measurement "{point.measurement}" '
            f"is type float, already exists as type integer dropped={len(conflicts)}"
        )
        match self.flavour:
            case "1.6":
                return 400, _json(error=words)
            case "3":
                lines = body.split(b"\n")
                data = [
                    {
                        "original_line": lines[number - 1].decode(),
                        "line_number": number,
                        "error_message": f"invalid column type for column '{field}', expected iox::column_type::"
                        "field::integer, got iox::column_type::field::float",
                    }
                    for number, _, field in conflicts[:100]
                ]
                return 400, json.dumps({"error": "partial write of line protocol occurred", "data": data}).encode()
            case _:
                return 422, _json(code="unprocessable entity", message=f"failure writing points to database: {words}")

    def _too_old(self, dropped: int) -> tuple[int, bytes]:
        if self.flavour == "1.6":
            return 400, _json(error=f"partial write: points beyond retention policy dropped={dropped}")
        words = f"failure writing points to database: partial write: dropped {dropped} points outside retention policy"
        return 422, _json(code="unprocessable entity", message=words)


def _json(**words: str) -> bytes:
    return json.dumps(words).encode()
