"""What a person asks for → everything that sending it needs, or why it cannot be sent."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import msgspec

from gateway.ask_codec import ask_codec
from gateway.downlinks.last_heard import last_heard
from gateway.files.devices import canonical_id
from gateway.files.pilots import VALVE, Permission
from gateway.sources import TwoWaySource
from pipelines.decode import CompiledProfile
from pipelines.downlinks.encode import codec_call, codec_command, encoded
from pipelines.downlinks.networks import NETWORKS, Network
from pipelines.downlinks.notation import Command, Downlink, Unsendable
from pipelines.downlinks.values import chosen, values_of
from pipelines.downlinks.valves import Opening, ValvePermission, closing_values, opening, permission_for
from pipelines.identify import identify
from pipelines.model import NS_PER_S, Device, Received, Value

if TYPE_CHECKING:
    from gateway.run import Gateway

SETTING_VALID_S = 86_400.0
VALVE_VALID_S = 3_600.0
"""A setting may wait a day for a device that sleeps; an order to a valve that comes hours late is a danger."""


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """The question on the control socket. ``set``: field → text as typed; empty: tell what the device understands."""

    device: str
    set: dict[str, str] = {}
    open_s: float | None = None
    valid_s: float | None = None
    wait_s: float = 0.0
    by: str = ""
    dry_run: bool = False
    again: bool = False


class Prepared(msgspec.Struct, frozen=True):
    """A wish that can be fulfilled. ``closing``: the bytes with which the gateway ends an opening, else b""."""

    device: Device
    profile: CompiledProfile
    downlink: Downlink
    command: Command
    opens_s: float
    closing: bytes
    closing_values: Mapping[str, Value]
    network: Network
    dialect: str
    source: TwoWaySource
    topic: str
    like: bytes
    valid_s: float

    @property
    def valve(self) -> str:
        """The field that moves; "" for a setting."""
        return self.downlink.valve.field if self.downlink.valve else ""


def find_device(gateway: "Gateway", given: str) -> Device:
    """The record that is in force of a device, by its id in any spelling, its name or feature. Raises Unsendable."""
    devices, now_ns = gateway.known.knowledge.devices, gateway.clock.wall_ns()
    wanted = {given.strip().casefold(), canonical_id(given).casefold()}
    named = {device.id for device in gateway.known.files.devices if not wanted.isdisjoint(_called(device))}
    if len(named) > 1:
        raise Unsendable(f"'{given}' names {len(named)} devices: {', '.join(sorted(named))}", "Give the id of one.")
    records = devices.records(next(iter(named), given.strip()))
    device = identify(records, now_ns) if records else None
    if not isinstance(device, Device):
        what = f"'{given}' is not in force now" if records else f"nobody has written down a device '{given}'"
        raise Unsendable(what, "citygate devices list shows them.")
    return device


def _called(device: Device) -> set[str]:
    words = (device.id, device.name, device.feature, device.feature.partition("/")[2])
    return {word.casefold() for word in words if word}


def profile_of(gateway: "Gateway", device: Device) -> CompiledProfile:
    """The device's profile. Raises Unsendable."""
    profile = gateway.known.knowledge.profiles.get(device.profile)
    if profile is None:
        raise Unsendable(f"the catalogue has no profile '{device.profile}'", "citygate profiles list shows them.")
    return profile


async def prepare(gateway: "Gateway", wish: Wish) -> Prepared:
    """Everything that sending needs; nothing is sent or remembered. Raises Unsendable."""
    device = find_device(gateway, wish.device)
    profile = profile_of(gateway, device)
    downlink = chosen(profile.downlinks, wish.set)
    given = values_of(downlink, wish.set)
    moves = _opening(gateway, wish, device=device, profile=profile, downlink=downlink, values=given)
    command = await _encode(gateway, profile, downlink, moves.values)
    closing = None
    if moves.gateway_closes:
        closing = await _encode(gateway, profile, downlink, closing_values(downlink))
    received, source, dialect = await _way_to(gateway, device)
    network = NETWORKS[dialect]
    return Prepared(
        device=device,
        profile=profile,
        downlink=downlink,
        command=command,
        opens_s=moves.open_s,
        closing=closing.payload if closing else b"",
        closing_values=closing.values if closing else {},
        network=network,
        dialect=dialect,
        source=source,
        topic=network.command_topic(received.topic),
        like=received.body[:1],
        valid_s=wish.valid_s or (VALVE_VALID_S if downlink.valve else SETTING_VALID_S),
    )


def _opening(
    gateway: "Gateway",
    wish: Wish,
    *,
    device: Device,
    profile: CompiledProfile,
    downlink: Downlink,
    values: Mapping[str, Value],
) -> Opening:
    """What a valve may do; a setting does no more than it says."""
    if downlink.valve is None:
        if wish.open_s is not None:
            raise Unsendable(f"{downlink.name} is no valve: it is not open for a time", "Leave --for out.")
        return Opening(values)
    pilot = gateway.known.files.pilots.get(device.pilot)
    permissions = [valve_permission(one) for one in pilot.permissions if one.what == VALVE] if pilot else []
    permission = permission_for(device.id, permissions, pilot=device.pilot, now_ns=gateway.clock.wall_ns())
    return opening(
        downlink,
        values,
        open_s=wish.open_s,
        permission=permission,
        reporting_interval_s=profile.reporting_interval_s,
    )


def valve_permission(permission: Permission) -> ValvePermission:
    """A pilot's permission as the rules read it: ``until`` is its last day, in UTC."""
    until_ns = None
    if permission.until is not None:
        end = datetime.combine(permission.until + timedelta(days=1), time(), UTC)
        until_ns = int(end.timestamp()) * NS_PER_S
    devices = None if permission.devices == "all" else tuple(map(canonical_id, permission.devices))
    return ValvePermission(permission.by, devices, (permission.max_open_minutes or 0) * 60, until_ns)


async def _encode(
    gateway: "Gateway", profile: CompiledProfile, downlink: Downlink, values: Mapping[str, Value]
) -> Command:
    """Bytes and port, by the layout or by the codec worker."""
    if downlink.layout is not None:
        return encoded(downlink, values)
    if profile.codec is None:
        raise Unsendable(f"{downlink.name}: its profile has neither bytes nor a codec")
    call = codec_call(downlink, profile.codec, values, now_ns=gateway.clock.wall_ns())
    return codec_command(downlink, values, await ask_codec(gateway.codecs, call))


async def _way_to(gateway: "Gateway", device: Device) -> tuple[Received, TwoWaySource, str]:
    """The device's last message over a link that can carry commands, its source, and the source's dialect."""
    ways: dict[str, tuple[TwoWaySource, str]] = {}
    for source in gateway.sources:
        dialect = dialect_of(gateway, source.name)
        if isinstance(source, TwoWaySource) and dialect in NETWORKS:
            ways[source.name] = (source, dialect)
    if not ways:
        raise Unsendable(f"no MQTT source of {titles()} is configured", "Downlinks go over such a source's own link.")
    received = await asyncio.to_thread(last_heard, gateway.logs.folder, device.id, frozenset(ways))
    if received is None:
        mend = "It must be heard once, so that its application is known. citygate explain shows what was received."
        raise Unsendable(f"nothing was heard of {device.id} over {' or '.join(ways)}", mend)
    way, dialect = ways[received.source]
    if not way.connected:
        raise Unsendable(f"source {way.name} is not connected now: nothing was sent", "Ask again in a moment.")
    return received, way, dialect


def dialect_of(gateway: "Gateway", source: str) -> str:
    """The name of the dialect that a source speaks; "" for a source that is configured no more."""
    config = gateway.config.sources.get(source)
    return "" if config is None else config.settings.dialect.replace("_", "-")  # type: ignore[attr-defined]


def titles(networks: Sequence[Network] = tuple(NETWORKS.values())) -> str:
    """The network servers, for people."""
    return ", ".join(network.title for network in networks)
