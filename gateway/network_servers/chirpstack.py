"""ChirpStack 4 over gRPC: ``api.DeviceService.List``, page by page, with an API key of the tenant or the server.

Source: the service's definition in the ``chirpstack-api`` package, and ChirpStack's documentation of its API.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from gateway.network_servers.listing import MOST_DEVICES, PAGE, Ask, Listed, ServerError

MENDS = {
    "UNAUTHENTICATED": "put an API key (ChirpStack: Tenant, API keys) into the token file",
    "PERMISSION_DENIED": "the key may not read this application: make one in its tenant",
    "NOT_FOUND": "check --application: it is in the topics, application/ID/device/…",
    "INVALID_ARGUMENT": "check --application: it is in the topics, application/ID/device/…",
    "UNAVAILABLE": "check address and port; the API is on the port of ChirpStack's page, 8080 unless changed",
    "DEADLINE_EXCEEDED": "the server is slow or the network is: try again",
}


async def devices(ask: Ask) -> Sequence[Listed]:
    """Every device of one application. Raises ServerError."""
    try:
        import grpc  # noqa: PLC0415 - an extra that only this command needs
        from chirpstack_api import api  # noqa: PLC0415 - same
    except ImportError as error:
        raise ServerError("chirpstack-api is not installed", "pip install 'citygate[chirpstack]'") from error
    found: list[Listed] = []
    metadata = (("authorization", f"Bearer {ask.token}"),)
    try:
        async with _channel(grpc, ask) as channel:
            service = api.DeviceServiceStub(channel)
            while len(found) < MOST_DEVICES:
                request = api.ListDevicesRequest(application_id=ask.application, limit=PAGE, offset=len(found))
                answer = await service.List(request, metadata=metadata, timeout=ask.timeout_s)
                found += [_listed(item) for item in answer.result]
                if not answer.result or len(found) >= answer.total_count:
                    break
    except grpc.aio.AioRpcError as error:
        code = error.code().name
        what = f"{ask.url} says {code.lower().replace('_', ' ')}: {error.details() or 'nothing more'}"
        raise ServerError(what, MENDS.get(code, "is this the address of a ChirpStack 4?")) from error
    return found


def _channel(grpc: Any, ask: Ask) -> Any:
    parts = urlsplit(ask.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServerError(f"{ask.url!r} is no address", "write http://host:8080 or https://host")
    target = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if parts.scheme == "http":
        return grpc.aio.insecure_channel(target)
    authority = ask.ca_file.read_bytes() if ask.ca_file else None
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(authority))


def _listed(item: Any) -> Listed:
    return Listed(
        id=item.dev_eui,
        name=item.name,
        model=item.device_profile_name,
        description=item.description,
        tags=dict(item.tags),
    )
