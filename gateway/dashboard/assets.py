"""The files that a browser shows: those of ``static/``, and the chart library out of its installed package.

Laws
- What may be asked for is what lay there when the gateway started: a path is looked up, never opened.
- The page itself is one file at every address of the page, so that each view can be shared as a link.
"""

import mimetypes
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gateway.dashboard.answering import RefusalError, policy, tagged

STATIC = Path(__file__).with_name("static")
VENDOR = {"vendor/lightweight-charts.js": ("litecharts", "js/lightweight-charts.js")}
"""Address → package and its file."""

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("application/manifest+json", ".webmanifest")

HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
"""The browser keeps a file and asks each time whether it is still the same: a release needs no new names."""


def listed(folder: Path = STATIC) -> Mapping[str, Path]:
    """Every file of the folder by its address below ``/assets/``; hidden ones are left out."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path for path in found}


def asset(known: Mapping[str, Path]) -> Callable[[Request], Response]:
    """The endpoint of ``/assets/PATH``; a file is read when it is asked for, in Starlette's thread."""

    def answer(request: Request) -> Response:
        name = request.path_params["path"]
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {**HEADERS, "Content-Security-Policy": "default-src 'none'"}
        return tagged(request, _read(known, name), media_type, headers)

    return answer


def shell(known: Mapping[str, Path], tiles: str | None, *, status: int = 200) -> Callable[[Request], Response]:
    """The endpoint of the page. ``tiles``: where pictures of the map may come from, beside here."""
    headers = {**HEADERS, "Content-Security-Policy": policy(tiles), "Referrer-Policy": "no-referrer"}

    def answer(request: Request) -> Response:
        found = tagged(request, _read(known, "index.html"), "text/html", headers)
        found.status_code = status if found.status_code == 200 else found.status_code  # noqa: PLR2004 - HTTP
        return found

    return answer


def origin_of(tiles: str | None) -> str | None:
    """Scheme, host and port of an address of tiles."""
    if tiles is None:
        return None
    scheme, _, rest = tiles.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _read(known: Mapping[str, Path], name: str) -> bytes:
    try:
        if name in VENDOR:
            return _in_package(*VENDOR[name]).read_bytes()
        if name in known:
            return known[name].read_bytes()
    except OSError as error:
        raise RefusalError("unavailable", error) from error
    raise RefusalError("not-found", f"/assets/{name}")


def _in_package(package: str, path: str) -> Path:
    """A file of an installed package, which is found and not imported. Raises FileNotFoundError."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed")
    return Path(found.submodule_search_locations[0], path)
