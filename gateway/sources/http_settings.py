"""What an operator writes for an HTTP push source."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class HttpSourceSettings(BaseModel):
    """``[sources.<name>]`` with ``kind = "http"``: a network server's webhook posts uplinks here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["http"]
    listen: str = Field("127.0.0.1:8090", pattern=r"^[^:\s]+:\d{1,5}$")
    path: str = Field("/push", pattern=r"^/[A-Za-z0-9/_-]*$")
    dialect: str
    dialect_settings: dict[str, Any] = {}
    token_file: str | None = None
    max_payload_bytes: int = Field(262_144, ge=1_024, le=16 << 20)
