"""Ledger entries for tests of sinks, with short words for what varies."""

from pipelines.model import Accepted, Derived, Link, Observation, Reception, Revision, Value

T0 = 1_793_700_000_000_000_000
"""2026-11-03T10:00:00Z: an hour begins here."""
S = 1_000_000_000
MINUTE = 60 * S
HOUR = 3_600 * S
DAY = 24 * HOUR


def observed(
    value: Value = 21.5,
    time_ns: int = T0,
    *,
    name: str = "temperature_c",
    feature: str = "waste-container/B7",
    quality: str = "ok",
    reason: str = "",
    interval_ns: int = 0,
) -> Observation:
    return Observation(feature, name, value, time_ns, "network", quality, reason, interval_ns)  # type: ignore[arg-type]


def accepted(
    *observations: Observation,
    of: int = 1,
    device: str = "a81758fffe0462b9",
    pilot: str = "waste-delft",
    city: str = "delft",
    feature: str = "waste-container/B7",
    received_ns: int | None = None,
    link: Link | None = None,
) -> Accepted:
    time_ns = observations[0].time_ns if observations else T0
    received_ns = time_ns + S if received_ns is None else received_ns
    return Accepted(of, device, pilot, city, feature, time_ns, received_ns, observations, link, profile="elsys/ems")


def revision(number: int, entry: Accepted | Derived, *, first: bool = True) -> Revision:
    return Revision(number, entry, first)


def link(f_cnt: int = 7) -> Link:
    return Link(f_cnt, 5, (Reception("gw-a", -110.0, 3.0), Reception("gw-b", -90.0, 7.5)))
