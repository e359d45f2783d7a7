"""Alarms: does each route reach its far side and may it log in; do the settings name what there is?"""

import asyncio
from collections.abc import AsyncIterator, Iterator

from gateway.alarms.kinds import FLAG_KINDS
from gateway.alarms.routes import open_transport
from gateway.alarms.settings import Chosen, Route
from gateway.checks.finding import Finding
from gateway.config import Config
from gateway.files.load import Files
from gateway.files.mistakes import did_you_mean
from gateway.sinks import SinkUnavailableError

WITHIN_S = 8.0


def strangers(config: Config, files: Files) -> Iterator[Finding]:
    """Pilots, features and kinds that the settings name and nobody knows."""
    features = {device.feature for device in files.devices}
    for feature in config.alarms.muted:
        if feature not in features:
            mend = did_you_mean(feature, features) or "Take it out."
            yield Finding("warning", "alarms.muted", f"'{feature}' is no feature of a device", mend)
    yield from _kinds("alarms", config.alarms)
    for name, route in config.routes.items():
        assert isinstance(route.settings, Route)
        yield from _kinds(f"alarms.routes.{name}", route.settings)
        for pilot in route.settings.pilots:
            if pilot not in files.pilots:
                mend = did_you_mean(pilot, files.pilots) or "Write its file, or take it out."
                yield Finding("error", f"alarms.routes.{name}.pilots", f"there is no pilot '{pilot}'", mend)


def _kinds(what: str, chosen: Chosen) -> Iterator[Finding]:
    """Kinds that look like a misspelt one; those of the gateway's own troubles are not listed anywhere."""
    for key, kinds in (("only", chosen.only), ("not", chosen.but)):
        for kind in kinds:
            if kind not in FLAG_KINDS and any(kind in known or known in kind for known in FLAG_KINDS):
                mend = did_you_mean(kind, FLAG_KINDS)
                yield Finding("warning", f"{what}.{key}", f"'{kind}' is no kind of alarm", mend)


async def reach(config: Config) -> AsyncIterator[Finding]:
    """Ask each route's far side; nobody is told anything."""
    if not config.alarms.enabled:
        return
    for name, route in config.routes.items():
        what = f"alarms.routes.{name}"
        assert isinstance(route.settings, Route)
        client_id = f"citygate-{config.gateway.id}-alarms-{name}-check"
        transport = open_transport(route.kind, route.settings, client_id=client_id, city=config.gateway.city)
        try:
            async with asyncio.timeout(WITHIN_S):
                await transport.probe()
        except SinkUnavailableError as error:
            mend = error.mend or "Is it running, and can this machine reach it? Alarms go out when it answers again."
            yield Finding("error" if error.mend else "warning", what, str(error), mend)
        except TimeoutError:
            mend = f"Check host and port, then: citygate alarms test {name}"
            yield Finding("warning", what, f"{transport.address} does not answer within {WITHIN_S:g} s", mend)
        else:
            yield Finding("ok", what, f"{transport.address} answers; citygate alarms test {name} sends a message")
