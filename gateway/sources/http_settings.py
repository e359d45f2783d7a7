"""What an operator writes for an HTTP push source."""

from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

LAST_PORT = 65_535


def _with_a_port(listen: str) -> str:
    if (port := address_of(listen)[1]) > LAST_PORT:
        raise ValueError(f"there is no port {port} | Ports end at {LAST_PORT}.")
    return listen


Listen = Annotated[
    str,
    Field(pattern=r"^([^:\s\[\]]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$", examples=["127.0.0.1:8090"]),
    AfterValidator(_with_a_port),
]
"""Where a listener of ours listens: host and port, IPv6 in brackets."""


class HttpSourceSettings(BaseModel):
    """``[sources.<name>]`` with ``kind = "http"``: a network server's webhook posts uplinks here."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: Literal["http"]
    token_file: str | None = None
    listen: Listen = "127.0.0.1:8090"
    path: str = Field("/push", pattern=r"^/[A-Za-z0-9/_-]*$")
    dialect: str
    dialect_settings: dict[str, Any] = {}
    max_payload_bytes: int = Field(262_144, ge=1_024, le=16 << 20)

    @field_validator("listen")
    @classmethod
    def _is_no_open_door(cls, listen: str, given: ValidationInfo) -> str:
        """token_file stands above, so it is known here; where it is faulty itself, that alone is told."""
        if "token_file" in given.data and not given.data["token_file"] and not is_loopback(address_of(listen)[0]):
            mend = 'Write token_file = "…", or listen on 127.0.0.1 behind a proxy'
            raise ValueError(f"{listen} takes uplinks from anybody. {mend}.")
        return listen

    @property
    def address(self) -> tuple[str, int]:
        """Host, without the brackets of IPv6, and port."""
        return address_of(self.listen)


def address_of(listen: str) -> tuple[str, int]:
    """``[::1]:8090`` is ("::1", 8090)."""
    host, _, port = listen.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(host: str) -> bool:
    """Does only this machine reach it? A name other than localhost is taken for one that others reach too."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
