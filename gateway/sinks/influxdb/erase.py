"""Values that were taken back, deleted where the server can: InfluxDB 1 by InfluxQL, InfluxDB 2 by predicate.

Neither can delete one field, only a point with all its fields. So the sink writes a correction, deletes the points in
which it takes something back, and writes the correction again: what still holds is back, what was taken back is gone,
and its mark ``<property>_quality = "retracted"`` stands. A crash between the two repeats the batch: nothing is lost.
Where the server cannot, or will not, only the mark is there, and it is counted.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urlencode

import msgspec

from gateway.http.client import HttpClient, NoAnswerError
from gateway.sinks import SinkUnavailableError
from gateway.sinks.influxdb.settings import Api, InfluxdbSettings
from pipelines.encodings.line_protocol import PointKey
from pipelines.model import NS_PER_S

STATEMENTS_A_REQUEST = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Erased(msgspec.Struct, frozen=True):
    """How many points were deleted, and how many the server would not delete, with its last words."""

    deleted: int = 0
    left: int = 0
    said: str = ""


async def erase(
    client: HttpClient, settings: InfluxdbSettings, api: Api, headers: dict[str, str], points: Sequence[PointKey]
) -> Erased:
    """Delete points. Raises SinkUnavailableError when the server does not answer or is busy."""
    match api:
        case "v1":
            requests = _statements(settings, points)
        case "v2":
            requests = _predicates(settings, points)
        case "v3":
            return Erased(left=len(points), said="InfluxDB 3 deletes no single points")
    deleted = left = 0
    words = ""
    for count, target, content_type, body in requests:
        try:
            answer = await client.request("POST", target, headers=headers | {"content-type": content_type}, body=body)
        except NoAnswerError as error:
            raise SinkUnavailableError(str(error)) from error
        if answer.status in (429, 503):
            raise SinkUnavailableError(f"{answer.status} to a deletion")
        if answer.status in (200, 204) and '"error"' not in answer.text:
            deleted += count
        else:
            left += count
            words = f"{answer.status} {answer.text[:200]}".strip()
    return Erased(deleted, left, words)


Request = tuple[int, str, str, bytes]
"""Points, target, content type, body."""


def _statements(settings: InfluxdbSettings, points: Sequence[PointKey]) -> list[Request]:
    waiting = iter(points)
    requests: list[Request] = []
    while group := list(islice(waiting, STATEMENTS_A_REQUEST)):
        statements = ";".join(delete_statement(point) for point in group)
        body = urlencode({"db": settings.database, "q": statements}).encode()
        requests.append((len(group), "/query", "application/x-www-form-urlencoded", body))
    return requests


def delete_statement(point: PointKey) -> str:
    """One InfluxQL DELETE. It reaches every retention policy of the database."""
    tags = "".join(f" AND {identifier(key)} = {literal(value)}" for key, value in point.tags)
    where = f"time = {point.time_ns}{tags}"
    return f"DELETE FROM {identifier(point.measurement)} WHERE {where}"  # noqa: S608 - names and texts are quoted


def identifier(name: str) -> str:
    """A name as InfluxQL and predicates quote it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """A text as InfluxQL quotes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _predicates(settings: InfluxdbSettings, points: Sequence[PointKey]) -> list[Request]:
    target = f"/api/v2/delete?{urlencode({'org': settings.org, 'bucket': settings.bucket})}"
    return [(1, target, "application/json", json.dumps(predicate(point)).encode()) for point in points]


def predicate(point: PointKey) -> dict[str, str]:
    """The body of one ``/api/v2/delete``; its time span includes both ends, so one instant is a span."""
    at = rfc3339(point.time_ns)
    tags = "".join(f" AND {identifier(key)}={identifier(value)}" for key, value in point.tags)
    return {"start": at, "stop": at, "predicate": f"_measurement={identifier(point.measurement)}{tags}"}


def rfc3339(time_ns: int) -> str:
    """An instant to the nanosecond; datetime alone would lose the last three digits."""
    seconds, rest_ns = divmod(time_ns, NS_PER_S)
    return f"{(_EPOCH + timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%S')}.{rest_ns:09d}Z"
