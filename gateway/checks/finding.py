"""One thing that was looked at, and what was found."""

from typing import Literal

import msgspec

from gateway.files.mistakes import Mistake

Level = Literal["ok", "warning", "error"]


class Finding(msgspec.Struct, frozen=True):
    """``error``: the gateway will not run, or will lose data. ``warning``: look at it. ``mend``: what to do."""

    level: Level
    what: str
    found: str
    mend: str = ""


def of_mistake(mistake: Mistake) -> Finding:
    """A mistake in a file as a finding."""
    return Finding(mistake.severity, mistake.where, mistake.what, mistake.mend)
