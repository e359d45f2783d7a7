"""Since when a trouble stands, as wall-clock time that does not wobble between two looks."""

from collections.abc import Iterable

from gateway.clock import Clock
from gateway.health.condition import Condition
from gateway.health.found import Found
from pipelines.model import NS_PER_S


class Since:
    """Remembers when each trouble was first found, until a look no longer finds it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._monotonic_ns: dict[tuple[str, str], int] = {}
        self._wall_ns: dict[tuple[str, str], int] = {}

    def seen(self, found: Iterable[Found]) -> list[Condition]:
        """Everything that one look has found, as conditions; of two about the same the first counts."""
        now_ns, wall_ns = self._clock.monotonic_ns(), self._clock.wall_ns()
        stood: dict[tuple[str, str], Condition] = {}
        before, self._monotonic_ns = self._monotonic_ns, {}
        for one in found:
            key = one.kind, one.subject
            if key in self._monotonic_ns:
                continue
            since_ns = one.since_ns if one.since_ns is not None else before.get(key, now_ns)
            self._monotonic_ns[key] = since_ns
            if now_ns - since_ns >= one.after_s * NS_PER_S:
                at_ns = self._steady(key, wall_ns - (now_ns - since_ns))
                stood[key] = Condition(one.kind, one.subject, one.severity, one.what, one.mend, at_ns)
        self._wall_ns = {key: one.since_ns for key, one in stood.items()}
        return list(stood.values())

    def _steady(self, key: tuple[str, str], at_ns: int) -> int:
        """The time said before, unless the trouble is another one or the clock was set since."""
        before = self._wall_ns.get(key, at_ns)
        return before if abs(before - at_ns) < NS_PER_S else at_ns
