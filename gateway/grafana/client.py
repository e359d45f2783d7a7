"""A Grafana over HTTP, by grafana-client, with every failure in words that say what to do."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from gateway.grafana.pages import Folder, Json
from gateway.grafana.push import NOT_FOUND, PushError

if TYPE_CHECKING:
    from grafana_client.api import GrafanaApi
    from grafana_client.client import GrafanaException

INSTALL = 'pip install "citygate[grafana]"'
TIMEOUT_S = 15.0
WORDS_SHOWN = 200


class HttpGrafana:
    """Implements ``gateway.grafana.push.Grafana``; a context manager, which closes the connection."""

    def __init__(self, url: str, token: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Nothing is sent yet. Raises PushError for an address that is none and where grafana-client is missing."""
        self._url = url
        self._api = _api(url, token, timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._api.client.s.close()

    def sources(self) -> Sequence[Json]:
        """Its data sources."""
        found = self._ask("list its data sources", self._api.datasource.list_datasources)
        return [source for source in found if isinstance(source, dict)] if isinstance(found, list) else self._strange()

    def folder(self, uid: str) -> Json | None:
        """The folder; None where there is none."""
        return self._look("look for the folder", lambda: self._api.folder.get_folder(uid))

    def make_folder(self, folder: Folder) -> None:
        """Make it."""
        self._ask("make the folder", lambda: self._api.folder.create_folder(folder.title, uid=folder.uid))

    def page(self, uid: str) -> Json | None:
        """The page; None where there is none."""
        found = self._look("look for a page", lambda: self._api.dashboard.get_dashboard(uid))
        return found if found is None or {"dashboard", "meta"} <= found.keys() else self._strange()

    def save_page(self, page: Json, folder_uid: str) -> None:
        """Make it, or put it in place of what is there."""
        body = {"dashboard": {**page, "id": None}, "folderUid": folder_uid, "overwrite": True, "message": "citygate"}
        self._ask(f"save {page['title']}", lambda: self._api.dashboard.update_dashboard(body))

    def _look(self, what: str, ask: Callable[[], Any]) -> Json | None:
        from grafana_client.client import GrafanaClientError  # noqa: PLC0415 - an extra of its own

        try:
            found = self._ask(what, ask)
        except PushError as error:
            cause = error.__cause__
            if isinstance(cause, GrafanaClientError) and cause.status_code == NOT_FOUND and _is_grafanas(cause):
                return None
            raise
        return found if isinstance(found, dict) else self._strange()

    def _ask(self, what: str, ask: Callable[[], Any]) -> Any:
        from grafana_client.client import GrafanaException  # noqa: PLC0415 - an extra of its own
        from niquests.exceptions import RequestException, SSLError  # noqa: PLC0415 - same

        try:
            found = ask()
        except GrafanaException as error:
            raise self._refused(what, error) from error
        except SSLError as error:
            secure = urlsplit(self._url).scheme == "https"
            mend = "Does it speak TLS there? Try http://; or let this machine trust its certificate." if secure else ""
            raise PushError(f"no TLS with {self._url}: {_reason(error)}", mend) from error
        except json.JSONDecodeError as error:
            raise PushError(f"{self._url} answers, but not in JSON", self._which()) from error
        except RequestException as error:
            raise PushError(
                f"{self._url} does not answer: {_reason(error)}", "Is it up, and is this its address?"
            ) from error
        return self._strange() if isinstance(found, str) else found

    def _refused(self, what: str, error: "GrafanaException") -> PushError:
        said = _cut(str(error.message))
        match error.status_code:
            case 0:
                return PushError(
                    f"{self._url} gave no answer in time to: {what}", "Try again; is it busy, or is a proxy?"
                )
            case 401:
                mend = (
                    "Put the token of a service account (role Editor) into the file: Administration, Users and access."
                )
                return PushError(f"it does not know this token (401, {what})", mend)
            case 403:
                mend = "Give the service account the role Editor, or the right to write in this folder."
                return PushError(f"this token may not {what} (403: {said})", mend)
            case 404:
                return PushError(f"it has no such place (404, {what}: {said})", self._which())
            case 412:
                return PushError(
                    f"it has another page of that name (412, {what}: {said})", "Rename or delete that one."
                )
            case _:
                return PushError(f"it would not {what}: {said}", "Its log says more.")

    def _strange(self) -> Any:
        raise PushError(f"{self._url} answers, but not as a Grafana does", self._which())

    def _which(self) -> str:
        return (
            f"Is {self._url} the address of a Grafana, with its sub-path where it has one, and no login page before it?"
        )


def _api(url: str, token: str, timeout_s: float) -> "GrafanaApi":
    try:
        from grafana_client.api import GrafanaApi  # noqa: PLC0415 - an extra of its own
    except ImportError as error:
        raise PushError("grafana-client is not installed here", f"{INSTALL}") from error
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1:
        raise PushError(f"{url} is no address", "Write it as https://grafana.example.org or http://host:3000/grafana")
    if parts.username is not None or parts.query or parts.fragment:
        raise PushError("the address holds more than host, port and path", "The token alone opens it: --token-file.")
    prefix = f"{path}/" if (path := parts.path.strip("/")) else ""
    return GrafanaApi(
        token,
        host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
        port=port,
        url_path_prefix=prefix,
        protocol=parts.scheme,
        timeout=timeout_s,
        user_agent="citygate",
    )


def _is_grafanas(error: "GrafanaException") -> bool:
    """Grafana says in JSON that something is not there; a web server's own page does not."""
    return isinstance(error.response, dict) and "message" in error.response


def _reason(error: BaseException) -> str:
    """What the network said: the innermost error, without the wrapping of two libraries."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return _cut((error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__)


def _cut(text: str) -> str:
    return " ".join(text.split())[:WORDS_SHOWN]
