"""What is wrong with a request, as problem details (RFC 9457): what, where in the request, and how to mend it."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
QUOTED_CHARS = 80

TITLES = {
    400: "The request cannot be understood",
    401: "The key is not known",
    403: "This is not open to you",
    404: "There is no such thing",
    405: "Only reading is possible",
    406: "Not in this form",
    414: "The request is too long",
    416: "Too far",
    429: "Too many requests",
    501: "Not supported",
    503: "Busy",
}


class Problem(Exception):  # noqa: N818 - the word of the standard
    """An answer that is no data. ``where``: the parameter, header or path at fault; ``mend``: what to do."""

    def __init__(self, status: int, what: str, mend: str, *, where: str = "", retry_s: int | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.mend = mend
        self.where = where
        self.retry_s = retry_s

    def response(self) -> Response:
        """The answer."""
        body: dict[str, Any] = {
            "title": TITLES.get(self.status, "The request failed"),
            "status": self.status,
            "detail": self.what,
            "mend": self.mend,
        }
        if self.where:
            body["where"] = self.where
        headers = {"Cache-Control": "no-store"}
        if self.retry_s is not None:
            headers["Retry-After"] = str(self.retry_s)
        if self.status == 401:  # noqa: PLR2004 - HTTP
            headers["WWW-Authenticate"] = 'Bearer realm="open data"'
        return Response(msgspec.json.encode(body), self.status, headers, MEDIA_TYPE)


async def answer_problem(_request: Request, error: Exception) -> Response:
    """Starlette's handler of ``Problem``."""
    assert isinstance(error, Problem)
    return error.response()


def quoted(text: str) -> str:
    """Foreign text in a message: as Python writes it, and cut."""
    return repr(text if len(text) <= QUOTED_CHARS else text[:QUOTED_CHARS] + "…")
