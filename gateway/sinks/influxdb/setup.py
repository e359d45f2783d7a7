"""``citygate influx setup``: makes the place the sink writes to, and a token or user that may do no more than that.

    InfluxDB 1   database ▸ retention policy ▸ (with username) user with a generated password, read and write there
    InfluxDB 2   (fresh server) first user ▸ org ▸ bucket, retention ▸ v1 mapping for InfluxQL ▸ token for the bucket
    InfluxDB 3   database with retention ▸ (fresh server) admin token

Laws
- Running it again changes nothing that is as it should be; every step says whether it was made, changed or there.
- Secrets go to files of mode 0600 and are never shown, logged or part of an error.
"""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from gateway.http.client import Answer, HttpClient, NoAnswerError
from gateway.sinks.influxdb.exchange import authorization, http_client
from gateway.sinks.influxdb.settings import Api, InfluxdbSettings, SecretError, read_secret

HOURS_PER_DAY = 24
PASSWORD_BYTES = 24

Done = Literal["created", "changed", "there"]


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


class Step(msgspec.Struct, frozen=True):
    """One thing that is now as it should be, and whether this run made it so."""

    what: str
    done: Done


class SetupReport(msgspec.Struct, frozen=True):
    """What was found or made, in order. ``secret_file`` is where the secret went or was found."""

    api: Api
    version: str
    steps: tuple[Step, ...]
    secret_file: Path | None = None


class Admin(msgspec.Struct, frozen=True):
    """Who sets up. ``secret``: admin token (2, 3) or password (1, with ``username``); "" on a fresh or open server."""

    secret: str = ""
    username: str = ""


async def set_up(
    settings: InfluxdbSettings, *, admin: Admin | None = None, retention_days: int = 0, mapped_database: str = ""
) -> SetupReport:
    """Make everything the settings name. ``retention_days``: 0 keeps for ever.

    ``mapped_database``: the name that InfluxQL calls an InfluxDB 2 bucket by. Raises SetupError.
    """
    admin = admin or Admin()
    client = http_client(settings)
    try:
        version = await _version(client)
        api = settings.api if settings.api != "auto" else api_of(version, settings)
        match api:
            case "v1":
                steps = await _set_up_1(Influx1(client, settings, admin), settings, retention_days)
            case "v2":
                from gateway.sinks.influxdb.setup2 import set_up_2  # noqa: PLC0415 - influxdb-client costs 28 MB

                name = mapped_database or settings.database or settings.bucket
                steps = await asyncio.to_thread(set_up_2, settings, admin, retention_days, name)
            case "v3":
                steps = await _set_up_3(client, settings, admin, retention_days)
    except NoAnswerError as error:
        raise SetupError(f"{error}. Start the server, or correct url") from error
    finally:
        await client.close()
    return SetupReport(api, version, tuple(steps), settings.secret_file)


def api_of(version: str, settings: InfluxdbSettings) -> Api:
    """The API that a server of this version speaks. Raises SetupError."""
    match version.lstrip("v").partition(".")[0]:
        case "1":
            return "v1"
        case "2":
            return "v2"
        case "3":
            return "v3"
        case _:
            raise SetupError(f'{settings.url} does not tell which InfluxDB it is. Add api = "v1", "v2" or "v3"')


def keep_secret(file: Path, secret: str) -> None:
    """Write a secret beside the old one and put it in its place, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:  # noqa: PTH123 - a descriptor, so that the mode is there first
        out.write(secret + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def kept_secret(settings: InfluxdbSettings) -> str:
    """The secret in the settings' file; "" where there is none yet."""
    try:
        return read_secret(settings)
    except SecretError:
        return ""


def new_password() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


async def _version(client: HttpClient) -> str:
    answer = await client.request("GET", "/ping")
    return answer.headers.get("x-influxdb-version", "")


class Influx1:
    """InfluxQL statements to an InfluxDB 1."""

    def __init__(self, client: HttpClient, settings: InfluxdbSettings, admin: Admin) -> None:
        self._client = client
        who = settings.model_copy(update={"username": admin.username})
        self._headers = {"content-type": "application/x-www-form-urlencoded"} | authorization(who, "v1", admin.secret)

    async def ask(self, statement: str) -> list[list[object]]:
        """Run one statement; its rows. Raises SetupError, NoAnswerError."""
        body = urlencode({"q": statement}).encode()
        answer = await self._client.request("POST", "/query", headers=self._headers, body=body)
        said = _json(answer)
        verb = " ".join(statement.split()[:2])
        if "error" in said:
            raise SetupError(f"{verb}: {said['error']}. Give the name and password of an admin")
        (result,) = said["results"]
        if "error" in result:
            raise SetupError(f"{verb}: {result['error']}")
        return [row for series in result.get("series", []) for row in series.get("values", [])]


async def _set_up_1(influx: Influx1, settings: InfluxdbSettings, retention_days: int) -> list[Step]:
    database = settings.database
    if not database:
        raise SetupError('InfluxDB 1 wants a database. Add database = "…"')
    there = [database] in await influx.ask("SHOW DATABASES")
    if not there:
        await influx.ask(f"CREATE DATABASE {quoted_name(database)}")
    steps = [Step(f"database {database}", "there" if there else "created")]
    steps.append(await _retention_policy(influx, settings, retention_days))
    if settings.username:
        steps += await _user(influx, settings)
    return steps


async def _retention_policy(influx: Influx1, settings: InfluxdbSettings, retention_days: int) -> Step:
    on = quoted_name(settings.database)
    name = settings.retention_policy or "autogen"
    duration = f"{retention_days * HOURS_PER_DAY}h" if retention_days else "INF"
    kept = f"{retention_days * HOURS_PER_DAY}h0m0s" if retention_days else "0s"
    what = f"retention policy {name}: {f'{retention_days} days' if retention_days else 'for ever'}"
    found = {row[0]: row[1] for row in await influx.ask(f"SHOW RETENTION POLICIES ON {on}")}
    if name not in found:
        await influx.ask(f"CREATE RETENTION POLICY {quoted_name(name)} ON {on} DURATION {duration} REPLICATION 1")
        return Step(what, "created")
    if found[name] == kept:
        return Step(what, "there")
    await influx.ask(f"ALTER RETENTION POLICY {quoted_name(name)} ON {on} DURATION {duration}")
    return Step(what, "changed")


async def _user(influx: Influx1, settings: InfluxdbSettings) -> list[Step]:
    assert settings.password_file is not None
    name = quoted_name(settings.username)
    there = any(row[0] == settings.username for row in await influx.ask("SHOW USERS"))
    password = kept_secret(settings)
    made: Done = "there"
    if not password:
        password, made = new_password(), "created"
        keep_secret(settings.password_file, password)
    if not there:
        await influx.ask(f"CREATE USER {name} WITH PASSWORD {quoted_text(password)}")
    elif made == "created":
        await influx.ask(f"SET PASSWORD FOR {name} = {quoted_text(password)}")
    await influx.ask(f"GRANT ALL ON {quoted_name(settings.database)} TO {name}")
    return [
        Step(f"user {settings.username}, for database {settings.database} only", "there" if there else "created"),
        Step(f"password in {settings.password_file}", made),
    ]


async def _set_up_3(client: HttpClient, settings: InfluxdbSettings, admin: Admin, retention_days: int) -> list[Step]:
    steps = []
    secret = admin.secret or kept_secret(settings)
    if settings.token_file is not None and not kept_secret(settings):
        if secret:
            keep_secret(settings.token_file, secret)  # Core knows only admin tokens
            steps.append(Step(f"token in {settings.token_file}", "changed"))
        else:
            answer = await client.request("POST", "/api/v3/configure/token/admin")
            secret = str(_json(answer).get("token", ""))
            if not secret:
                raise SetupError(f"InfluxDB 3 gave no admin token ({answer.status}). Give the one it has")
            keep_secret(settings.token_file, secret)
            steps.append(Step(f"admin token in {settings.token_file}", "created"))
    wanted: dict[str, str] = {"db": settings.database}
    if retention_days:
        wanted["retention_period"] = f"{retention_days}d"
    headers = {"content-type": "application/json"} | authorization(settings, "v3", secret)
    answer = await client.request(
        "POST", "/api/v3/configure/database", headers=headers, body=msgspec.json.encode(wanted)
    )
    what = f"database {settings.database}"
    match answer.status:
        case 200 | 201 | 204:
            return [*steps, Step(what, "created")]
        case 409:
            return [*steps, Step(what, "there")]
        case 401 | 403:
            raise SetupError(f"{what}: {answer.status}. Give an admin token")
        case _:
            raise SetupError(f"{what}: {answer.status} {answer.text[:200]}")


def quoted_name(name: str) -> str:
    """An InfluxQL identifier."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def quoted_text(text: str) -> str:
    """An InfluxQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(answer.body, type=dict[str, Any])
    except msgspec.DecodeError:
        raise SetupError(f"{answer.status} {answer.text[:200]}: no InfluxDB says that. Correct url") from None
    return said
