"""What an operator writes for open data over HTTP."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.sources.http_settings import Listen, address_of, is_loopback


class OpenDataTable(BaseModel):
    """``[open_data]``. ``public_url``: how others reach it, for the links in its answers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    enabled: bool = False
    listen: Listen = "127.0.0.1:8480"
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$")] = ""
    cert_file: Path | None = None
    key_file: Path | None = None
    max_rows: Annotated[int, Field(ge=1, le=100_000_000)] = 1_000_000
    max_downloads: Annotated[int, Field(ge=1, le=64)] = 4
    public_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 60
    key_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 600

    @property
    def address(self) -> tuple[str, int]:
        """Host, without the brackets of IPv6, and port."""
        return address_of(self.listen)

    @property
    def base_url(self) -> str:
        """Where its addresses begin, without a slash at the end."""
        scheme = "https" if self.cert_file else "http"
        return self.public_url.rstrip("/") or f"{scheme}://{self.listen}"

    @model_validator(mode="after")
    def _keeps_keys_secret(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together | Write both, or neither.")
        if self.cert_file is None and not is_loopback(self.address[0]):
            mend = "Listen on 127.0.0.1 behind a proxy that speaks TLS, or write cert_file and key_file."
            raise ValueError(f"{self.listen} would take keys of start-ups over an open line | {mend}")
        return self
