"""What a network server says of its devices ▸ the same table that a spreadsheet gives."""

import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from gateway.files.device_list import DeviceList, Row

SERVERS: Mapping[str, str] = {
    "chirpstack": "gateway.network_servers.chirpstack",
    "tts": "gateway.network_servers.the_things_stack",
}
"""Kind → module with ``devices``, imported when it is asked."""

PAGE = 100
MOST_DEVICES = 100_000


class ServerError(Exception):
    """The network server did not give its list; ``mend`` says what to do."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


class Ask(msgspec.Struct, frozen=True):
    """Whom to ask for what. ``url``: ``https://host[:port]``; ``ca_file`` where the server's authority is its own."""

    url: str
    application: str
    token: str
    ca_file: Path | None = None
    timeout_s: float = 20.0


class Listed(msgspec.Struct, frozen=True):
    """One device as the server knows it. ``model`` is the server's own word; ``tags`` is what people wrote there."""

    id: str
    name: str = ""
    model: str = ""
    description: str = ""
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    tags: Mapping[str, str] = {}


async def ask_devices(kind: str, ask: Ask) -> Sequence[Listed]:
    """Every device of the application. Raises ServerError; KeyError for a kind that is not in the table."""
    module = importlib.import_module(SERVERS[kind])
    devices: Callable[[Ask], Awaitable[Sequence[Listed]]] = module.devices
    return await devices(ask)


def table_of(devices: Sequence[Listed], profiles: Mapping[str, str]) -> DeviceList:
    """A header and a row for each device. ``profiles``: the server's model → our profile; other models stay a remark.

    A tag is a column of its own name, unless the server says the same itself.
    """
    own = ("DevEUI", "name", "profile", "server's model", "server's description", "latitude", "longitude", "altitude")
    tags = sorted({tag for device in devices for tag in device.tags} - set(own[:3]))
    columns = tuple(column for column in own if column not in tags) + tuple(tags)
    rows = []
    for number, device in enumerate(devices, start=1):
        cells = {
            "DevEUI": device.id,
            "name": device.name,
            "profile": profiles.get(device.model, device.tags.get("profile", "")),
            "server's model": device.model,
            "server's description": device.description,
            "latitude": _degrees(device.latitude),
            "longitude": _degrees(device.longitude),
            "altitude": _degrees(device.altitude_m),
        } | {tag: text for tag, text in device.tags.items() if tag in tags}
        rows.append(Row(number, tuple(cells.get(column, "") for column in columns)))
    used = [at for at in range(len(columns)) if any(row.cells[at] for row in rows)]
    return DeviceList(
        tuple(columns[at] for at in used), tuple(Row(row.number, tuple(row.cells[at] for at in used)) for row in rows)
    )


def _degrees(value: float | None) -> str:
    return "" if value is None else repr(value)
