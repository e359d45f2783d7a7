"""Faithful fakes of what two network servers say of their devices: a real gRPC server, a real HTTP server."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import grpc
from chirpstack_api import api

TOKEN = "an-api-key"
APPLICATION = "7d1c0f6e-1111-4222-8333-444455556666"


class ChirpStack(api.DeviceServiceServicer):  # type: ignore[misc]
    """``DeviceService.List`` as ChirpStack 4 answers it: a key that it knows, an application that is there, pages."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.pages: list[tuple[int, int]] = []

    async def List(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name of it
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {TOKEN}":
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "invalid token")
        if request.application_id != APPLICATION:
            await context.abort(grpc.StatusCode.NOT_FOUND, "object does not exist")
        self.pages.append((request.offset, request.limit))
        page = self.items[request.offset : request.offset + request.limit]
        return api.ListDevicesResponse(total_count=len(self.items), result=page)


@asynccontextmanager
async def chirpstack(items: Sequence[Any]) -> AsyncIterator[tuple[str, ChirpStack]]:
    """Address and server."""
    service = ChirpStack(items)
    server = grpc.aio.server()
    api.add_DeviceServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"http://127.0.0.1:{port}", service
    finally:
        await server.stop(None)


@contextmanager
def the_things_stack(
    devices: Sequence[dict[str, Any]], *, answer: bytes | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Address, and the targets that were asked. ``answer``: said instead of the list."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            status, said = 200, answer
            if self.headers["authorization"] != f"Bearer {TOKEN}":
                status, said = 401, b'{"code":16,"message":"error:pkg/auth:token (invalid token)"}'
            elif parts.path != "/api/v3/applications/bins/devices":
                status, said = 404, b'{"code":5,"message":"application not found"}'
            elif said is None:
                page, limit = int(query["page"][0]), int(query["limit"][0])
                shown = devices[(page - 1) * limit : page * limit]
                said = json.dumps({"end_devices": shown} if shown else {}).encode()
            assert said is not None
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
