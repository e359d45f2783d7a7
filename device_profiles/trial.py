"""A profile on trial: every vector, and the same frames mutated, which it may read or reject but never raise on.

Law: mutants are a function of the frame alone, so a finding can be looked at again.
"""

from collections.abc import Iterable, Iterator, Sequence
from random import Random

import msgspec

from device_profiles.vectors import Vector, judged
from pipelines.decode import CompiledProfile, Reading
from pipelines.model import Rejected, Uplink

MUTANTS = 100
Outcome = Sequence[Reading] | Rejected | Exception
"""What came of one uplink. An exception is a finding: no decoder may raise."""


class TrialResult(msgspec.Struct, frozen=True):
    """``findings``: what is wrong, one line each; empty when all is right."""

    profile: str
    vectors: int
    mutants: int
    findings: tuple[str, ...]


def trial_uplinks(vectors: Sequence[Vector]) -> list[Uplink]:
    """The uplinks that a profile is tried with: its vectors in their order, then the mutants."""
    return [vector.uplink for vector in vectors] + list(_mutants(vectors))


def tried(profile: CompiledProfile, vectors: Sequence[Vector], outcomes: Sequence[Outcome]) -> TrialResult:
    """Judge the outcomes of ``trial_uplinks``, in their order."""
    findings = [] if vectors else ["no vectors.json: nothing proves that it reads its frames"]
    for vector, outcome in zip(vectors, outcomes, strict=False):
        if not isinstance(outcome, Exception) and (finding := judged(profile, vector, outcome)):
            findings.append(finding)
    uplinks = trial_uplinks(vectors)
    findings += [
        f"raised {outcome!r:.120} on {_shown(uplink)}"
        for uplink, outcome in zip(uplinks, outcomes, strict=True)
        if isinstance(outcome, Exception)
    ]
    return TrialResult(profile.name, len(vectors), len(uplinks) - len(vectors), tuple(findings))


def outcomes_of(profile: CompiledProfile, uplinks: Iterable[Uplink]) -> list[Outcome]:
    """What a profile that needs no worker makes of uplinks."""
    return [_outcome(profile, uplink) for uplink in uplinks]


def _outcome(profile: CompiledProfile, uplink: Uplink) -> Outcome:
    try:
        return profile.decode(uplink)
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises is what this trial looks for
        return error


def _mutants(vectors: Sequence[Vector]) -> Iterator[Uplink]:
    """Frames cut, lengthened and with bytes changed, in all ``MUTANTS`` or none."""
    frames = [(vector.payload, vector.port) for vector in vectors if vector.payload is not None]
    if not frames:
        return
    random = Random(repr(frames))  # noqa: S311 - the same mutants each time, no secret
    for place in range(MUTANTS):
        payload, port = frames[place % len(frames)]
        yield Uplink("mutant", payload=_mutant(payload, random), f_port=port if random.random() < 0.9 else 255)  # noqa: PLR2004


def _mutant(payload: bytes, random: Random) -> bytes:
    mutant = bytearray(payload)
    for _ in range(random.randint(1, 4)):
        match random.randrange(4):
            case 0 if mutant:
                mutant[random.randrange(len(mutant))] = random.randrange(256)
            case 1 if mutant:
                mutant[random.randrange(len(mutant))] ^= 1 << random.randrange(8)
            case 2:
                del mutant[random.randint(0, len(mutant)) :]
            case _:
                mutant += random.randbytes(random.randint(1, 8))
    return bytes(mutant)


def _shown(uplink: Uplink) -> str:
    payload = uplink.payload or b""
    return f"{payload[:32].hex()}{'…' if len(payload) > 32 else ''} (f_port {uplink.f_port})"  # noqa: PLR2004 - a line
