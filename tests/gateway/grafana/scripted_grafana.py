"""The few routes of Grafana's HTTP API that a push asks, with what it has saved: a fake, written from the API's pages.

No package registry holds Grafana: trust no more than the shape of requests before this was set beside a real one.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal

Json = dict[str, Any]
Mood = Literal["well", "slow", "html", "forbids writing", "elsewhere", "not json"]

TOKEN = "glsa_of_the_test"
INFLUX = {"id": 1, "uid": "citygate", "name": "Citygate", "type": "influxdb"}
OTHER = {"id": 2, "uid": "other", "name": "Prometheus", "type": "prometheus"}


class ScriptedGrafana:
    """What the server holds. ``writes`` counts what was saved."""

    def __init__(self) -> None:
        self.sources: list[Json] = [INFLUX, OTHER]
        self.folders: dict[str, Json] = {}
        self.pages: dict[str, Json] = {}
        self.mood: Mood = "well"
        self.prefix = ""
        self.writes = 0
        self.url = ""

    def answer(self, method: str, path: str, token: str, body: Json) -> tuple[int, Any]:
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key", "messageId": "api-key.invalid"}
        return self._read(path) if method == "GET" else self._write(path, body)

    def _read(self, path: str) -> tuple[int, Any]:
        folder, _, name = path.rpartition("/")
        match folder:
            case "/api" if name == "datasources":
                return 200, self.sources
            case "/api/folders":
                return self._found(self.folders.get(name), "folder not found")
            case "/api/dashboards/uid":
                return self._found(self.pages.get(name), "Dashboard not found")
            case _:
                return 404, {"message": "Not found"}

    def _write(self, path: str, body: Json) -> tuple[int, Any]:
        if self.mood == "forbids writing":
            return 403, {"message": "You'll need additional permissions to perform this action."}
        match path:
            case "/api/folders":
                return self._make_folder(body)
            case "/api/dashboards/db":
                return self._save(body)
            case _:
                return 404, {"message": "Not found"}

    def _found(self, what: Json | None, why: str) -> tuple[int, Any]:
        return (404, {"message": why}) if what is None else (200, what)

    def _make_folder(self, body: Json) -> tuple[int, Any]:
        if body["uid"] in self.folders:
            return 409, {"message": "a folder with the same uid already exists"}
        self.writes += 1
        self.folders[body["uid"]] = {"id": len(self.folders) + 1, "uid": body["uid"], "title": body["title"]}
        return 200, self.folders[body["uid"]]

    def _save(self, body: Json) -> tuple[int, Any]:
        page: Json = body["dashboard"]
        if body["folderUid"] not in self.folders:
            return 400, {"message": "folder not found"}
        before = self.pages.get(page["uid"])
        if before is not None and not body["overwrite"]:
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        self.writes += 1
        version = before["dashboard"]["version"] + 1 if before else 1
        stored = {**page, "id": len(self.pages) + 1, "version": version, "preload": False}
        self.pages[page["uid"]] = {"dashboard": stored, "meta": {"folderUid": body["folderUid"], "type": "db"}}
        return 200, {"uid": page["uid"], "status": "success", "version": version}


@contextmanager
def scripted_grafana() -> Iterator[ScriptedGrafana]:
    grafana = ScriptedGrafana()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length) or b"{}")
            path = self.path.removeprefix(grafana.prefix) if self.path.startswith(grafana.prefix) else "/lost"
            token = self.headers.get("authorization", "")
            match grafana.mood:
                case "slow":
                    time.sleep(1.5)
                    status, told, kind = 200, b"[]", "application/json"
                case "html":
                    status, told, kind = 200, b"<html>please log in</html>", "text/html; charset=UTF-8"
                case "elsewhere":
                    status, told, kind = 404, b"<html>nginx: not found</html>", "text/html"
                case "not json":
                    status, told, kind = 200, b"<xml/>", "application/json"
                case _:
                    status, said = grafana.answer(self.command, path, token, body)
                    told, kind = json.dumps(said).encode(), "application/json; charset=UTF-8"
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in http.server
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    grafana.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield grafana
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
