"""Revisions for tests: one device per number unless told otherwise, values that tell the number they came from."""

from pipelines.model import Accepted, Link, Observation, Quality, QualityReason, Reception, Revision, TimeSource, Value

T0 = 1_793_500_000_000_000_000
SECOND = 1_000_000_000


def observed(
    name: str = "temperature_c",
    value: Value = 21.5,
    *,
    feature: str = "air-station/A-1",
    time_ns: int = T0,
    time_source: TimeSource = "network",
    quality: Quality = "ok",
    reason: QualityReason = "",
    interval_ns: int = 0,
) -> Observation:
    return Observation(feature, name, value, time_ns, time_source, quality, reason, interval_ns)


def accepted(
    *observations: Observation,
    of: int = 1,
    device: str = "a81758fffe000001",
    pilot: str = "air-delft",
    city: str = "delft",
    feature: str = "air-station/A-1",
    time_ns: int = T0,
    link: Link | None = None,
) -> Accepted:
    return Accepted(of, device, pilot, city, feature, time_ns, time_ns + SECOND, observations, link)


def uplink(number: int, *, devices: int = 100, properties: tuple[str, ...] = ("temperature_c",)) -> Revision:
    """An air reading with its link, from one of ``devices`` devices; number and value go together."""
    feature = f"air-station/A-{number % devices}"
    time_ns = T0 + number * SECOND
    observations = tuple(Observation(feature, name, float(number) / 10, time_ns, "network") for name in properties)
    reception = Reception("7276ff0039030716", -97.0, 6.2)
    entry = accepted(
        *observations,
        of=number,
        device=f"a81758fffe{number % devices:06d}",
        feature=feature,
        time_ns=time_ns,
        link=Link(number, 5, (reception,)),
    )
    return Revision(number, entry)


def reading(number: int, *, devices: int = 100, properties: tuple[str, ...] = ("temperature_c",)) -> Revision:
    """The same without a link: one line."""
    revision = uplink(number, devices=devices, properties=properties)
    assert isinstance(revision.entry, Accepted)
    entry = revision.entry
    plain = accepted(*entry.observations, of=number, device=entry.device, feature=entry.feature, time_ns=entry.time_ns)
    return Revision(number, plain)


def poisoned(number: int) -> Revision:
    """An uplink that also carries carbon dioxide: what a poisoned far side refuses."""
    return uplink(number, properties=("temperature_c", "co2_ppm"))
