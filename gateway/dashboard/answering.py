"""Answers as HTTP: JSON with an ETag, compressed where that is worth it; refusals as ``Error``; headers of the page."""

import zlib
from hashlib import blake2b

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.dashboard.answers import Error
from gateway.dashboard.words import error

GZIP_FROM_BYTES = 4_096
GZIP_LEVEL = 1
"""A thousand things have some 500 KiB; this makes 40 of it in 4 ms. Higher levels cost more than a local line saves."""

JSON_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
STATUS = {"not-found": 404, "bad-request": 400, "too-many-pages": 503, "unavailable": 503}

encode = msgspec.json.Encoder().encode


class RefusalError(Exception):
    """Raised by an answer that cannot be given; ``told`` is the body."""

    def __init__(self, code: str, *values: object) -> None:
        super().__init__(code)
        self.told: Error = error(code, *values)


def policy(tiles: str | None = None) -> str:
    """The Content-Security-Policy of the page; ``tiles``: the origin of the map's tiles, where there are any."""
    images = "'self' data:" + (f" {tiles}" if tiles else "")
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; "
        "font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )


def json_answer(request: Request, body: bytes) -> Response:
    """The body, or 304 where the browser has it."""
    return tagged(request, body, "application/json", JSON_HEADERS)


def tagged(request: Request, body: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """An answer with an ETag over its bytes; 304 without a body where the browser has the same."""
    etag = f'W/"{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {**headers, "ETag": etag, "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if etag in {one.strip() for one in known.split(",")}:
        return Response(status_code=304, headers=headers)
    if len(body) >= GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=media_type, headers=headers)


def refusal_answer(refused: RefusalError) -> Response:
    """The refusal as JSON."""
    status = STATUS[refused.told.code]
    headers = JSON_HEADERS | ({"Retry-After": "10"} if status == 503 else {})  # noqa: PLR2004 - HTTP
    return Response(encode(refused.told), status, headers, "application/json")
