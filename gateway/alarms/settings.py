"""What an operator writes of alarms: ``[alarms]``, and ``[alarms.routes.<name>]`` by kind of route."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.health.condition import Severity
from gateway.sources.mqtt_settings import Address, address_of

KindName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", examples=["fire-alarm"])]
Mailbox = Annotated[str, Field(pattern=r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+$", max_length=254)]
HOST = r"^[^\s/:@\[\]]+$"
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Chosen(BaseModel):
    """Which alarms: all but ``not``, or only ``only``, from ``severity`` on."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    severity: Severity = "warning"
    only: list[KindName] = []
    but: Annotated[list[KindName], Field(alias="not")] = []

    def takes(self, kind: str) -> bool:
        """Whether alarms of this kind are told."""
        return kind not in self.but and (not self.only or kind in self.only)

    def takes_severity(self, severity: Severity) -> bool:
        """Whether an alarm is bad enough."""
        return self.severity == "warning" or severity == "critical"


class AlarmsTable(Chosen):
    """``[alarms]``. ``muted``: features, such as ``waste-container/B-12``, of which nothing is told.

    The first message goes ``gather_s`` after its cause, the next one ``window_min`` later at the earliest; what is
    critical does not wait for that. No route sends more than ``per_hour`` messages in an hour.
    """

    enabled: bool = True
    muted: list[str] = []
    gather_s: Annotated[float, Field(ge=0, le=30)] = 10.0
    window_min: Annotated[float, Field(ge=0, le=1_440)] = 5.0
    per_hour: Annotated[int, Field(ge=2, le=1_000)] = 20
    remind_h: Annotated[float, Field(ge=1, le=720)] = 24.0
    routes: dict[str, Any] = {}


class Route(Chosen):
    """Keys of every route. Without ``pilots`` it tells of all, and of the gateway itself."""

    pilots: list[str] = []

    def takes_pilot(self, pilot: str) -> bool:
        """Whether alarms of this pilot are told; "" is the gateway itself."""
        return not self.pilots or pilot in self.pilots


class EmailRoute(Route):
    """``kind = "email"``: SMTP. ``security``: ``starttls`` and ``tls`` both demand a certificate that holds."""

    kind: Literal["email"] = "email"
    host: Annotated[str, Field(pattern=HOST, examples=["smtp.my-city.example"])]
    port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    sender: Annotated[Mailbox, Field(alias="from", examples=["citygate@my-city.example"])]
    to: Annotated[list[Mailbox], Field(min_length=1, max_length=50, examples=[["desk@my-city.example"]])]

    @property
    def address(self) -> tuple[str, int]:
        """Where the mail server listens; without ``port`` where it does by custom."""
        return self.host, self.port or PORTS[self.security]

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file belong together | Write both, or neither.")
        if self.security == "none" and self.password_file is not None:
            raise ValueError('the password would go over an open line | Write security = "starttls" or "tls".')
        if self.security == "none" and self.ca_file is not None:
            raise ValueError('ca_file needs TLS | Write security = "starttls" or "tls".')
        return self


def _checked_webhook(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError(f"write https://host/path (found {url[:80]!r})")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password in the address. Use secret_file: it signs, and is never sent")
    return url


class WebhookRoute(Route):
    """``kind = "webhook"``: POST of JSON. ``secret_file`` signs each body (HMAC-SHA256)."""

    kind: Literal["webhook"] = "webhook"
    url: Annotated[str, AfterValidator(_checked_webhook), Field(examples=["https://desk.my-city.example/alarms"])]
    secret_file: Path | None = None
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.ca_file is not None and not self.url.startswith("https"):
            raise ValueError("ca_file needs TLS | Write url = https://…")
        return self


def _checked_broker(url: str) -> str:
    address_of(url)
    return url


class MqttRoute(Route):
    """``kind = "mqtt"``: a retained state for each alarm below ``topic``, and each message below ``topic/notices``."""

    kind: Literal["mqtt"] = "mqtt"
    url: Annotated[str, AfterValidator(_checked_broker), Field(examples=["mqtt://localhost:1883"])]
    topic: Annotated[str, Field(pattern=r"^[^#+\s/$][^#+\s]*[^#+\s/]$")] = "citygate/{city}/alarms"
    client_id: Annotated[str, Field(max_length=256)] = ""
    version: Literal["5", "3.1.1"] = "5"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @property
    def address(self) -> Address:
        """The broker's address in parts."""
        return address_of(self.url)

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file needs cert_file, the certificate that belongs to the key")
        if (self.ca_file or self.cert_file) and not self.address.tls:
            raise ValueError("ca_file and cert_file need TLS: write url = mqtts://…")
        return self
