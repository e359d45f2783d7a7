"""What a second look at the same messages changes: per property how many values, with a few of them as samples.

Laws
- Observations are compared by identity (feature, property, time, interval). A retracted one is not there.
- Counts are whole; samples are the first few of each property and each sort of change.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from pipelines.model import Accepted, Duplicate, Observation, Outcome, Rejected, Value

Sort = Literal["changed", "appeared", "vanished", "requalified"]
SAMPLES = 3

Identity = tuple[str, str, int, int]


class Tally(msgspec.Struct):
    """One property. ``requalified``: the value is the same, its quality or reason is not."""

    same: int = 0
    changed: int = 0
    appeared: int = 0
    vanished: int = 0
    requalified: int = 0


class Sample(msgspec.Struct, frozen=True):
    """One value before and after; None where there is none. Qualities as ``suspect:range``."""

    sort: Sort
    property: str
    device: str
    feature: str
    time_ns: int
    before: Value | None
    after: Value | None
    before_quality: str = ""
    after_quality: str = ""


class Difference(msgspec.Struct):
    """Filled by ``note``. ``outcomes`` counts turns such as ``rejected → accepted``."""

    properties: dict[str, Tally] = {}
    samples: list[Sample] = []
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    profiles: dict[str, str] = {}
    """Those that spoke, with the hash of their files in hex."""

    def note(self, before: Outcome, after: Outcome) -> bool:
        """Take in one message's outcomes; true where anything differs that an observer could see."""
        if isinstance(after, Accepted):
            self.profiles[after.profile] = after.profile_hash.hex()
        turn = f"{_word(before)} → {_word(after)}"
        if _word(before) != _word(after):
            self.outcomes[turn] += 1
        old, new = standing(before), standing(after)
        differs = _word(before) != _word(after)
        for identity, observation in old.items():
            differs |= self._compare(before.device, observation, new.get(identity))
        for identity, observation in new.items():
            if identity not in old:
                self._sample("appeared", after.device, None, observation)
                self._tally(observation.property).appeared += 1
                differs = True
        return differs

    def _compare(self, device: str, before: Observation, after: Observation | None) -> bool:
        tally = self._tally(before.property)
        if after is None:
            tally.vanished += 1
            sort: Sort = "vanished"
        elif after.value != before.value:
            tally.changed += 1
            sort = "changed"
        elif _quality(after) != _quality(before):
            tally.requalified += 1
            sort = "requalified"
        else:
            tally.same += 1
            return False
        self._sample(sort, device, before, after)
        return True

    def _tally(self, name: str) -> Tally:
        return self.properties.setdefault(name, Tally())

    def _sample(self, sort: Sort, device: str, before: Observation | None, after: Observation | None) -> None:
        one = before or after
        assert one is not None
        alike = sum(sample.property == one.property and sample.sort == sort for sample in self.samples)
        if alike < SAMPLES:
            self.samples.append(
                Sample(
                    sort=sort,
                    property=one.property,
                    device=device,
                    feature=one.feature,
                    time_ns=one.time_ns,
                    before=before.value if before is not None else None,
                    after=after.value if after is not None else None,
                    before_quality=_quality(before),
                    after_quality=_quality(after),
                )
            )


def standing(outcome: Outcome) -> dict[Identity, Observation]:
    """The observations that an outcome stands for, by identity."""
    if not isinstance(outcome, Accepted):
        return {}
    return {identity(one): one for one in outcome.observations if one.quality != "retracted"}


def without_retracted(outcome: Outcome) -> Outcome:
    """The outcome without the marks of what an earlier replay took back: a second replay changes nothing."""
    if not isinstance(outcome, Accepted) or all(one.quality != "retracted" for one in outcome.observations):
        return outcome
    return msgspec.structs.replace(outcome, observations=tuple(standing(outcome).values()))


def retractions(before: Outcome, after: Outcome) -> tuple[Observation, ...]:
    """The observations of ``before`` whose identity ``after`` does not hold, marked ``retracted``."""
    kept = standing(after)
    gone: Iterable[Observation] = (one for key, one in standing(before).items() if key not in kept)
    return tuple(msgspec.structs.replace(one, quality="retracted") for one in gone)


def identity(observation: Observation) -> Identity:
    """What makes two observations of one device the same one."""
    return observation.feature, observation.property, observation.time_ns, observation.interval_ns


def _word(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "accepted"
        case Rejected():
            return "rejected"
        case Duplicate():
            return "duplicate"


def _quality(observation: Observation | None) -> str:
    if observation is None:
        return ""
    return f"{observation.quality}:{observation.reason}" if observation.reason else observation.quality
