"""``payload.use``: layouts that many models of a maker share, so that each stands written once.

A profile that uses one adds its own ``items``, ``blocks`` and ``when`` to it; its own row goes before the shared row.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device_profiles.mistakes import did_you_mean

SHARED = Path(__file__).parent / "shared"
_TABLES = ("items", "blocks", "when")


def shared_names() -> list[str]:
    """What ``use`` can name."""
    return sorted(path.stem for path in SHARED.glob("*.toml"))


def with_shared(tree: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A profile's tables with the shared layout filled in, and that file's bytes (b"" where none is used).

    Raises ValueError where ``use`` names no shared layout, or the profile contradicts it.
    """
    payload = tree.get("payload")
    if not isinstance(payload, Mapping) or "use" not in payload:
        return dict(tree), b""
    name, names = payload["use"], shared_names()
    if name not in names:
        raise ValueError(
            f"payload.use: {str(name)[:40]!r} is no shared layout.{did_you_mean(str(name), names)}"
            f" There are {', '.join(names)}"
        )
    raw = (SHARED / f"{name}.toml").read_bytes()
    layout = tomllib.loads(raw.decode())
    for word in ("kind", "key", "flags", "header"):
        if word in payload and word in layout:
            raise ValueError(f"payload.{word}: comes from use = {name!r}. Take one of the two out")
    merged = {**layout, **payload}
    for table in _TABLES:
        if table in layout and isinstance(payload.get(table, {}), Mapping):
            merged[table] = {**layout[table], **payload.get(table, {})}
    return {**tree, "payload": merged}, raw
