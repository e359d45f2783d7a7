"""A runner as a snapshot holds it: states and rungs are bytes already, so packing is cheap and exact."""

from collections.abc import Callable

import msgspec

from pipelines.domains import Reading, StateT
from pipelines.domains.ladder import Key, Rung, Series
from pipelines.domains.words import identity_of
from pipelines.model import Observation

IMAGE_VERSION = 1

_encode = msgspec.msgpack.Encoder().encode


class KeyImage(msgspec.Struct, array_like=True):
    """One key in a snapshot."""

    name: str
    state: bytes
    ladder: list[Rung]
    tail: list[Reading]
    told: list[Observation]
    horizon_ns: int
    newest_ns: int
    series: list[Series]


class Image(msgspec.Struct, array_like=True):
    """A runner in a snapshot."""

    version: int
    producer: str
    machine_version: int
    passed_ns: int
    counts: dict[str, int]
    keys: list[KeyImage]


decode_image = msgspec.msgpack.Decoder(Image).decode


def image_of(key: Key[StateT]) -> KeyImage:
    """A settled key."""
    return KeyImage(
        name=key.name,
        state=_encode(key.state),
        ladder=key.ladder,
        tail=key.tail,
        told=list(key.told.values()),
        horizon_ns=key.horizon_ns,
        newest_ns=key.newest_ns,
        series=list(key.series),
    )


def key_of(image: KeyImage, decode: Callable[[bytes], StateT]) -> Key[StateT]:
    """The key of an image. Raises msgspec.MsgspecError for the state of another machine."""
    key = Key(image.name, decode(image.state), image.ladder, series=image.series)
    key.tail = image.tail
    key.told = {identity_of(one): one for one in image.told}
    key.horizon_ns, key.newest_ns = image.horizon_ns, image.newest_ns
    return key
