"""The machine of a LoRa gateway: one alarm when it dies, with who is behind it; what it relayed in each local day."""

from collections.abc import Iterable, Iterator

import msgspec

from pipelines.domains import HOUR_NS, NEVER_NS, RELAYED, Reading, Site
from pipelines.domains.local_time import day_bounds
from pipelines.domains.lora_gateways.behind import Heard, behind, day_sums, hear, named, next_day
from pipelines.domains.lora_gateways.signs import DAY_NS, Signs
from pipelines.domains.said import of_interval
from pipelines.model import Observation

FEATURE_TYPE = "lora-gateway"
RECEIVED, RIGHT, CONNECTED = "rx_packets", "rx_packets_ok", "gateway_connected"


class GatewayState(msgspec.Struct, array_like=True):
    """One LoRa gateway. ``dead_ns``: of the running local day, as far as it is over; ``devices`` by id."""

    feature: str
    signs: Signs = msgspec.field(default_factory=Signs)
    devices: dict[str, Heard] = {}
    begin_ns: int = -1
    end_ns: int = -1
    dead_ns: int = 0
    received: float = 0.0
    right: float = 0.0


class LoraGateway:
    """Producer ``lora-gateway``; a key is the LoRa gateway. Uplinks of all pilots are readings of it (``RELAYED``)."""

    producer = "lora-gateway"
    version = 1
    features = frozenset({FEATURE_TYPE})
    properties = frozenset({RECEIVED, RIGHT, CONNECTED, RELAYED})
    state = GatewayState
    lateness_ns = 3 * HOUR_NS
    """Frames of hundreds of devices meet here: what comes later is not worth the memory."""
    key_bytes = 1 << 20
    followed_ns = 7 * DAY_NS

    def key(self, reading: Reading, site: Site) -> str | None:
        """The LoRa gateway."""
        del site
        return reading.feature

    def begin(self, key: str, site: Site) -> GatewayState:
        """Nothing is known of it."""
        del site
        return GatewayState(key)

    def due_ns(self, state: GatewayState, site: Site) -> int:
        """The end of patience, or of the day."""
        del site
        end_ns = state.end_ns if state.end_ns >= 0 else NEVER_NS
        return min(state.signs.ends()[0] + 1, end_ns, NEVER_NS)

    def pass_time(self, state: GatewayState, to_ns: int, site: Site) -> Iterable[Observation]:
        """Raise the alarm at the instant at which patience ended; close each day that is over."""
        said: list[Observation] = []
        while True:
            at_ns, sign = state.signs.ends()
            if 0 <= state.end_ns <= min(to_ns, at_ns):
                said += _close_day(state, site)
            elif at_ns < to_ns:
                state.signs.die(at_ns, sign)
                said += _death(state, at_ns)
            else:
                return said

    def take(self, state: GatewayState, reading: Reading, site: Site) -> Iterable[Observation]:
        """Statistics, a connection state, or an uplink that it relayed."""
        time_ns, value, signs = reading.time_ns, reading.value, state.signs
        if reading.property == CONNECTED and not value:
            signs.lose(time_ns)
            return ()
        if state.end_ns < 0:
            state.begin_ns, state.end_ns = day_bounds(time_ns, site.zone)
        relayed = reading.property == RELAYED
        if relayed:
            hear(state.devices, reading.device, time_ns, str(value))
        elif reading.property == RECEIVED:
            signs.report(time_ns)
            state.received += float(value)
        elif reading.property == RIGHT:
            state.right += float(value)
        since_ns = signs.since_ns
        if not signs.live(time_ns, relayed=relayed):
            return ()
        state.dead_ns += time_ns - max(since_ns, state.begin_ns)
        return (
            Observation(state.feature, "gateway_offline", False, time_ns),
            Observation(state.feature, "gateway_offline_sign", "none", time_ns),
        )


def _death(state: GatewayState, at_ns: int) -> Iterator[Observation]:
    features = behind(state.devices, at_ns)
    yield Observation(state.feature, "gateway_offline", True, at_ns)
    yield Observation(state.feature, "gateway_offline_sign", state.signs.dead, at_ns)
    yield Observation(state.feature, "devices_behind", float(len(features)), at_ns)
    yield Observation(state.feature, "devices_behind_names", named(features), at_ns)


def _close_day(state: GatewayState, site: Site) -> list[Observation]:
    """What it did in the local day that is over, and the next one begun."""
    signs, span = state.signs, (state.begin_ns, state.end_ns)
    said = list(_of_day(state, span))
    next_day(state.devices, state.end_ns)
    state.dead_ns, state.received, state.right = 0, 0.0, 0.0
    state.begin_ns, state.end_ns = day_bounds(state.end_ns, site.zone)
    if signs.dead == "none" and signs.life_ns < state.begin_ns - DAY_NS:
        state.begin_ns = state.end_ns = -1  # never judged, and gone: the next word begins a day
    return said


def _of_day(state: GatewayState, span: tuple[int, int]) -> Iterator[Observation]:
    signs, feature = state.signs, state.feature
    if signs.is_judged:
        from_ns = max(span[0], signs.first_ns)
        dead_ns = state.dead_ns + (span[1] - max(signs.since_ns, from_ns) if signs.dead != "none" else 0)
        share = 1 - dead_ns / (span[1] - from_ns)
        yield of_interval(feature, "gateway_online_percent", round(100 * share, 2), *span)
    if state.received:
        yield of_interval(feature, RECEIVED, state.received, *span)
        right = min(1.0, state.right / state.received)
        yield of_interval(feature, "rx_packets_ok_percent", round(100 * right, 2), *span)
    received, sent, heard = day_sums(state.devices.values())
    if received:
        yield of_interval(feature, "uplinks", float(received), *span)
        yield of_interval(feature, "pdr_percent", round(100 * received / sent, 2), *span)
        yield of_interval(feature, "devices_heard", float(heard), *span)
        yield of_interval(feature, "devices_behind", float(len(behind(state.devices, span[1]))), *span)
