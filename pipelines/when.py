"""The stage ``event_time``: when were a message's readings taken, and whose clock says so?

Laws
- The device's time if plausible, else the network's, else ours. Ours counts only while our clock is trusted.
- A device's time is judged against the network's, else against ours, and never alone.
- A time outside the years 2000 to 2099 is a mistake in the message, not a clock that is off: where nothing else in the
  message tells the time, the message is rejected rather than stamped with ours.
"""

import msgspec

from pipelines.instants import EARLIEST_NS, LATEST_NS, is_plausible
from pipelines.model import NS_PER_S, Received, Rejected, TimeSource, Uplink

AHEAD_NS = 24 * 3600 * NS_PER_S
"""A time so far ahead of ours is no time; a smaller lead is kept and marked ``future``."""

BEHIND_NETWORK_NS = 366 * 24 * 3600 * NS_PER_S
"""No device stores readings for longer; a clock that lost its battery stands years behind the network's."""

FIRST_DEVICE_TIME_NS = 1_420_070_400 * NS_PER_S
"""2015-01-01T00:00:00Z, the month of LoRaWAN 1.0. Unset clocks of devices begin at 1970, 1980, 2000 or 2010."""


class EventTime(msgspec.Struct, frozen=True, gc=False):
    """When a message's readings were taken and whose clock says so; ``heard_ns``: when the network, else we, had it."""

    time_ns: int
    source: TimeSource
    heard_ns: int


def event_time(uplink: Uplink, received: Received) -> EventTime | Rejected | None:
    """Choose the event time; None when only our own clock could tell and it is not set."""
    own_ns = received.received_ns if received.clock == "trusted" else None
    network_ns = uplink.network_time_ns
    if network_ns is not None and is_off(network_ns, own_ns):
        network_ns = None
    heard_ns = own_ns if network_ns is None else network_ns
    device_ns = uplink.device_time_ns
    if device_ns is not None and heard_ns is not None and not is_off(device_ns, heard_ns):
        earliest_ns = FIRST_DEVICE_TIME_NS if network_ns is None else network_ns - BEHIND_NETWORK_NS
        if device_ns >= earliest_ns:
            return EventTime(device_ns, "device", heard_ns)
    if network_ns is not None:
        return EventTime(network_ns, "network", network_ns)
    return _own_time(uplink, received, own_ns)


def _own_time(uplink: Uplink, received: Received, own_ns: int | None) -> EventTime | Rejected | None:
    for claim_ns in (uplink.network_time_ns, uplink.device_time_ns, own_ns):
        if claim_ns is not None and not is_plausible(claim_ns):
            return Rejected("implausible_time", "the message's time lies outside the years 2000 to 2099")
    if received.retained:
        return Rejected("retained_without_time", "a retained message that does not say when it was true")
    return None if own_ns is None else EventTime(own_ns, "gateway", own_ns)


def is_off(claim_ns: int, heard_ns: int | None) -> bool:
    """Whether a time cannot be right: beyond 2000 to 2099, or a day ahead of when the message was heard."""
    return not EARLIEST_NS <= claim_ns < LATEST_NS or (heard_ns is not None and claim_ns > heard_ns + AHEAD_NS)
