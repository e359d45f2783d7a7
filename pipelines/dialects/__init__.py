"""Dialects: network message ⇄ Uplink. One file each; this table is the list.

To add one: a module with ``Settings``, ``build(settings)`` and ``write``, one row here, vectors in the tests.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from pipelines.dialects import chirpstack_v3, chirpstack_v4, helium, plain_json, tts_v3
from pipelines.model import Rejected, Uplink

Dialect = Callable[[str, bytes], Uplink | Rejected]
"""Topic and body to what they say. Pure, without state; no bytes and no topic ever raise."""


Write = Callable[[Uplink], tuple[str, bytes]]
"""The reverse: an uplink as the network server would send it, topic and body."""


class DialectSpec(msgspec.Struct, frozen=True):
    """One network server's way of speaking. ``build`` takes ``settings``; ``default_topics`` are MQTT filters."""

    title: str
    settings: type[msgspec.Struct]
    build: Callable[[Any], Dialect]
    write: Write
    default_topics: tuple[str, ...]


def _spec(title: str, module: Any) -> DialectSpec:
    return DialectSpec(title, module.Settings, module.build, module.write, module.DEFAULT_TOPICS)


DIALECTS: dict[str, DialectSpec] = {
    "plain-json": _spec("Plain JSON", plain_json),
    "chirpstack-v3": _spec("ChirpStack v3", chirpstack_v3),
    "chirpstack-v4": _spec("ChirpStack v4", chirpstack_v4),
    "tts-v3": _spec("The Things Stack v3", tts_v3),
    "helium": _spec("Helium console", helium),
}


def find_dialect(name: str) -> DialectSpec:
    """The dialect of this name; ``_`` is taken for ``-``. Raises ValueError with a suggestion."""
    spec = DIALECTS.get(name.replace("_", "-"))
    if spec is None:
        raise ValueError(f"dialect {name!r}: unknown.{_nearest(name, DIALECTS)} Known: {', '.join(DIALECTS)}")
    return spec


def build_dialect(name: str, settings: Mapping[str, object] | None = None) -> Dialect:
    """A reader by name. Raises ValueError that names every unknown setting and says how to mend it."""
    spec = find_dialect(name)
    known = spec.settings.__struct_fields__
    mistakes = [f"{key}: unknown.{_nearest(key, known)}" for key in settings or () if key not in known]
    if mistakes:
        raise ValueError(f"dialect {name}: {'; '.join(mistakes)} Settings: {', '.join(known)}")
    try:
        return spec.build(msgspec.convert(dict(settings or {}), spec.settings))
    except ValueError as error:  # covers msgspec's
        raise ValueError(f"dialect {name}: {error}") from error


def write_uplink(name: str, uplink: Uplink) -> tuple[str, bytes]:
    """An uplink in the named dialect's true wire shape: topic and body. Raises ValueError for an unknown name."""
    return find_dialect(name).write(uplink)


def _nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = get_close_matches(word, list(known), 1)
    return f" Did you mean {near[0]!r}?" if near else ""
