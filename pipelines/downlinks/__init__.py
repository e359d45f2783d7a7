"""Downlinks: what a person may ask a device to do → bytes → a network server's message, and what came of it.

::

    "report_interval=20m" ─▶ values ─▶ encode ─▶ payload, f_port ─▶ networks ─▶ topic, body
                                │                                      │
                             valves: may it be opened, for how long?   └─▶ receipt: queued, on air, acknowledged, failed

Laws
- Pure: no clock, no network, nothing is remembered. The gateway sends and keeps the books (``gateway/downlinks``).
- What cannot be sent raises ``Unsendable``, which says what, where, and how to mend it.
- No bytes that a person typed are ever sent: only what a profile describes, within its limits.
"""
