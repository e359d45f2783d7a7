"""InfluxDB 1: a database, and its retention."""

import base64
from urllib.parse import urlencode

import msgspec

from gateway.influx_setup.prepare import Prepared, SetupError, Wanted, request

POLICY = "autogen"
"""The policy that a new database has; writes go there when none is named."""


class _Series(msgspec.Struct):
    values: list[list[str]] = []


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


def prepare_v1(wanted: Wanted) -> Prepared:
    """Make the database if it is missing; set the retention if one is asked for. Raises SetupError."""
    steps = []
    if wanted.bucket in _databases(wanted):
        steps.append(f"database {wanted.bucket} is there")
    else:
        _query(wanted, f"CREATE DATABASE {_quoted(wanted.bucket)}")
        steps.append(f"database {wanted.bucket} made")
    if wanted.retention_days is not None:
        duration = f"{wanted.retention_days}d" if wanted.retention_days else "INF"
        _query(wanted, f"ALTER RETENTION POLICY {POLICY} ON {_quoted(wanted.bucket)} DURATION {duration} DEFAULT")
        steps.append(f"kept for {wanted.retention_days} days" if wanted.retention_days else "kept for ever")
    table = f'[sinks.influxdb]\nkind = "influxdb"\nurl = "{wanted.url}"\napi = "v1"\ndatabase = "{wanted.bucket}"\n'
    if wanted.username:
        table += f'username = "{wanted.username}"\npassword_file = "{wanted.token_file.absolute()}"\n'
    return Prepared("v1", tuple(steps), table)


def _databases(wanted: Wanted) -> set[str]:
    answer = _query(wanted, "SHOW DATABASES")
    return {row[0] for series in answer.results[0].series for row in series.values}


def _query(wanted: Wanted, text: str) -> _Answer:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if wanted.username:
        pair = base64.b64encode(f"{wanted.username}:{wanted.secret}".encode()).decode()
        headers["authorization"] = f"Basic {pair}"
    status, _, body = request("POST", f"{wanted.url.rstrip('/')}/query", urlencode({"q": text}).encode(), headers)
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError as error:
        raise SetupError(f"{wanted.url} answered {status}, and not as InfluxDB does", "Check the address.") from error
    failed = answer.error or next((result.error for result in answer.results if result.error), "")
    if failed or status != 200:  # noqa: PLR2004 - HTTP
        mend = "Name an administrator: --username NAME --password-file FILE" if status in (401, 403) else ""
        raise SetupError(f"InfluxDB said: {failed[:200] or status}", mend)
    return answer


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
