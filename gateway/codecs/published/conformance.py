"""Do published codecs do here what their vectors say? And what do they do with payloads that nobody thought of?

Numbers are equal within 1e-9; a value that is missing, ``undefined`` or ``null`` is the same; lists of errors and
warnings may be missing where they are empty.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from gateway.codecs.codecs import Codecs
from gateway.codecs.published.repository import Checkout, Published, PublishedVector, RepositoryError
from pipelines.codec import Codec, CodecAnswer, CodecCall, Function
from pipelines.instants import parse_rfc3339

NOON_NS = 1_793_534_400_000_000_000
"""2026-11-01T12:00:00Z: the time of vectors that give none."""
MUTATIONS = 100
MAX_PAYLOAD_BYTES = 242


class Failure(msgspec.Struct, frozen=True):
    """One vector that is not met, and why."""

    codec: str
    function: Function
    about: str
    why: str


class Score(msgspec.Struct):
    """Vectors met and not, by function."""

    met: Counter[str] = msgspec.field(default_factory=Counter)
    all: Counter[str] = msgspec.field(default_factory=Counter)
    failures: list[Failure] = msgspec.field(default_factory=list)

    def line(self, functions: Iterable[str]) -> str:
        """``1397 of 1399 (99.86 %)``."""
        met, total = sum(self.met[one] for one in functions), sum(self.all[one] for one in functions)
        return f"{met} of {total} ({100 * met / total:.2f} %)" if total else "none"


async def prove(codecs: Codecs, checkout: Checkout, published: Sequence[Published], *, fresh: bool) -> Score:
    """Run every vector, each in a fresh context or all of a file in one."""
    score = Score()
    for codec in published:
        wanted: list[tuple[PublishedVector, CodecCall]] = []
        for vector in codec.vectors:
            score.all[vector.function] += 1
            try:
                wanted.append((vector, call_of(checkout, codec.name, vector, fresh=fresh)))
            except RepositoryError as error:
                score.failures.append(Failure(codec.name, vector.function, vector.about, str(error)))
        answers = await codecs.decode([call for _vector, call in wanted])
        for (vector, _call), answer in zip(wanted, answers, strict=True):
            why = difference(vector, answer)
            score.met[vector.function] += not why
            if why:
                score.failures.append(Failure(codec.name, vector.function, vector.about, why))
    return score


async def mutate(codecs: Codecs, checkout: Checkout, published: Published, *, seed: int = 1) -> Counter[str]:
    """Ask a codec about a hundred damaged payloads for each uplink vector, 500 at most; returns endings counted."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    calls: list[CodecCall] = []
    for vector in published.vectors[:5]:
        if vector.function != "decodeUplink":
            continue
        try:
            call = call_of(checkout, published.name, vector, fresh=False)
        except RepositoryError:
            continue
        calls += [
            msgspec.structs.replace(
                call, payload=damaged(call.payload, chance), f_port=chance.choice((call.f_port, chance.randrange(256)))
            )
            for _ in range(MUTATIONS)
        ]
    return Counter(answer.ending for answer in await codecs.decode(calls))


def damaged(payload: bytes, chance: random.Random) -> bytes:
    """The payload cut, lengthened, or with some bytes changed."""
    changed = bytearray(payload)
    match chance.randrange(4):
        case 0:
            del changed[chance.randrange(len(changed) + 1) :]
        case 1:
            changed += chance.randbytes(chance.randrange(1, 40))
        case 2 if changed:
            for _ in range(chance.randrange(1, 6)):
                changed[chance.randrange(len(changed))] = chance.choice((0, 255, chance.randrange(256)))
        case _:
            changed = bytearray(chance.randbytes(chance.randrange(60)))
    return bytes(changed[:MAX_PAYLOAD_BYTES])


def call_of(checkout: Checkout, name: str, vector: PublishedVector, *, fresh: bool) -> CodecCall:
    """The question of a vector. Raises RepositoryError when it cannot be asked."""
    given = vector.given
    source = checkout.source(str(given.get("file")))
    codec = Codec(name, source, blake2b(source.encode(), digest_size=8).digest(), fresh)
    if vector.function == "encodeDownlink":
        asked = {key: value for key, value in given.items() if key != "file"}
        return CodecCall(codec, vector.function, time_ns=NOON_NS, values=msgspec.json.encode(asked))
    numbers = given.get("bytes")
    if not isinstance(numbers, list) or not all(isinstance(one, int) and 0 <= one <= 255 for one in numbers):  # noqa: PLR2004
        raise RepositoryError("the vector's bytes are no bytes")
    port = given.get("fPort")
    function: Function = "decodeUplink" if vector.function == "normalizeUplink" else vector.function
    return CodecCall(
        codec, function, bytes(numbers), port if isinstance(port, int) else None, _time_ns(given.get("recvTime"))
    )


def difference(vector: PublishedVector, answer: CodecAnswer) -> str:
    """What is not as the vector says; "" when all is."""
    output = answer.normalised if vector.function == "normalizeUplink" else answer.output
    if output is None:
        return f"{answer.ending}: {answer.said.partition(chr(10))[0]}"
    if vector.function == "normalizeUplink" and isinstance(output.get("data"), dict):
        output = output | {"data": [output["data"]]}  # one measurement stands for a list of one
    return _first_difference(_plain(output), _plain(vector.expected), "")


def _plain(output: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in output.items() if value != [] or name not in ("errors", "warnings")}


def _first_difference(found: Any, expected: Any, where: str) -> str:
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in [*expected, *(name for name in found if name not in expected)]:
            if told := _first_difference(found.get(name), expected.get(name), f"{where}.{name}"):
                return told
        return ""
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            if told := _first_difference(one, other, f"{where}[{place}]"):
                return told
        return ""
    if _equal(found, expected):
        return ""
    return f"{where.lstrip('.') or 'output'}: {_short(found)} instead of {_short(expected)}"


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, int | float) and isinstance(expected, int | float):
        if math.isnan(expected):
            return False
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, float) and math.isnan(expected):
        return found is None
    return bool(found == expected)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"  # noqa: PLR2004 - a line of a table


def _time_ns(text: object) -> int:
    try:
        return parse_rfc3339(text) if isinstance(text, str) else NOON_NS
    except ValueError:
        return NOON_NS
