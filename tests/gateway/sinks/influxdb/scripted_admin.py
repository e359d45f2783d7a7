"""The administration of an InfluxDB 2 and 3, as far as set-up asks: a fake, written from their API documents.

No package registry holds either server: trust no more than the shape of requests before it was set beside a real one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answered = tuple[int, dict[str, Any]]


class ScriptedAdmin:
    """What the server holds. ``fresh``: nobody has set it up yet."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.fresh = True
        self.tokens: dict[str, list[dict[str, Any]]] = {}
        self.orgs: list[dict[str, Any]] = []
        self.buckets: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = []
        self.databases: dict[str, str] = {}
        self.url = ""

    def answer(self, method: str, target: str, token: str, body: dict[str, Any]) -> Answered:
        parts = urlsplit(target)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        route = f"{method} {parts.path}"
        if self.version.startswith("3"):
            return self._answer_3(route, token, body)
        match route:
            case "GET /ping":
                return 200, {}
            case "GET /api/v2/setup":
                return 200, {"allowed": self.fresh}
            case "POST /api/v2/setup":
                return self._onboard(body)
            case _ if token not in self.tokens:
                return 401, {"code": "unauthorized", "message": "unauthorized access"}
        found = self._found(parts.path, asked) if method == "GET" else self._made(parts.path, body)
        return (201 if method == "POST" else 200), found

    def _found(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        match path:
            case "/api/v2/orgs":
                return {"orgs": self.orgs}
            case "/api/v2/buckets":
                return {"buckets": [b for b in self.buckets if b["name"] == asked["name"]]}
            case _:
                return {"content": [m for m in self.mappings if m["database"] == asked["db"]]}

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        match path:
            case "/api/v2/orgs":
                return self._org(body["name"])
            case "/api/v2/buckets":
                return self._bucket(body["name"], body["orgID"], body.get("retentionRules", []))
            case "/api/v2/authorizations":
                return body | {"id": "a1", "token": self._token(body["permissions"])}
            case "/api/v2/dbrps":
                self.mappings.append({"id": f"{len(self.mappings):016x}", **body})
                return self.mappings[-1]
            case _:
                (bucket,) = [b for b in self.buckets if path == f"/api/v2/buckets/{b['id']}"]
                bucket["retentionRules"] = body.get("retentionRules", [])
                return bucket

    def _answer_3(self, route: str, token: str, body: dict[str, Any]) -> Answered:
        if route == "POST /api/v3/configure/token/admin":
            if self.tokens:
                return 409, {"error": "token name already exists, _admin"}
            return 201, {"id": 0, "name": "_admin", "token": self._token([])}
        if route == "GET /ping":
            return 200, {}
        if token not in self.tokens:
            return 401, {"error": "the request was not authenticated"}
        if body["db"] in self.databases:
            return 409, {"error": "attempted to create a resource that already exists"}
        self.databases[body["db"]] = body.get("retention_period", "")
        return 200, {}

    def _onboard(self, body: dict[str, Any]) -> Answered:
        if not self.fresh:
            return 422, {"code": "conflict", "message": "onboarding has already been completed"}
        self.fresh = False
        org = self._org(body["org"])
        rules = [{"type": "expire", "everySeconds": body["retentionPeriodSeconds"]}]
        bucket = self._bucket(body["bucket"], org["id"], rules if body["retentionPeriodSeconds"] else [])
        auth = {"id": "a0", "orgID": org["id"], "permissions": [], "token": self._token([])}
        return 201, {"user": {"id": "u0", "name": body["username"]}, "org": org, "bucket": bucket, "auth": auth}

    def _org(self, name: str) -> dict[str, Any]:
        self.orgs.append({"id": f"{len(self.orgs) + 1:016x}", "name": name})
        return self.orgs[-1]

    def _bucket(self, name: str, org: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
        bucket = {"id": f"{len(self.buckets) + 1:016x}", "name": name, "orgID": org, "retentionRules": rules}
        self.buckets.append(bucket)
        return bucket

    def _token(self, permissions: list[dict[str, Any]]) -> str:
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = permissions
        return token


@contextmanager
def scripted_admin(version: str) -> Iterator[ScriptedAdmin]:
    admin = ScriptedAdmin(version)

    class Speak(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _speak(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            body = json.loads(raw) if raw else {}
            token = (self.headers.get("authorization") or "").partition(" ")[2]
            status, said = admin.answer(self.command, self.path, token, body)
            answer = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("x-influxdb-version", admin.version)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PATCH = _speak  # noqa: N815 - names of the standard library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - same
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speak)
    admin.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield admin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
