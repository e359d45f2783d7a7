"""What a look at the gateway finds wrong, before it is known since when."""

from typing import NamedTuple

from gateway.health.condition import Severity


class Found(NamedTuple):
    """As ``Condition``. ``since_ns`` is monotonic; None where only the first look that finds it can tell.

    ``after_s``: it is no trouble before it has stood for so long.
    """

    kind: str
    subject: str
    severity: Severity
    what: str
    mend: str
    since_ns: int | None = None
    after_s: float = 0.0
