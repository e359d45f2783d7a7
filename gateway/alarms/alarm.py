"""What an alarm is, how it stands, and what a route has told of it. All times are nanoseconds since 1970.

``at_ns`` is when a thing happened, by the observation; ``now_ns`` is this machine's time when it was taken in, which
never jumps (``sink.now_ns``): where the clock was not set at the start it is not the time of day.
"""

from typing import Literal, NamedTuple

import msgspec

from gateway.health.condition import Severity

Phase = Literal["raised", "cleared", "unsteady"]
Word = Literal["raised", "unsteady", "still", "cleared"]
"""What is told of an alarm: it stands; it comes and goes; it has stood for another day; it is over."""


class Key(NamedTuple):
    """Names an alarm. ``pilot`` is empty for the gateway's own; ``subject`` is a feature, a sink, a source, a log."""

    kind: str
    pilot: str
    subject: str


class Alarm(msgspec.Struct, frozen=True, array_like=True):
    """One thing that is wrong. ``what`` and ``mend`` are sentences; ``label`` is what people call the subject."""

    kind: str
    pilot: str
    subject: str
    severity: Severity
    what: str
    mend: str
    since_ns: int
    origin: Literal["flag", "condition"] = "flag"
    label: str = ""

    @property
    def key(self) -> Key:
        """The same key is the same trouble."""
        return Key(self.kind, self.pilot, self.subject)


class Standing(msgspec.Struct, array_like=True):
    """How one alarm stands. ``raises``: when it was raised of late; ``calm_ns``: until then it counts as unsteady.

    ``restless`` doubles the time of calm that an unsteady alarm must show. ``behind``: features that cannot be heard
    because of it; their silence need not be told apart.
    """

    alarm: Alarm
    raised: bool
    at_ns: int
    changed_ns: int
    raises: list[int] = []
    calm_ns: int = 0
    restless: int = 0
    behind: tuple[str, ...] = ()

    @property
    def phase(self) -> Phase:
        """As it is to be told."""
        if self.calm_ns:
            return "unsteady"
        return "raised" if self.raised else "cleared"


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a route was last told of an alarm, and when; ``sent`` is when by the wall clock, for people."""

    phase: Phase
    severity: Severity
    at_ns: int
    sent: str = ""


class Change(msgspec.Struct, frozen=True, array_like=True):
    """One thing to tell. ``with_it``: what need not be told apart because this explains it."""

    word: Word
    alarm: Alarm
    first_ns: int = 0
    with_it: tuple[str, ...] = ()
