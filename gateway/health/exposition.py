"""``/metrics``: what the gateway counts, in the text formats of Prometheus and OpenMetrics.

    families_of_road() ┐
    families_of_work() ┴─▶ Reading.collect() ─▶ the encoder that the scraper asks for

Laws
- Nothing is registered and nothing is counted for this: each scrape reads what the parts hold anyway.
- Names: ``citygate_``, base units (seconds, bytes), ``_total`` for what only rises while the process lives.
- No label grows with the city: no device, feature or topic is ever a label. A thousand devices are a thousand series
  in InfluxDB, where they belong; here labels are sources, sinks, logs, producers, reasons: what the files name.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from gateway.health.families_of_road import families_of_road
from gateway.health.families_of_work import families_of_work

if TYPE_CHECKING:
    from gateway.run import Gateway

_process = ProcessCollector(registry=None)
"""Memory, CPU time and open files of this process, from /proc, under the names everybody knows."""


class Reading(Collector):
    """One scrape of a gateway."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        """Every family, in an order that reads well."""
        yield from families_of_work(self._gateway)
        yield from families_of_road(self._gateway)
        yield from _process.collect()


def expose(gateway: "Gateway", accept: str) -> tuple[bytes, str]:
    """(body, media type) in the format that an Accept header asks for; the plain text format where it asks for none."""
    encode, media_type = choose_encoder(accept)
    return encode(Reading(gateway)), media_type
