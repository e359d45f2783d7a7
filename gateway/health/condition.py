"""One thing that is wrong now. Whoever shows or sends what is wrong speaks of these."""

from typing import Literal

import msgspec

Severity = Literal["warning", "critical"]


class Condition(msgspec.Struct, frozen=True):
    """One thing that is wrong now. ``kind`` and ``subject`` together name it: the same two are the same trouble.

    ``critical``: data are being lost or held up, or soon will be, and a person must act. ``warning``: look at it.
    """

    kind: str
    """What sort of trouble, as a slug: ``sink-stalled``, ``source-lost``, ``quota`` …"""
    subject: str
    """What it is about: the name of a sink, a source, a log, a profile."""
    severity: Severity
    what: str
    """One sentence for a tired technician."""
    mend: str
    """What to do."""
    since_ns: int
    """Wall clock, nanoseconds since 1970."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is and what it is about."""
        return self.kind, self.subject
