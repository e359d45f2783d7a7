"""What an operator writes for open topics."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gateway.sources.mqtt_settings import Address, address_of


def _checked_url(url: str) -> str:
    address_of(url)
    return url


class OpenTopicsSettings(BaseModel):
    """``[sinks.<name>]`` with ``kind = "open-topics"``: the broker that start-ups subscribe to."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["open-topics"] = "open-topics"
    url: Annotated[str, AfterValidator(_checked_url), Field(examples=["mqtt://localhost:1883"])]
    client_id: Annotated[str, Field(max_length=256)] = ""
    version: Literal["5", "3.1.1"] = "5"
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keep_alive_s: Annotated[int, Field(ge=5, le=65_535)] = 30
    coalesce_s: Annotated[float, Field(ge=0, le=3_600)] = 1.0
    expiry_h: Annotated[int, Field(ge=1, le=8_760)] = 24
    sensorthings: bool = False
    delay_min: Annotated[float, Field(ge=0, le=15)] = 0.0
    path: Path | None = None
    max_batch: Annotated[int, Field(ge=1, le=20_000)] = 1_000

    @property
    def address(self) -> Address:
        """The broker's address in parts."""
        return address_of(self.url)

    def file_in(self, folder: Path, name: str) -> Path:
        """What the sink of that name remembers, in the state directory unless ``path`` says otherwise."""
        return self.path or folder / f"open-topics-{name}.sqlite"

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file needs cert_file, the certificate that belongs to the key")
        if (self.ca_file or self.cert_file) and not self.address.tls:
            raise ValueError("ca_file and cert_file need TLS: write url = mqtts://…")
        return self
