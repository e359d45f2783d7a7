"""Every machine, and what people may write for it in pilot and device files. To add one: a file, and a line here."""

from collections.abc import Mapping
from typing import Any

import msgspec

from pipelines.domains import Machine
from pipelines.vocabulary import Domain

MACHINES: tuple[Machine[Any], ...] = ()
"""In no particular order: they do not know each other."""

SETTINGS: Mapping[Domain, type[msgspec.Struct]] = {}
"""Domain → what ``[settings.<domain>]`` of a pilot file may hold. Every field has a default."""

DETAILS: Mapping[str, type[msgspec.Struct]] = {}
"""Feature type → what ``details`` of a device may hold. Every field has a default."""
