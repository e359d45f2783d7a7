"""May this valve be opened, by whose permission, and for how long?

Laws
- A valve moves only where a pilot has written down that it may: for this device, not expired.
- It is never opened without an end. The device's own timer closes it where the device has one; else the gateway must.
- An opening that the gateway ends can last one reporting interval longer than asked: a class A device listens only
  after its own uplinks. So that interval counts against the most that is permitted.
"""

from collections.abc import Mapping, Sequence

import msgspec

from pipelines.downlinks.notation import Downlink, Unsendable
from pipelines.downlinks.values import plain, within
from pipelines.model import Value

WRITE_IT_DOWN = (
    'Write it into the pilot\'s file: [[permissions]] what = "valve", by = "…", devices = ["{device}"],'
    " max_open_minutes = 30"
)
UNKNOWN_INTERVAL_S = 86_400.0
"""For a device whose profile does not say how often it reports: it may listen once a day."""


class ValvePermission(msgspec.Struct, frozen=True):
    """One permission of a pilot. ``devices`` None: all of the pilot's. ``until_ns``: the first instant after it."""

    by: str
    devices: tuple[str, ...] | None
    max_open_s: float
    until_ns: int | None = None


class Opening(msgspec.Struct, frozen=True):
    """What a permitted command will do. ``open_s`` 0: it closes. ``gateway_closes``: the device has no timer."""

    values: Mapping[str, Value]
    open_s: float = 0.0
    gateway_closes: bool = False


def permission_for(device: str, permissions: Sequence[ValvePermission], *, pilot: str, now_ns: int) -> ValvePermission:
    """The most generous permission in force. Raises Unsendable, with what to write down."""
    mine = [one for one in permissions if one.devices is None or device in one.devices]
    if not mine:
        raise Unsendable(
            f"pilot {pilot} permits nobody to move the valve of {device}", WRITE_IT_DOWN.format(device=device)
        )
    valid = [one for one in mine if one.until_ns is None or now_ns < one.until_ns]
    if not valid:
        said = f"the permission by {mine[0].by} to move the valve of {device} has expired"
        raise Unsendable(said, f"Have it renewed, then write the new 'until' into the file of pilot {pilot}.")
    return max(valid, key=lambda one: one.max_open_s)


def opening(
    downlink: Downlink,
    values: Mapping[str, Value],
    *,
    open_s: float | None,
    permission: ValvePermission,
    reporting_interval_s: float | None,
) -> Opening:
    """The values with the duration filled in. ``open_s``: what was asked for. Raises Unsendable."""
    valve = downlink.valve
    assert valve is not None
    if values[valve.field] != valve.open:
        if open_s is not None:
            raise Unsendable("a closing valve needs no time", "Leave --for out.")
        others = {name: value for name, value in values.items() if name != valve.duration}
        return Opening({**others, **closing_values(downlink)})
    given = values.get(valve.duration) or None
    if given is not None and open_s is not None:
        raise Unsendable(f"the time is given twice: --for and {valve.duration}", "Leave one of the two out.")
    wanted_s = open_s if given is None else float(given)
    if wanted_s is None or wanted_s <= 0:
        raise Unsendable("a valve is not opened without an end", f"Add --for 10m; {_at_most(permission.max_open_s)}.")
    if valve.duration:
        field = downlink.field(valve.duration)
        assert field is not None
        within(field, wanted_s)
        longest_s = wanted_s
        values = {**values, valve.duration: int(wanted_s) if float(wanted_s).is_integer() else wanted_s}
    else:
        longest_s = wanted_s + (UNKNOWN_INTERVAL_S if reporting_interval_s is None else reporting_interval_s)
    if longest_s > permission.max_open_s:
        late = (
            "" if valve.duration else f", and the device may hear the end {plain((longest_s - wanted_s) / 60)} min late"
        )
        raise Unsendable(
            f"{plain(wanted_s / 60)} min is longer than the pilot permits{late}",
            f"Ask for less: {_at_most(permission.max_open_s)}, permitted by {permission.by}.",
        )
    return Opening(values, wanted_s, gateway_closes=not valve.duration)


def closing_values(downlink: Downlink) -> dict[str, Value]:
    """What closes the valve of a downlink."""
    assert downlink.valve is not None
    defaults = {field.name: field.default for field in downlink.fields if field.default is not None}
    return {**defaults, downlink.valve.field: downlink.valve.closed}


def _at_most(seconds: float) -> str:
    return f"at most {plain(round(seconds / 60, 2))} min"
