"""What an operator writes for the listener of health, metrics and the dashboard."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.sources.http_settings import Listen, address_of, is_loopback

HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
TILES = r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?/[^\s'\"<>;,]*\{z\}[^\s'\"<>;,]*\{x\}[^\s'\"<>;,]*\{y\}[^\s'\"<>;,]*$"

TILES_EXAMPLE = "https://tiles.my-city.example/{z}/{x}/{y}.png"


class HttpTable(BaseModel):
    """``[http]``. ``allowed_hosts``: names under which browsers reach it, beside localhost and addresses.

    ``tiles``: pictures for the dashboard's map, such as ``https://tiles.example/{z}/{x}/{y}.png``. Whoever looks at the
    map asks that server for them; without it the page draws its own ground, and asks nobody.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    enabled: bool = False
    listen: Listen = "127.0.0.1:8470"
    dashboard: bool = True
    tiles: Annotated[str | None, Field(pattern=TILES, examples=[TILES_EXAMPLE])] = None
    token_file: Path | None = None
    allowed_hosts: tuple[HostName, ...] = ()
    cert_file: Path | None = None
    key_file: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host, without the brackets of IPv6, and port."""
        return address_of(self.listen)

    @property
    def base_url(self) -> str:
        """Where its addresses begin, without a slash at the end."""
        return f"{'https' if self.cert_file else 'http'}://{self.listen}"

    @model_validator(mode="after")
    def _is_no_open_door(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together | Write both, or neither.")
        if self.token_file is None and not is_loopback(self.address[0]):
            mend = 'Write token_file = "secrets/operators-token", or listen on 127.0.0.1'
            raise ValueError(f"{self.listen} would show the city to anybody who reaches it | {mend}.")
        return self
