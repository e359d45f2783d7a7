"""What is wanted, what was made, and which version does it."""

import urllib.error
import urllib.request
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

Api = Literal["v1", "v2", "v3"]
ANSWER_WITHIN_S = 10.0


class SetupError(Exception):
    """It could not be done; ``mend`` says what to do."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend


class Wanted(msgspec.Struct, frozen=True):
    """What to prepare. ``retention_days`` 0 keeps for ever, None leaves what is there (a new place keeps for ever).

    ``secret``: the administrator's token, or with ``username`` the password; "" where the server asks for none.
    ``token_file``: where the gateway's token goes; Grafana's and a new administrator's lie beside it.
    """

    url: str
    org: str
    bucket: str
    token_file: Path
    retention_days: int | None = None
    username: str = ""
    secret: str = ""


class Prepared(msgspec.Struct, frozen=True):
    """What is there now: a line for each step, the files written, and the table for ``citygate.toml``."""

    api: Api
    steps: tuple[str, ...]
    table: str
    files: tuple[Path, ...] = ()


def prepare(wanted: Wanted, api: Api | None = None) -> Prepared:
    """Do it, as the server's version wants it. Raises SetupError."""
    if urlsplit(wanted.url).scheme not in ("http", "https"):
        raise SetupError(f"'{wanted.url}' is not an address", "Write it as http://host:8086")
    match api or version_of(wanted.url):
        case "v1":
            from gateway.influx_setup.v1 import prepare_v1  # noqa: PLC0415 - one version is one import

            return prepare_v1(wanted)
        case "v2":
            from gateway.influx_setup.v2 import prepare_v2  # noqa: PLC0415 - 50 MB that only version 2 needs

            return prepare_v2(wanted)
        case "v3":
            from gateway.influx_setup.v3 import prepare_v3  # noqa: PLC0415 - one version is one import

            return prepare_v3(wanted)


def version_of(url: str) -> Api:
    """Which InfluxDB answers there, by the header of its ping. Raises SetupError."""
    status, headers, _ = request("GET", f"{url.rstrip('/')}/ping")
    version = headers.get("x-influxdb-version", "").lstrip("v")
    match version[:1]:
        case "1":
            return "v1"
        case "2":
            return "v2"
        case "3":
            return "v3"
        case _:
            found = f"answers /ping with {status}, without InfluxDB's version"
            raise SetupError(f"{url} {found}", "Check the address; or say which version it is with --api.")


def request(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One request: status, headers in lower case, body. Raises SetupError where nobody answers."""
    asked = urllib.request.Request(url, data=body, headers=headers or {}, method=method)  # noqa: S310 - http(s) only
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310 - checked in prepare()
            return answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {key.lower(): value for key, value in error.headers.items()}, error.read()
    except OSError as error:
        mend = "Is it running, and are host and port right?"
        raise SetupError(f"{url} cannot be reached: {getattr(error, 'reason', error)}", mend) from error
