"""Which model of device could have sent this? Every profile reads the payloads; the most telling one comes first.

    payloads ─▶ each profile: read? mapped? within plausible ranges? ─▶ and would it read noise as well? ─▶ [Guess]

Laws
- A profile that reads anything proves nothing: a payload counts for as many bits as random bytes of its length fail.
- A value outside its range counts against the profile, a reading without a property hardly.
- Same payloads, same profiles, same order. Nothing here decides: a person does.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import msgspec

from pipelines.decode import CompiledProfile
from pipelines.model import Rejected, Uplink, Value
from pipelines.plan import Plan, plan_for

MAX_UPLINKS = 6
"""Different payloads that are looked at; more say little more."""
NOISE = 31
"""Random payloads that each plausible one is compared with: at most 5 bits of evidence from one payload."""
BITS_PER_NAME = 2.0
"""Evidence of one decoded value whose name the profile knows: makers agree on ``temperature``, hardly on more."""
LIKELY = 0.7


class Guess(msgspec.Struct, frozen=True):
    """One profile's claim. ``read`` of ``looked_at`` payloads it can read; ``plausible``: share of values in range.

    ``coverage``: share of what the profile maps that was there. ``sample``: what the newest payload would say, by
    property. ``score`` is between 0 and 1.
    """

    profile: str
    score: float
    read: int
    looked_at: int
    plausible: float
    coverage: float
    sample: Mapping[str, Value]

    @property
    def word(self) -> str:
        """``likely`` or ``possible``."""
        return "likely" if self.score >= LIKELY else "possible"


class _Finding(msgspec.Struct, frozen=True):
    """What one profile makes of one payload. ``share``: of its values in range; ``mapped``: of its readings."""

    values: Mapping[str, Value]
    share: float
    mapped: float
    names: frozenset[str]


def guess(profiles: Mapping[str, CompiledProfile], uplinks: Iterable[Uplink], *, at_most: int = 5) -> Sequence[Guess]:
    """The profiles that can have sent these uplinks (newest first), best first; empty where none can."""
    looked_at = _different(uplinks)
    if not looked_at:
        return []
    found = [claim for name in profiles if (claim := _claim(profiles[name], looked_at)) is not None]
    return sorted(found, key=lambda claim: (-claim.score, -claim.coverage, claim.profile))[:at_most]


def _different(uplinks: Iterable[Uplink]) -> list[Uplink]:
    """The newest few that differ in content."""
    seen: dict[tuple[bytes | None, int | None, str], Uplink] = {}
    for uplink in uplinks:
        if uplink.kind == "uplink" and (uplink.payload or uplink.decoded):
            seen.setdefault((uplink.payload, uplink.f_port, repr(uplink.decoded)[:2_000]), uplink)
            if len(seen) == MAX_UPLINKS:
                break
    return list(seen.values())


def _claim(profile: CompiledProfile, uplinks: Sequence[Uplink]) -> Guess | None:
    plan = plan_for(profile, {})
    findings = [finding for uplink in uplinks if (finding := _read(profile, plan, uplink)) is not None]
    if not findings:
        return None
    bits = sum(_bits(profile, plan, uplink) for uplink in uplinks)
    plausible = _mean(finding.share for finding in findings)
    mapped = _mean(finding.mapped for finding in findings)
    names = frozenset[str]().union(*(finding.names for finding in findings))
    coverage = len(names) / max(1, len(profile.mapping))
    certainty = 1 - 2 ** -(bits / 2)
    score = len(findings) / len(uplinks) * plausible**2 * (0.6 + 0.4 * mapped) * certainty * (0.85 + 0.15 * coverage)
    return Guess(
        profile=profile.name,
        score=round(score, 3),
        read=len(findings),
        looked_at=len(uplinks),
        plausible=round(plausible, 3),
        coverage=round(coverage, 3),
        sample=findings[0].values,
    )


def _read(profile: CompiledProfile, plan: Plan, uplink: Uplink) -> _Finding | None:
    """None where the profile cannot read it, or it says nothing that maps."""
    readings = profile.decode(uplink)
    if isinstance(readings, Rejected) or not readings:
        return None
    values: dict[str, Value] = {}
    names: set[str] = set()
    good = bad = 0
    for reading in readings:
        mapped = profile.mapping.get(reading.name)
        if mapped is None:
            continue
        names.add(reading.name)
        rule = plan.rules.get(reading.name)
        if rule is None:  # needs the device's own calibration
            continue
        value = rule.convert(reading.value)
        within = value is not None and (not isinstance(value, float) or rule.low <= value <= rule.high)
        good, bad = good + within, bad + (not within)
        if value is not None:
            values.setdefault(rule.property, value)
    if good == 0:
        return None
    seen = {reading.name for reading in readings}
    return _Finding(values, good / (good + bad), len(names) / len(seen), frozenset(names))


def _bits(profile: CompiledProfile, plan: Plan, uplink: Uplink) -> float:
    """How much it says that the profile reads this payload and finds every value plausible."""
    finding = _read(profile, plan, uplink)
    if finding is None or finding.share < 1:
        return 0.0
    if uplink.payload is None or _read(profile, plan, msgspec.structs.replace(uplink, payload=None)) is not None:
        return BITS_PER_NAME * len(finding.names)  # it goes by decoded values and their names
    by_chance = 0
    for payload in _noise(uplink.payload):
        found = _read(profile, plan, msgspec.structs.replace(uplink, payload=payload))
        by_chance += found is not None and found.share == 1
    return math.log2((NOISE + 1) / (by_chance + 1))


def _noise(payload: bytes) -> Iterable[bytes]:
    """Random bytes of the payload's length; the same ones each time."""
    for number in range(NOISE):
        made = b"".join(
            blake2b(payload, salt=bytes((number, part)), digest_size=64).digest()
            for part in range(len(payload) // 64 + 1)
        )
        yield made[: len(payload)]


def _mean(shares: Iterable[float]) -> float:
    listed = list(shares)
    return sum(listed) / len(listed)
