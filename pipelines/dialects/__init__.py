"""Dialects: network message ⇄ Uplink. One file each; this table is the list.

To add one: a module with ``Settings``, ``build(settings)`` and ``write``, one row here, vectors in the tests.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from pipelines.dialects import chirpstack_v3, chirpstack_v4, helium, plain_json, tts_v3
from pipelines.model import Rejected, Uplink

Read = Callable[[str, bytes], Uplink | Rejected]
"""Topic and body to what they say. Pure, without state; no bytes and no topic ever raise."""


class DialectSpec(msgspec.Struct, frozen=True):
    """One network server's way of speaking. ``build`` takes ``settings``; ``default_topics`` are MQTT filters."""

    title: str
    settings: type[msgspec.Struct]
    build: Callable[[Any], Read]
    default_topics: tuple[str, ...]


DIALECTS: dict[str, DialectSpec] = {
    "plain-json": DialectSpec("Plain JSON", plain_json.Settings, plain_json.build, plain_json.DEFAULT_TOPICS),
    "chirpstack-v3": DialectSpec(
        "ChirpStack v3", chirpstack_v3.Settings, chirpstack_v3.build, chirpstack_v3.DEFAULT_TOPICS
    ),
    "chirpstack-v4": DialectSpec(
        "ChirpStack v4", chirpstack_v4.Settings, chirpstack_v4.build, chirpstack_v4.DEFAULT_TOPICS
    ),
    "tts-v3": DialectSpec("The Things Stack v3", tts_v3.Settings, tts_v3.build, tts_v3.DEFAULT_TOPICS),
    "helium": DialectSpec("Helium console", helium.Settings, helium.build, helium.DEFAULT_TOPICS),
}


def build_dialect(name: str, settings: Mapping[str, object] | None = None) -> Read:
    """A reader by name. Raises ValueError that names every unknown setting and says how to mend it."""
    spec = DIALECTS.get(name)
    if spec is None:
        raise ValueError(f"dialect {name!r}: unknown.{_nearest(name, DIALECTS)} Known: {', '.join(DIALECTS)}")
    known = spec.settings.__struct_fields__
    mistakes = [f"{key}: unknown.{_nearest(key, known)}" for key in settings or () if key not in known]
    if mistakes:
        raise ValueError(f"dialect {name}: {'; '.join(mistakes)} Settings: {', '.join(known)}")
    try:
        return spec.build(msgspec.convert(dict(settings or {}), spec.settings))
    except (msgspec.ValidationError, ValueError) as error:
        raise ValueError(f"dialect {name}: {error}") from error


def _nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = get_close_matches(word, list(known), 1)
    return f" Did you mean {near[0]!r}?" if near else ""
