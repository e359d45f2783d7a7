"""Everything that carries a tag, deleted: a device by ``device``, what was derived of a feature alone by ``feature``.

InfluxDB 1 drops whole series, of every measurement and retention policy, and tells first how many there are. InfluxDB 2
deletes by predicate and tells no number: what was asked counts as one. InfluxDB 3 deletes no points.
"""

import json
from typing import Any
from urllib.parse import urlencode

import msgspec

from gateway.http.client import Answer, HttpClient, NoAnswerError
from gateway.sinks import CannotPurgeError, SinkUnavailableError
from gateway.sinks.influxdb.erase import identifier, literal
from gateway.sinks.influxdb.settings import Api, InfluxdbSettings

EVER = {"start": "1677-09-21T00:12:44Z", "stop": "2262-04-11T23:47:16Z"}
"""All the time that nanoseconds since 1970 in 64 bits can say."""


async def purge(
    client: HttpClient, settings: InfluxdbSettings, api: Api, headers: dict[str, str], *, tag: str, value: str
) -> int:
    """Delete what has this tag; returns how many series (InfluxDB 1) or requests (InfluxDB 2) that were.

    Raises SinkUnavailableError, and CannotPurgeError where the server will not.
    """
    match api:
        case "v1":
            where = f"WHERE {identifier(tag)} = {literal(value)}"
            found = _total(await _ask(client, settings, headers, f"SHOW SERIES EXACT CARDINALITY {where}"))
            if found:
                await _ask(client, settings, headers, f"DROP SERIES {where}")
            return found
        case "v2":
            target = f"/api/v2/delete?{urlencode({'org': settings.org, 'bucket': settings.bucket})}"
            body = json.dumps(EVER | {"predicate": f"{identifier(tag)}={identifier(value)}"}).encode()
            await _request(client, target, headers | {"content-type": "application/json"}, body)
            return 1
        case "v3":
            raise CannotPurgeError(f"InfluxDB 3 deletes no points: what has {tag} = '{value}' stays until it expires")


async def _ask(client: HttpClient, settings: InfluxdbSettings, headers: dict[str, str], influxql: str) -> Any:
    body = urlencode({"db": settings.database, "q": influxql}).encode()
    words = headers | {"content-type": "application/x-www-form-urlencoded"}
    answer = await _request(client, "/query", words, body)
    try:
        (result,) = msgspec.json.decode(answer.body)["results"]
    except (msgspec.DecodeError, KeyError, ValueError, TypeError) as error:
        raise CannotPurgeError(f"not an InfluxDB's answer: {answer.text[:200]}") from error
    if "error" in result:
        raise CannotPurgeError(str(result["error"]))
    return result


async def _request(client: HttpClient, target: str, headers: dict[str, str], body: bytes) -> Answer:
    try:
        answer = await client.request("POST", target, headers=headers, body=body)
    except NoAnswerError as error:
        raise SinkUnavailableError(str(error)) from error
    if answer.status in (429, 503):
        raise SinkUnavailableError(f"{answer.status} to a deletion")
    if answer.status not in (200, 204):
        raise CannotPurgeError(f"{answer.status} {answer.text[:200]}".strip())
    return answer


def _total(result: Any) -> int:
    return sum(int(values[-1]) for series in result.get("series", ()) for values in series["values"])
