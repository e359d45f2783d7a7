"""The Things Stack 3 over HTTP: ``GET /api/v3/applications/{id}/devices`` of the identity server, page by page.

Source: the end device registry in The Things Stack's API reference (field masks, pages, ``Authorization: Bearer``).
"""

import ssl
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec

from gateway.http.client import Answer, HttpClient, NoAnswerError, Timeouts
from gateway.network_servers.listing import MOST_DEVICES, PAGE, Ask, Listed, ServerError

FIELDS = "name,description,attributes,version_ids,locations"
MAX_PAGE_BYTES = 8 << 20
MENDS = {
    401: "put an API key of the application (rights: view devices) into the token file",
    403: "the key may not list devices: give it the right to view them",
    404: "check --application, and that the address is the cluster where it was made (eu1, nam1, au1 …)",
}


class _Ids(msgspec.Struct):
    device_id: str
    dev_eui: str = ""


class _Location(msgspec.Struct):
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None


class _Version(msgspec.Struct):
    brand_id: str = ""
    model_id: str = ""


class _Device(msgspec.Struct):
    ids: _Ids
    name: str = ""
    description: str = ""
    attributes: Mapping[str, str] = {}
    version_ids: _Version = msgspec.field(default_factory=_Version)
    locations: Mapping[str, _Location] = {}


class _Page(msgspec.Struct):
    end_devices: list[_Device] = []


_decode = msgspec.json.Decoder(_Page).decode


async def devices(ask: Ask) -> Sequence[Listed]:
    """Every device of one application. Raises ServerError."""
    tls = ssl.create_default_context(cafile=str(ask.ca_file)) if ask.ca_file else None
    try:
        client = HttpClient(
            ask.url, timeouts=Timeouts(answer_s=ask.timeout_s), tls=tls, max_answer_bytes=MAX_PAGE_BYTES
        )
    except ValueError as error:
        raise ServerError(str(error), "write https://eu1.cloud.thethings.network, or your own server") from error
    found: list[Listed] = []
    try:
        while len(found) < MOST_DEVICES:
            page = await _page(client, ask, number=len(found) // PAGE + 1)
            found += [_listed(device) for device in page]
            if len(page) < PAGE:
                break
    except NoAnswerError as error:
        raise ServerError(str(error), "check address and port") from error
    finally:
        await client.close()
    return found


async def _page(client: HttpClient, ask: Ask, *, number: int) -> list[_Device]:
    query = urlencode({"field_mask": FIELDS, "limit": PAGE, "page": number})
    target = f"/api/v3/applications/{quote(ask.application, safe='')}/devices?{query}"
    answer = await client.request("GET", target, headers={"authorization": f"Bearer {ask.token}"})
    if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
        raise _refusal(answer, ask)
    try:
        return _decode(answer.body).end_devices
    except msgspec.DecodeError as error:
        what = f"{ask.url} answered something else than a list of devices: {error}"
        raise ServerError(what, "is this the address of a The Things Stack 3?") from error


def _refusal(answer: Answer, ask: Ask) -> ServerError:
    words = " ".join(answer.text[:300].split())
    mend = MENDS.get(answer.status, "is this the address of a The Things Stack 3?")
    return ServerError(f"{ask.url} says {answer.status} {words}".rstrip(), mend)


def _listed(device: _Device) -> Listed:
    """``user`` is where a person put it; other locations are computed by services."""
    place = device.locations.get("user", _Location())
    version = device.version_ids
    return Listed(
        id=device.ids.dev_eui or device.ids.device_id,
        name=device.name or device.ids.device_id,
        model=f"{version.brand_id}/{version.model_id}" if version.brand_id and version.model_id else "",
        description=device.description,
        latitude=place.latitude,
        longitude=place.longitude,
        altitude_m=place.altitude,
        tags=device.attributes,
    )
