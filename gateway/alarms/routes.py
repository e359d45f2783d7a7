"""The seam of routes: what a message is handed to. One file for each kind; the table below names them.

A route's ``send`` returns when the far side has the message. It raises SinkUnavailableError: again later, with ``mend``
where a person must act. Sent twice must be harmless: the message's id tells the receiver.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.alarms.notice import Notice
from gateway.alarms.settings import EmailRoute, MqttRoute, Route, WebhookRoute

SEND_WITHIN_S = 45.0
"""For one try, whatever its steps. P10 leaves a minute from cause to receipt."""
FOR_EACH_CHANGE_S = 0.02
"""More for each alarm in it, a state of its own for a broker (Mosquitto: 0.2 ms, 2 ms where it saves each)."""


class Transport(Protocol):
    """One way to people."""

    address: str
    """Where it goes, for people; never a secret."""

    async def send(self, notice: Notice) -> str:
        """Hand a message over; what the far side said. Raises SinkUnavailableError."""

    async def probe(self) -> None:
        """Reach the far side and log in, and tell nobody anything. Raises SinkUnavailableError."""


def _email(route: Route, *, client_id: str, city: str) -> Transport:
    from gateway.alarms.email import EmailTransport  # noqa: PLC0415 - smtplib costs memory: only where it is used

    assert isinstance(route, EmailRoute)
    del client_id, city
    return EmailTransport(route)


def _webhook(route: Route, *, client_id: str, city: str) -> Transport:
    from gateway.alarms.webhook import WebhookTransport  # noqa: PLC0415 - see above

    assert isinstance(route, WebhookRoute)
    del client_id, city
    return WebhookTransport(route)


def _mqtt(route: Route, *, client_id: str, city: str) -> Transport:
    from gateway.alarms.mqtt import MqttTransport  # noqa: PLC0415 - see above

    assert isinstance(route, MqttRoute)
    return MqttTransport(route, client_id=route.client_id or client_id, city=city)


TRANSPORTS: Mapping[str, Callable[..., Transport]] = {"email": _email, "webhook": _webhook, "mqtt": _mqtt}


def open_transport(kind: str, route: Route, *, client_id: str, city: str) -> Transport:
    """The transport of a route. Nothing is opened before the first ``send``. Raises LookupError."""
    return TRANSPORTS[kind](route, client_id=client_id, city=city)
