"""The sinks: does the far side answer, and is it what the settings say it is?"""

import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from gateway.checks.finding import Finding
from gateway.config import Config, SinkConfig
from gateway.http.client import Answer, HttpClient, NoAnswerError, Timeouts

WITHIN = Timeouts(connect_s=3.0, answer_s=5.0)
PORTS = {"http": 80, "https": 443, "mqtt": 1883, "mqtts": 8883}
NO_CONTENT = 204


async def reach(config: Config) -> AsyncIterator[Finding]:
    """Ask each sink's far side; sinks without one are files of our own."""
    for name, sink in config.sinks.items():
        if sink.kind == "influxdb":
            yield await _influxdb(f"sinks.{name}", sink.settings)
        elif url := getattr(sink.settings, "url", ""):
            yield _answers(f"sinks.{name}", sink, str(url))


def _answers(what: str, sink: SinkConfig, url: str) -> Finding:
    """Does anything listen there?"""
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 0)
    try:
        with socket.create_connection((parts.hostname or "", port), WITHIN.connect_s):
            return Finding("ok", what, f"{url} answers")
    except OSError as error:
        mend = f"Is the server of this {sink.kind} sink running? Nothing is lost meanwhile: the ledger keeps it."
        return Finding("warning", what, f"{url} cannot be reached: {error}", mend)


async def _influxdb(what: str, settings: Any) -> Finding:
    from gateway.sinks.influxdb.exchange import http_client  # noqa: PLC0415 - only where InfluxDB is configured

    try:
        client: HttpClient = http_client(settings)
        answer = await client.request("GET", "/ping")
        await client.close()
    except (NoAnswerError, OSError) as error:
        mend = "Is it running, and is the address right? Nothing is lost meanwhile: the ledger keeps it."
        return Finding("warning", what, f"{settings.url} cannot be reached: {error}", mend)
    return _judged(what, settings, answer)


def _judged(what: str, settings: Any, answer: Answer) -> Finding:
    version = answer.headers.get("x-influxdb-version", "")
    if answer.status in (401, 403):
        mend = "Check token_file or username; citygate influx setup makes a token."
        return Finding("error", what, f"{settings.url} does not let us in ({answer.status})", mend)
    if answer.status not in (200, NO_CONTENT):
        mend = "Is this really an InfluxDB? Check the port."
        return Finding("warning", what, f"{settings.url} answers /ping with {answer.status}", mend)
    return Finding("ok", what, f"{settings.url} answers" + (f" (InfluxDB {version})" if version else ""))
