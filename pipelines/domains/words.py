"""What a machine has said: by identity the last word. Comparing two courses of it gives what is to be told."""

from collections.abc import Iterable, Mapping

import msgspec

from pipelines.model import Observation

Identity = tuple[str, str, int, int]
"""Of what is said: feature, property, time, interval."""

Words = dict[Identity, Observation]

Said = dict[Identity, tuple[Observation, bool]]
"""What is to be told: by identity the last word, and whether another one may have been told before it."""

_encode = msgspec.msgpack.Encoder().encode
_NOTHING = _encode([])
_decode_words = msgspec.msgpack.Decoder(list[Observation]).decode


def identity_of(one: Observation) -> Identity:
    """What makes two observations of one producer the same one."""
    return one.feature, one.property, one.time_ns, one.interval_ns


def still_open(words: Mapping[Identity, Observation], horizon_ns: int) -> Words:
    """Those whose interval was not over before the horizon."""
    return {key: one for key, one in words.items() if one.time_ns + one.interval_ns >= horizon_ns}


def pack_words(words: Mapping[Identity, Observation], horizon_ns: int) -> bytes:
    """What is still open, in an order of its own, so that equal words are equal bytes."""
    if not words:
        return _NOTHING
    return _encode([one for _, one in sorted(still_open(words, horizon_ns).items())])


def unpack_words(packed: bytes) -> Words:
    """The other way."""
    return {identity_of(one): one for one in _decode_words(packed)}


def same(before: Observation, after: Observation) -> bool:
    """Whether an observer could see no difference."""
    return before.value == after.value and before.quality == after.quality and before.reason == after.reason


def hear(words: Words, said: Iterable[Observation]) -> None:
    """Note what a machine says; the last word counts."""
    for one in said:
        words[one.feature, one.property, one.time_ns, one.interval_ns] = one


def tell(said: Said, identity: Identity, one: Observation, *, again: bool) -> None:
    """Add to what is to be told; what follows an earlier word of the same batch stays a first word if that was one."""
    earlier = said.get(identity)
    said[identity] = (one, again if earlier is None else earlier[1])


def tell_differences(said: Said, before: Words, after: Words) -> None:
    """Add what differs; what is said no longer is retracted, and ``after`` keeps that as its last word.

    All of it counts as said again: what appears now may have been retracted earlier.
    """
    for identity, one in before.items():
        if identity not in after:
            after[identity] = msgspec.structs.replace(one, quality="retracted")
    for identity, one in after.items():
        had = before.get(identity)
        if had is None or not same(had, one):
            tell(said, identity, one, again=True)
