"""The operators' listener: health, metrics, the dashboard. Opened by ``run.py`` when ``[http]`` is enabled.

| path | what | without the token, where there is one |
| --- | --- | --- |
| `/healthz` | 200 or 503, and what is wrong | the status alone |
| `/metrics` | everything that is counted, for Prometheus | refused |
| `/…` | the dashboard, where ``dashboard`` is true | refused |

It has a listener of its own: what people look at must not hold up what sensors send.
"""

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from gateway.events import ListeningOn
from gateway.files.mistakes import ConfigError, Mistake
from gateway.health.pages import BARE, health_routes
from gateway.http.embedded import MAX_CONNECTIONS, Punctual, bound, serve_pages
from gateway.http.guard import Guard
from gateway.sources.table import secret

if TYPE_CHECKING:
    from gateway.run import Gateway

CLOSE_WITHIN_S = 2
LEAST_TOKEN_BYTES = 16
"""What can be guessed by trying is no token: nobody counts the tries."""


class OperatorsServer:
    """One listener; ``run`` serves until cancelled. Raises ConfigError where the token cannot be read."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._settings = gateway.config.http
        token = operators_token(self._settings.token_file)
        routes = health_routes(gateway)
        if self._settings.dashboard:
            from gateway.dashboard.routes import routes as dashboard_routes  # noqa: PLC0415 - only where it is wanted

            routes += dashboard_routes(gateway)
        pages = Starlette(routes=routes)
        pages.router.redirect_slashes = False  # an address has one form; a redirect would repeat the Host that was sent
        self.guard = Guard(pages, self._settings, token, BARE)

    async def run(self) -> None:
        """Serve. Raises OSError where the address cannot be bound."""
        listener = self._bound()
        self._gateway.events.emit(ListeningOn(what="operators", address=self._settings.base_url))
        await serve_pages(
            self.guard,
            listener,
            http=Punctual,
            close_within_s=CLOSE_WITHIN_S,
            cert_file=self._settings.cert_file,
            key_file=self._settings.key_file,
        )

    def _bound(self) -> socket.socket:
        return bound(self._settings.address, backlog=MAX_CONNECTIONS, said=f"http.listen: {self._settings.listen}")


def operators_token(file: Path | None) -> bytes | None:
    """The token, None where none is asked for. Raises ConfigError where it cannot be read, or could be guessed."""
    token = secret(file, "http.token_file")
    if token is not None and len(token) < LEAST_TOKEN_BYTES:
        mend = f"Write one of {LEAST_TOKEN_BYTES} characters at least: (umask 077; openssl rand -hex 24 > {file})"
        raise ConfigError([Mistake("http.token_file", f"the token in {file} is too short", mend)])
    return token
