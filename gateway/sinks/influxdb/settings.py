"""The table ``[sinks.<id>]`` with ``kind = "influxdb"``. The commented example is ``influxdb.sample.toml``.

The keys ``from`` and ``when_full`` belong to every sink and are read by ``gateway/config.py``.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.http.client import HttpClient, Timeouts

Api = Literal["v1", "v2", "v3"]


class SecretError(ValueError):
    """A secret's file cannot be used; the text tells how to mend it and never quotes the secret."""


class InfluxdbSettings(BaseModel):
    """Where to write and as whom. Keys that no InfluxDB needs together are still allowed: ``api`` decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["influxdb"] = "influxdb"
    url: str
    api: Literal["auto", "v1", "v2", "v3"] = "auto"
    org: str = ""
    bucket: str = ""
    database: str = ""
    retention_policy: str = ""
    token_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    gzip: Literal["auto", "never"] = "auto"
    timeout_s: float = Field(default=10.0, gt=0, le=300)
    connect_timeout_s: float = Field(default=5.0, gt=0, le=60)
    batch_max_lines: int = Field(default=5_000, ge=1, le=50_000)
    batch_max_bytes: int = Field(default=1 << 20, ge=1 << 10, le=10 << 20)
    linger_s: float = Field(default=0.5, ge=0, le=60)

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        HttpClient(url)  # raises ValueError with its own words
        return url.rstrip("/")

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        needs_v2 = not (self.org and self.bucket)
        if self.api == "v2" and needs_v2:
            raise ValueError('InfluxDB 2 wants both. Add org = "…" and bucket = "…"')
        if self.api in ("v1", "v3") and not self.database:
            raise ValueError(f'InfluxDB {self.api[1]} wants a database. Add database = "…"')
        if self.api == "auto" and needs_v2 and not self.database:
            raise ValueError('no place to write. Add database = "…" (InfluxDB 1, 3) or org = "…" and bucket = "…" (2)')
        if self.username and self.password_file is None:
            raise ValueError('username without a password. Add password_file = "…"')
        return self

    @property
    def secret_file(self) -> Path | None:
        """The file of the token, or of the password where a user name is given."""
        return self.password_file if self.username else self.token_file

    @property
    def timeouts(self) -> Timeouts:
        """For the HTTP client."""
        return Timeouts(connect_s=self.connect_timeout_s, answer_s=self.timeout_s)


def read_secret(settings: InfluxdbSettings) -> str:
    """The token or password; "" where none is configured. Raises SecretError."""
    file = settings.secret_file
    if file is None:
        return ""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"cannot read {file}: {error}. Put the token there, readable by the gateway only") from error
    if not secret or not secret.isprintable():
        raise SecretError(f"{file} holds no usable secret. Put one line with the token there")
    return secret
