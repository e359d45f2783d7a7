"""What has become wrong and what is over since the last look, without flicker."""

from typing import TYPE_CHECKING

from gateway.health.condition import Condition
from gateway.health.conditions import conditions
from pipelines.model import NS_PER_S

if TYPE_CHECKING:
    from gateway.run import Gateway

RAISED_AFTER_S = 2.0
"""A link that is back at once is nobody's business."""
CLEARED_AFTER_S = 10.0
"""What comes back within that has not been over."""

Changes = tuple[list[Condition], list[Condition]]


class Watch:
    """One for each who tells of changes. A condition that turns from warning to critical is raised again."""

    def __init__(self, gateway: "Gateway") -> None:
        self.raised: dict[tuple[str, str], Condition] = {}
        """What was told as wrong and not as over."""
        self._gateway = gateway
        self._seen_ns: dict[tuple[str, str], int] = {}
        self._gone_ns: dict[tuple[str, str], int] = {}

    def changes(self, now_ns: int) -> Changes:
        """(raised, cleared) at this monotonic time; call it each second or so."""
        current = {one.key: one for one in conditions(self._gateway)}
        self._seen_ns = {key: self._seen_ns.get(key, now_ns) for key in current}
        self._gone_ns = {key: self._gone_ns.get(key, now_ns) for key in self.raised if key not in current}
        raised = [one for key, one in current.items() if self._is_news(one, now_ns - self._seen_ns[key])]
        over = [key for key, gone_ns in self._gone_ns.items() if now_ns - gone_ns >= CLEARED_AFTER_S * NS_PER_S]
        cleared = [self.raised.pop(key) for key in over]
        self.raised |= {one.key: one for one in raised}
        return raised, cleared

    def _is_news(self, one: Condition, stood_ns: int) -> bool:
        told = self.raised.get(one.key)
        if told is not None:
            return one.severity == "critical" and told.severity != "critical"
        return stood_ns >= RAISED_AFTER_S * NS_PER_S
