"""Under which licence, and by whom? What the repository and the codec's own head say; the reader judges."""

import re

import msgspec

from gateway.codecs.published.repository import Checkout, RepositoryError

_SAID = re.compile(r"(?i)copyright|licen[cs]e|spdx|@author|\bauthor\b|\(c\)|©")
MAX_LINES = 6


class Licence(msgspec.Struct, frozen=True):
    """``repository``: its licence, and its holder where a file says so; ``codec``: lines of the codec's head."""

    repository: str
    codec: tuple[str, ...]


def licence_of(checkout: Checkout, file: str) -> Licence:
    """Look in LICENSE, package.json and the first 60 lines of the codec."""
    lines = checkout.source(file).splitlines()[:60]
    said = [re.sub(r"\s+", " ", line).strip(" /*#")[:120] for line in lines if _SAID.search(line)]
    return Licence(_repository(checkout), tuple(line for line in said if line)[:MAX_LINES])


def _repository(checkout: Checkout) -> str:
    for name in ("LICENSE", "LICENCE", "LICENSE.md"):
        if checkout.has(name):
            lines = [line.strip() for line in checkout.text(name).splitlines() if line.strip()]
            holder = next((line for line in lines if line.lower().startswith("copyright")), "")
            return " · ".join(part for part in (lines[0][:80] if lines else "", holder[:80]) if part)
    try:
        package = msgspec.json.decode(checkout.text("package.json"), type=dict[str, object])
    except (RepositoryError, msgspec.DecodeError):
        return "the repository names no licence"
    author = str(package.get("author", "no author named"))[:80]
    return f"{package.get('license', 'none named')} · {author} (package.json; no licence file)"
