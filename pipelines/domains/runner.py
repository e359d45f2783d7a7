"""The one generic runner: makes true what machines are written for, readings in order of time that never change.

    take(reading) … ─▶ settle(time) ─▶ in order: live state            ─▶ what is said for the first time
                                   └─▶ late, changed, gone: run again  ─▶ what differs from what had been said

Laws
- The last word of every identity is the same in whatever order readings arrive, however they are cut into batches and
  whenever time is passed, as long as none comes later than the lateness. This is what the property tests say.
- How late a reading is, is judged by the newest reading of its own key at the moment it is taken in: a function of the
  order of the ledger, and of nothing else. So a restart judges as the first run did.
- What was said is not remembered for long: what had been said is found again by running again.
- A machine's own ``lateness_ns`` shortens the lateness for it: nobody asks for last week's guidance.
- Time is passed to a key once something can happen in it, where the machine tells when (``due_ns``); until then it is
  only noted how far time has come. What is said is the same.
- A key is passed time up to ``followed_ns`` beyond its newest reading (the machine's own attribute of that name, or the
  lateness): a place that is silent for longer is closed, and costs nothing.
- What is taken in place of another file's word (a moved device, a new setting) holds from then on, and for what is run
  again; what was said before stays.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, Generic, Literal

import msgspec

from pipelines.domains import Machine, Reading, Site, StateT
from pipelines.domains.images import IMAGE_VERSION, Image, decode_image, image_of, key_of
from pipelines.domains.ladder import LONG_BEFORE_NS, Key, Place, Rung, place_of, rung_length
from pipelines.domains.words import (
    Identity,
    Said,
    Words,
    hear,
    pack_words,
    same,
    still_open,
    tell,
    tell_differences,
    unpack_words,
)
from pipelines.model import NS_PER_S, Observation

LATENESS_NS = 48 * 3600 * NS_PER_S
KEY_BYTES = 256 << 10
"""One key, unless the machine has an attribute ``key_bytes``: one that looks at a whole pilot needs more."""
LEAST_KEY_BYTES = 4 << 10
RUNNER_BYTES = 32 << 20
"""All keys of one runner; with more keys each gets its share, and looks back less far (``shortened``)."""

OPEN_WORDS = 32
"""With more than twice as many, those that are long over are let go of."""

KEPT_NS = 30 * 60 * NS_PER_S
"""So long after its interval a word is known to have been told; what is said of one that ended earlier may correct."""

GONE = frozenset({"retracted", "missing", "suppressed"})
"""Qualities that say that there is no reading (any more)."""


def gone_for(machine: Machine[Any]) -> frozenset[str]:
    """The same for one machine: one that believes sure readings only loses a reading that has become doubtful."""
    return GONE | {"suspect"} if getattr(machine, "sure_only", False) else GONE


COUNTS: tuple["Count", ...] = ("late", "corrected", "too_late", "shortened", "fallen")
Count = Literal["late", "corrected", "too_late", "shortened", "fallen"]

_encode = msgspec.msgpack.Encoder().encode


class StaleImageError(ValueError):
    """A snapshot of another machine, or of another version of it: the past is to be worked out anew."""


class Runner(Generic[StateT]):
    """One machine for one pilot.

    ``counts``: readings that were late, corrected, too late; rungs given up for room (``shortened``); ``fallen``: keys
    over which the machine raised. They begin anew, and ``fell`` holds what was raised last.
    """

    def __init__(
        self,
        machine: Machine[StateT],
        site: Site,
        *,
        lateness_ns: int = LATENESS_NS,
        max_bytes: int = RUNNER_BYTES,
    ) -> None:
        self.machine = machine
        self._site = site
        self.counts: dict[Count, int] = dict.fromkeys(COUNTS, 0)
        self.fell = ""
        self.passed_ns = LONG_BEFORE_NS
        self._lateness_ns: int = min(lateness_ns, getattr(machine, "lateness_ns", lateness_ns))
        self._followed_ns: int = getattr(machine, "followed_ns", lateness_ns)
        self._gone = gone_for(machine)
        self._key_bytes: int = getattr(machine, "key_bytes", KEY_BYTES)
        self._due_ns: Callable[[StateT, Site], int] = getattr(machine, "due_ns", _always)
        self.max_bytes = max_bytes
        self._keys: dict[str, Key[StateT]] = {}
        self._touched: list[Key[StateT]] = []
        self._decode = msgspec.msgpack.Decoder(machine.state).decode

    @property
    def site(self) -> Site:
        """What the files say. With another word of theirs, all keys may be due."""
        return self._site

    @site.setter
    def site(self, site: Site) -> None:
        self._site = site
        for key in self._keys.values():
            key.due_ns = LONG_BEFORE_NS

    @property
    def keys(self) -> int:
        """How many keys it has."""
        return len(self._keys)

    @property
    def remembered_bytes(self) -> int:
        """What its keys remember, roughly, without their live states."""
        return sum(key.bytes for key in self._keys.values())

    def take(self, reading: Reading) -> None:
        """Take in a reading, in order of arrival. One of a quality of GONE takes back what had its place."""
        try:
            name = self.machine.key(reading, self._site)
        except Exception as error:  # noqa: BLE001 - as in settle
            self._let_fall(reading.feature, error)
            return
        if name is None:
            return
        key = self._keys.get(name)
        if key is None:
            if reading.quality in self._gone:
                return
            key = self._begin(name)
        time_ns = reading.time_ns
        if time_ns < key.newest_ns - self._lateness_ns:
            self.counts["too_late"] += 1
            return
        if not key.pending:
            self._note_horizon(key)
            self._touched.append(key)
        if time_ns > key.newest_ns and reading.quality not in self._gone:
            key.newest_ns = time_ns
        key.pending.append(reading)

    def settle(self, to_ns: int = LONG_BEFORE_NS) -> Said:
        """Put what was taken in its place, and pass time to every key. Returns what is to be told."""
        said: Said = {}
        touched, self._touched = self._touched, []
        for key in touched:
            try:
                self._settle(key, said)
            except Exception as error:  # noqa: BLE001 - one key's mistake may not stop a city, nor be met for ever
                self._let_fall(key.name, error)
        if to_ns > self.passed_ns:
            self.passed_ns = to_ns
            touched = [key for key in self._keys.values() if key.due_ns <= to_ns]
        for key in touched:
            until_ns = min(self.passed_ns, key.newest_ns + self._followed_ns)
            if key.due_ns <= until_ns and until_ns > key.horizon_ns and key.name in self._keys:
                try:
                    self._say(key, self.machine.pass_time(key.state, until_ns, self._site), said)
                    key.due_ns = self._due_ns(key.state, self._site)
                except Exception as error:  # noqa: BLE001 - as above
                    self._let_fall(key.name, error)
                key.horizon_ns = until_ns
        return said

    def pack(self) -> bytes:
        """Everything it knows, for ``restore``. Only when all is settled."""
        assert not self._touched
        for key in self._keys.values():
            self._note_horizon(key)
        keys = [image_of(key) for key in self._keys.values()]
        machine = self.machine
        counts = {str(name): count for name, count in self.counts.items()}
        return _encode(Image(IMAGE_VERSION, machine.producer, machine.version, self.passed_ns, counts, keys))

    def restore(self, packed: bytes) -> None:
        """Take up where ``pack`` left. Raises StaleImageError, and then nothing has changed."""
        try:
            image = decode_image(packed)
            mine = (IMAGE_VERSION, self.machine.producer, self.machine.version)
            if (image.version, image.producer, image.machine_version) != mine:
                raise StaleImageError(f"{image.producer} {image.machine_version}, wanted {mine[1]} {mine[2]}")
            keys = [key_of(one, self._decode) for one in image.keys]
        except msgspec.MsgspecError as error:
            raise StaleImageError(f"{self.machine.producer}: {error}") from error
        self.passed_ns = image.passed_ns
        for name in self.counts:
            self.counts[name] = image.counts.get(name, 0)
        self._keys = {key.name: key for key in keys}
        self._touched = []

    def forget(self, names: Container[str]) -> int:
        """Forget keys with all that they remember, after a purge; returns how many there were."""
        gone = [name for name in self._keys if name in names]
        for name in gone:
            del self._keys[name]
        self._touched = [key for key in self._touched if key.name in self._keys]
        return len(gone)

    def _let_fall(self, name: str, error: Exception) -> None:
        self._keys.pop(name, None)
        self.counts["fallen"] += 1
        self.fell = f"{self.machine.producer} at '{name}': {type(error).__name__}: {error}"[:300]

    def _begin(self, name: str) -> Key[StateT]:
        state = self.machine.begin(name, self._site)
        key = self._keys[name] = Key(name, state, [Rung(None, _encode(state), pack_words({}, 0))])
        return key

    def _note_horizon(self, key: Key[StateT]) -> None:
        """Time had come so far before anything more of this key is taken in; there was nothing to do."""
        horizon_ns = min(self.passed_ns, key.newest_ns + self._followed_ns)
        key.horizon_ns = max(key.horizon_ns, horizon_ns)

    def _settle(self, key: Key[StateT], said: Said) -> None:
        """What is pending, each in its place: late ones first, then those in order."""
        pending, key.pending = key.pending, []
        tail, horizon_ns = key.tail, key.horizon_ns
        late = 0
        if not _in_order(pending, horizon_ns, tail):
            pending = [one for _, one in sorted({place_of(one): one for one in pending}.items())]
            last = key.last
            for reading in pending:
                if reading.time_ns >= horizon_ns and (last is None or place_of(reading) > last):
                    break
                late += 1
            if late:
                self._put_in_place(key, pending[:late], said)
                key.due_ns = LONG_BEFORE_NS  # the state is another one: until it is asked again
        for reading in pending[late:] if late else pending:
            if reading.quality not in self._gone:
                self._take_in_order(key, reading, said)
        key.due_ns = self._due_ns(key.state, self._site)

    def _take_in_order(self, key: Key[StateT], reading: Reading, said: Said) -> None:
        machine, state, site, time_ns = self.machine, key.state, self._site, reading.time_ns
        if time_ns > key.horizon_ns:
            if time_ns >= key.due_ns and (words := machine.pass_time(state, time_ns, site)):
                self._say(key, words, said)
            key.horizon_ns = time_ns
        key.due_ns = LONG_BEFORE_NS  # until it is asked again
        if words := machine.take(state, reading, site):
            self._say(key, words, said)
        tail = key.tail
        tail.append(reading)
        if len(tail) >= key.full:
            rung = Rung(place_of(reading), _encode(state), pack_words(key.told, time_ns))
            key.add_rung(rung)
            key.full = rung_length(len(rung.state))
            self._forget(key)

    def _forget(self, key: Key[StateT]) -> None:
        share = max(LEAST_KEY_BYTES, min(self._key_bytes, self.max_bytes // len(self._keys)))
        self.counts["shortened"] += key.forget(key.newest_ns - self._lateness_ns, share)

    def _say(self, key: Key[StateT], words: Iterable[Observation], said: Said) -> None:
        """Tell what the machine says, unless it is known that the same was told."""
        told, recent_ns = key.told, key.horizon_ns - KEPT_NS
        for one in words:
            identity = (one.feature, one.property, one.time_ns, one.interval_ns)
            before = told.get(identity)
            if before is not None and same(before, one):
                continue
            is_recent = one.time_ns + one.interval_ns >= recent_ns
            tell(said, identity, one, again=before is not None or not is_recent)
            if is_recent:
                told[identity] = one
        while len(told) > 2 * OPEN_WORDS:  # they stand nearly in order of time
            identity, oldest = next(iter(told.items()))
            if oldest.time_ns + oldest.interval_ns >= recent_ns:
                break
            del told[identity]

    def _put_in_place(self, key: Key[StateT], late: Sequence[Reading], said: Said) -> None:
        changed = self._changed_rungs(key, late)
        if changed:
            self._run_again(key, changed, said)
            self._forget(key)

    def _changed_rungs(self, key: Key[StateT], late: Sequence[Reading]) -> dict[int, list[Reading]]:
        """The readings of each rung that differs with what came late; a reading that is there already changes none."""
        tables: dict[int, dict[Place, Reading]] = {}
        changed: set[int] = set()
        for reading in late:
            place = place_of(reading)
            at = key.rung_holding(place)
            if at < 0:
                self.counts["too_late"] += 1
                continue
            table = tables.get(at)
            if table is None:
                table = tables[at] = {place_of(one): one for one in key.readings(at)}
            before = table.get(place)
            if reading.quality in self._gone:
                if before is None:
                    continue
                del table[place]
            elif before == reading:
                continue
            else:
                table[place] = reading
            self.counts["late" if before is None else "corrected"] += 1
            changed.add(at)
        return {at: [one for _, one in sorted(tables[at].items())] for at in changed}

    def _run_again(self, key: Key[StateT], changed: dict[int, list[Reading]], said: Said) -> None:
        """Run what had been said and what is to be said, rung by rung, until both come to the same state."""
        ladder, last_changed = key.ladder, max(changed)
        first = min(changed)
        state = self._decode(ladder[first].state)
        before: Words = unpack_words(ladder[first].words)
        after: Words = dict(before)
        fresh: list[Rung] = ladder[:first]
        tail: list[Reading] = []
        for at in range(first, len(ladder)):
            old = ladder[at]
            begin = old
            if at > first:
                begin = Rung(old.after, _encode(state), pack_words(after, _horizon(old.after)))
                if at > last_changed and begin.state == old.state and begin.words == old.words:
                    key.replace_ladder(fresh + ladder[at:])  # from here on all is as it was
                    break
            readings = key.readings(at)
            had = self._decode(old.state)
            self._run(had, readings, before)
            fresh.append(Rung(begin.after, begin.state, begin.words))
            tail = self._run_and_cut(key, state, changed.get(at, readings), words=after, fresh=fresh)
            if at == len(ladder) - 1:
                horizon_ns = key.horizon_ns
                hear(before, self.machine.pass_time(had, horizon_ns, self._site))
                hear(after, self.machine.pass_time(state, horizon_ns, self._site))
            else:
                fresh[-1].packed = key.pack(tail)
        else:
            key.replace_ladder(fresh)
            key.state, key.tail = state, tail
            key.full = rung_length(len(fresh[-1].state))
        if missed := before.keys() - after.keys():  # the machine may have spoken of them earlier
            after |= self._words_before(key, first, missed)
        tell_differences(said, before, after)
        key.told = still_open(key.told | after, key.horizon_ns - KEPT_NS)

    def _words_before(self, key: Key[StateT], first: int, missed: set[Identity]) -> Words:
        """The last words of some identities before a rung, as far back as the ladder reaches."""
        found: Words = {}
        for at in range(first - 1, -1, -1):
            words: Words = {}
            self._run(self._decode(key.ladder[at].state), key.readings(at), words)
            found |= {identity: words[identity] for identity in missed if identity in words}
            missed = missed - found.keys()
            if not missed:
                break
        return found

    def _run(self, state: StateT, readings: Iterable[Reading], words: Words) -> None:
        take, pass_time, site = self.machine.take, self.machine.pass_time, self._site
        passed_ns = LONG_BEFORE_NS
        for reading in readings:
            time_ns = reading.time_ns
            if time_ns > passed_ns:
                if said := pass_time(state, time_ns, site):
                    hear(words, said)
                passed_ns = time_ns
            if said := take(state, reading, site):
                hear(words, said)

    def _run_and_cut(
        self,
        key: Key[StateT],
        state: StateT,
        readings: list[Reading],
        *,
        words: Words,
        fresh: list[Rung],
    ) -> list[Reading]:
        """Run readings into the last of ``fresh`` and new ones after it; returns those that are not packed in it."""
        length = rung_length(len(fresh[-1].state))
        while len(readings) > 2 * length:
            part, readings = readings[:length], readings[length:]
            self._run(state, part, words)
            fresh[-1].packed = key.pack(part)
            place = place_of(part[-1])
            fresh.append(Rung(place, _encode(state), pack_words(words, place[0])))
        self._run(state, readings, words)
        return readings


def _in_order(pending: Sequence[Reading], horizon_ns: int, tail: Sequence[Reading]) -> bool:
    """Whether all of it follows what was taken, one after the other, as nearly always."""
    if pending[0].time_ns < horizon_ns or not tail:
        return False
    before = tail[-1]
    for reading in pending:
        if reading.time_ns <= before.time_ns and (
            reading.time_ns < before.time_ns or place_of(reading) <= place_of(before)
        ):
            return False
        before = reading
    return True


def _always(_state: msgspec.Struct, _site: Site) -> int:
    """Of a machine that does not tell: something may be due at any time."""
    return LONG_BEFORE_NS


def _horizon(after: Place | None) -> int:
    return LONG_BEFORE_NS if after is None else after[0]
