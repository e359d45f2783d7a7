"""What others know of each entity: its newest observations, and whether its state still has to be published.

Laws
- A state only advances: per property by (phenomenon time, revision). What is late, repeated or older is no news.
- A time in the future (reason ``future``) moves no state: it would hold up all that follows.
- One entity, one segment: two features whose names look alike in a topic are kept apart for ever.
- No I/O here; memory_file.py keeps it across restarts.
"""

from collections.abc import Iterable, Sequence

import msgspec

from pipelines.encodings.topics import Address, digest, distinct, holds_eui, salt_of, segment
from pipelines.model import NS_PER_S, Observation
from pipelines.vocabulary import feature_type

INTERVALS_KEPT = 10
"""A state outlives so many of its reporting intervals at the broker."""
LONGEST_EXPIRY_S = 90 * 86_400

Key = tuple[str, str, str]
"""City, pilot, feature."""


class Held(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The newest observation of a property and its revision."""

    observation: Observation
    revision: int


class State(msgspec.Struct):
    """One entity. ``due_s``: loop time before which its next state is not published; ``dirty``: one has to be.

    ``changes`` counts its changes, so that one that came while a state was on its way is not taken for published.
    """

    key: Key
    address: Address
    latest: dict[str, Held]
    dirty: bool = False
    changes: int = 0
    due_s: float = 0.0
    newest_ns: int = 0
    interval_s: int = 0

    def expiry_s(self, least_s: int) -> int:
        """How long the broker shall keep its state."""
        return min(max(least_s, INTERVALS_KEPT * self.interval_s), LONGEST_EXPIRY_S)


class States:
    """All entities of this gateway."""

    def __init__(self, salt: bytes) -> None:
        self.by_key: dict[Key, State] = {}
        self.dirty: dict[Key, State] = {}
        self._salt = salt
        self._taken: dict[tuple[str, str, str], Key] = {}

    def restore(self, states: Iterable[State]) -> None:
        """Take over what was remembered."""
        for state in states:
            self._add(state)
            state.newest_ns = max((held.observation.time_ns for held in state.latest.values()), default=0)
            if state.dirty:
                self.dirty[state.key] = state

    def of(self, key: Key, *, hidden: bool = False) -> State:
        """The entity of a feature; a new one gets its address here, behind a digest where its name is ``hidden``.

        Raises KeyError for an unknown feature type.
        """
        state = self.by_key.get(key)
        if state is None:
            state = State(key, self._address(key, hidden=hidden), {})
            self._add(state)
        return state

    def advance(self, state: State, observations: Sequence[Observation], revision: int) -> bool:
        """Take note of observations; true where the state has changed and has to be published."""
        changed = False
        for observation in observations:
            held = state.latest.get(observation.property)
            if observation.quality == "retracted":
                if held is not None and takes_back(observation, revision, held):
                    del state.latest[observation.property]
                    changed = True
            elif observation.reason != "future" and (
                held is None or (observation.time_ns, revision) > (held.observation.time_ns, held.revision)
            ):
                state.latest[observation.property] = Held(observation, revision)
                self._note_interval(state, observation.time_ns)
                changed = True
        if changed:
            state.dirty = True
            state.changes += 1
            self.dirty[state.key] = state
        return changed

    def published(self, state: State, *, changes: int, due_s: float) -> None:
        """The broker has the state as it was after so many changes."""
        state.due_s = due_s
        if state.changes == changes:
            state.dirty = False
            self.dirty.pop(state.key, None)

    def drop(self, state: State) -> None:
        """Forget an entity; its segment is free again."""
        self.by_key.pop(state.key, None)
        self.dirty.pop(state.key, None)
        self._taken.pop((state.address.city, state.address.pilot, state.address.entity), None)

    def due(self, now_s: float) -> list[State]:
        """What has to be published and has waited long enough."""
        return [state for state in self.dirty.values() if state.due_s <= now_s]

    def next_due_s(self) -> float | None:
        """Loop time at which the next state may be published; None where none has to be."""
        return min((state.due_s for state in self.dirty.values()), default=None)

    def _add(self, state: State) -> None:
        self.by_key[state.key] = state
        self._taken[state.address.city, state.address.pilot, state.address.entity] = state.key

    def _address(self, key: Key, *, hidden: bool) -> Address:
        city, pilot, feature = key
        local = feature.partition("/")[2] or feature.rstrip("/")
        hidden = hidden or holds_eui(local)
        pilots_salt = salt_of(pilot, self._salt)
        slug = digest(feature, salt=pilots_salt) if hidden else segment(local)
        address = Address(segment(city), feature_type(feature).domain.value, segment(pilot), slug)
        if self._taken.get((address.city, address.pilot, slug), key) != key:
            slug = digest(f"{feature}/2", salt=pilots_salt) if hidden else distinct(slug, feature)
            address = msgspec.structs.replace(address, entity=slug)
        return address

    @staticmethod
    def _note_interval(state: State, time_ns: int) -> None:
        if time_ns > state.newest_ns:
            if state.newest_ns:
                state.interval_s = (time_ns - state.newest_ns) // NS_PER_S
            state.newest_ns = time_ns


def takes_back(observation: Observation, revision: int, held: Held) -> bool:
    """True where a retraction is of the very observation that is held."""
    same = observation.time_ns == held.observation.time_ns and observation.interval_ns == held.observation.interval_ns
    return same and revision > held.revision


def by_entity_and_time(observations: Sequence[Observation]) -> Sequence[tuple[str, Sequence[Observation]]]:
    """Observations by feature, phenomenon time and interval, in order: one message each. At least one."""
    first = observations[0]
    if all(
        one.time_ns == first.time_ns and one.interval_ns == first.interval_ns and one.feature == first.feature
        for one in observations
    ):
        return [(first.feature, observations)]  # nearly always
    groups: dict[tuple[str, int, int], list[Observation]] = {}
    for one in observations:
        groups.setdefault((one.feature, one.time_ns, one.interval_ns), []).append(one)
    return [(feature, group) for (feature, _, _), group in groups.items()]
