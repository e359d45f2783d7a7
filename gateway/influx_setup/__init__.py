"""Prepare an InfluxDB for the gateway: the place to write, its retention, a token that can do nothing else.

    ping ─▶ version 1, 2 or 3 ─▶ database | org, bucket, v1 mapping, tokens | database ─▶ Prepared

Laws
- Doing it twice changes nothing the second time. Nothing is ever deleted; a retention is changed only when asked.
- The gateway gets a token for its bucket only, Grafana one that only reads. The administrator's token is never kept
  by the gateway; where this command makes it (a fresh InfluxDB 2) it goes to a file of mode 0600.
"""

from gateway.influx_setup.prepare import Prepared, SetupError, Wanted, prepare

__all__ = ["Prepared", "SetupError", "Wanted", "prepare"]
