"""What an operator writes for an MQTT source."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.mqtt.topics import check_filter

PORTS = {"mqtt": 1883, "mqtts": 8883}


class Address(NamedTuple):
    """Where a broker listens, and whether TLS is spoken there."""

    host: str
    port: int
    tls: bool


def address_of(url: str) -> Address:
    """Read ``mqtt://host:port`` or ``mqtts://host:port``. Raises ValueError that says how to write it."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"write mqtt://host:1883, or mqtts://host:8883 for TLS (found {url[:80]!r})")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password in the address: use username and password_file")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("nothing may follow the port; topics have a key of their own")
    return Address(parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme == "mqtts")


def _checked_url(url: str) -> str:
    address_of(url)
    return url


def _checked_filter(topic_filter: str) -> str:
    check_filter(topic_filter)
    return topic_filter


class MqttSourceSettings(BaseModel):
    """``[sources.<name>]`` with ``kind = "mqtt"``: subscribe to a broker, acknowledge what is durable.

    ``client_id`` is fixed by the operator: the broker keeps our session under it while we are away, so it must stay the
    same, and no other client may use it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["mqtt"]
    url: Annotated[str, AfterValidator(_checked_url)] = Field(examples=["mqtt://localhost:1883"])
    client_id: str = Field(min_length=1, max_length=256, examples=["citygate-1"])
    topics: list[Annotated[str, AfterValidator(_checked_filter)]] = Field(
        min_length=1, examples=[["v3/+/devices/+/up"]]
    )
    dialect: str
    dialect_settings: dict[str, Any] = {}
    version: Literal["5", "3.1.1"] = "5"
    qos: Literal[0, 1, 2] = 1
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keep_alive_s: int = Field(30, ge=5, le=65_535)
    session_expiry_s: int = Field(604_800, ge=60, le=4_294_967_295)
    max_payload_bytes: int = Field(262_144, ge=1_024, le=16 << 20)

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
