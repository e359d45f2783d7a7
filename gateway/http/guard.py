"""Who may look, before any page is asked: the Host that was meant, a method that only reads, and the token.

    request ─▶ Host? ─▶ GET or HEAD? ─▶ token: Bearer header, cookie, or ?token= once ─▶ the page, with safe headers

Laws
- A name that nobody allowed is refused, so that a page of others cannot reach us under a name of its own (DNS
  rebinding). Addresses and localhost need no permission: a name is what rebinding takes.
- ``?token=`` sets a cookie and redirects to the same page without it: the token stays in no history and no log. The
  cookie does not hold the token; scripts cannot read it, and no other site's page can send it.
- Pages in ``bare`` answer without the token, too, and then tell as little as they can: ``is_known(request)``.
"""

import hashlib
import hmac
from collections import Counter
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.settings import HttpTable

COOKIE_DAYS = 30
KNOWN = "citygate.known"
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Where a page sets one itself, its own counts."""


class Guard:
    """ASGI middleware. ``refused``: how many requests, by why."""

    def __init__(self, app: ASGIApp, settings: HttpTable, token: bytes | None, bare: frozenset[str]) -> None:
        self.refused: Counter[str] = Counter()
        self._app = app
        self._settings = settings
        self._token = token
        self._bare = bare
        self._names = {name.lower() for name in (*settings.allowed_hosts, settings.address[0], "localhost")}
        self._cookie = f"citygate-{settings.address[1]}"  # cookies know no ports: each gateway of a host its own
        self._pass = hmac.new(token or b"", b"citygate cookie 1", hashlib.sha256).hexdigest().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the page answer."""
        if scope["type"] != "http":
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, send_safely)

    def _answer(self, scope: Scope) -> Response | None:
        """What is answered here, None where the page answers."""
        headers = Headers(scope=scope)
        if not self._is_meant(headers.get("host", "")):
            text = "this name is not one of this gateway: add it to allowed_hosts of [http] in citygate.toml"
            return self._refusal("host", 421, text)
        if scope["method"] not in ("GET", "HEAD"):
            return self._refusal("method", 405, "GET and HEAD are all there is", {"Allow": "GET, HEAD"})
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if self._token is not None and given:
            return self._let_in(scope, given[-1], [pair for pair in query if pair[0] != "token"])
        known = self._token is None or self._shows_pass(headers)
        scope[KNOWN] = known
        if known or scope["path"] in self._bare:
            return None
        text = "this needs the token: open this address with ?token=… or send 'Authorization: Bearer …'.\n"
        text += f"It is in {self._settings.token_file} on the gateway's machine"
        return self._refusal("token", 401, text, {"WWW-Authenticate": 'Bearer realm="citygate"'})

    def _is_meant(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        name = name.removeprefix("[").removesuffix("]").lower()
        try:
            ip_address(name)
        except ValueError:
            return name in self._names
        return True

    def _shows_pass(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is_token(given.strip())
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._pass)

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self._token)

    def _let_in(self, scope: Scope, given: str, query: list[tuple[str, str]]) -> Response:
        if not self._is_token(given):
            return self._refusal("token", 401, "this is not the token")
        path = "/" + quote(scope["path"]).lstrip("/")  # two slashes would be another host
        answer = RedirectResponse(path + ("?" + urlencode(query) if query else ""), 303)
        answer.set_cookie(
            self._cookie,
            self._pass.decode(),
            max_age=COOKIE_DAYS * 86_400,
            httponly=True,
            samesite="strict",
            secure=scope["scheme"] == "https",
        )
        return answer

    def _refusal(self, why: str, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
        """It ends the connection: what the asker still has under way is not read."""
        self.refused[why] += 1
        return PlainTextResponse(text + "\n", status, {"Connection": "close"} | (headers or {}))


def is_known(request: Request) -> bool:
    """Did who asks show the token, or is there none?"""
    return bool(request.scope.get(KNOWN))
