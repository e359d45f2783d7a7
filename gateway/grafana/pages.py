"""The shipped dashboards as one city's pages: its own uids, its folder, its data source, itself chosen.

A Grafana that several cities share must not have two pages of one uid; so a city's pages carry its name, their links to
each other too.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gateway.deploy_files import deploy_dir

SHIPPED_SOURCE = "citygate"
UID_LENGTH = 40
"""At most, says Grafana."""

Json = dict[str, Any]

_LINK = re.compile(r"/d/citygate-([a-z-]+)")
_SOURCE = re.compile(r'("uid": "|%22uid%22%3A%22|%22datasource%22%3A%22)' + SHIPPED_SOURCE + r'("|%22)')


class Folder(msgspec.Struct, frozen=True):
    """Where the pages of a city are."""

    uid: str
    title: str


def folder_of(city: str) -> Folder:
    """``mechelen`` → Mechelen, ``st-truiden`` → St Truiden."""
    return Folder(_short(f"citygate-{city}"), city.replace("-", " ").title())


def shipped_pages() -> Mapping[str, str]:
    """File name → text, as they are in the release. Raises FileNotFoundError in a broken installation."""
    folder = deploy_dir() / "grafana" / "dashboards"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("citygate-*.json"))}


def pages_of(city: str, source_uid: str = SHIPPED_SOURCE) -> Sequence[Json]:
    """Every dashboard as this city's own."""
    return [_own(text, city, source_uid) for text in shipped_pages().values()]


def _own(text: str, city: str, source_uid: str) -> Json:
    text = _LINK.sub(lambda found: f"/d/{page_uid(city, found[1])}", text)
    text = _SOURCE.sub(lambda found: found[1] + source_uid + found[2], text)
    page: Json = json.loads(text)
    page["uid"] = page_uid(city, page["uid"].removeprefix("citygate-"))
    tag = f"citygate-{city}"
    page["tags"] = [*page["tags"], tag]
    for link in page["links"]:
        link["tags"] = [tag]
    for variable in page["templating"]["list"]:
        if variable["name"] == "city":
            variable["current"] = {"selected": True, "text": city, "value": city}
    return page


def page_uid(city: str, name: str) -> str:
    """``parking`` of Mechelen → ``citygate-mechelen-parking``."""
    return _short(f"citygate-{city}-{name}")


def _short(uid: str) -> str:
    """As it is, or its beginning and a digest: two long names must not become one."""
    if len(uid) <= UID_LENGTH:
        return uid
    digest = hashlib.sha256(uid.encode()).hexdigest()[:8]
    return f"{uid[: UID_LENGTH - 9]}-{digest}"
