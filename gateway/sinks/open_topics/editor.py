"""From ledger entries to messages: what is published of each, on which topics, in whose words. No I/O.

    entry ─▶ by feature and time ─▶ privacy ─┬─ moment ──▶ event · obs, and the state advances
                                             ├─ interval ▶ agg/15m, 1h, 1d (else obs); counts screened
                                             └─ meter ───▶ sums of its area ▶ agg/1h

Laws
- Nothing leaves that ``pipelines.open_data.privacy`` has not let pass, on any topic, for any tier.
- Of an interval's topic only the newest interval is retained; an older one, corrected, goes out without being retained.
- A batch that is taken again after a failure gives the same messages; sums, which are said once, wait in ``owed``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from gateway.mqtt.outbox import Outgoing
from gateway.mqtt.properties import Properties
from gateway.open_city import OpenCity
from gateway.sinks.open_topics.publisher import message_properties
from gateway.sinks.open_topics.states import Key, State, States, by_entity_and_time
from pipelines.encodings.ngsi_ld import Entity, said_body, state_body
from pipelines.encodings.sensorthings import datastream_id, observation_body
from pipelines.model import NS_PER_S, Accepted, Derived, Observation, Revision
from pipelines.open_data.channels import BY_NAME, PERIODS, Period, period_of
from pipelines.open_data.counts import Counts
from pipelines.open_data.households import Households
from pipelines.open_data.privacy import COUNTS, METERS, Subject
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES, feature_type

EVENTS = frozenset(name for name, row in PROPERTIES.items() if row.event)
PASSING = frozenset(
    {"collected_percent", "stay_min", "overstay", "overstay_min", "silence_min", "loud", "meter_exchanged"}
)
"""Events that leave nothing behind; the others are how things stand until the next one."""
STATES_OF_QUARTERS = frozenset({"bike-counter", "people-counter", "vehicle-counter"})
"""Of these the newest quarter of an hour is the newest that may be known."""
AGG_INTERVALS_KEPT = 10


class Newest(msgspec.Struct, array_like=True):
    """The newest interval of a period: what has been said of it so far."""

    time_ns: int = 0
    latest: dict[str, Observation] = msgspec.field(default_factory=dict)


class SaidSum(msgspec.Struct, frozen=True, gc=False):
    """A sum over households, with the ledger number that it is said with. ``entity``: its segment in the topic."""

    pilot: str
    entity: str
    observation: Observation
    revision: int


class Edition(msgspec.Struct):
    """What a batch becomes: messages, the ledger number of each, and the states that have to be published."""

    messages: list[Outgoing] = []
    numbers: list[int] = []
    changed: dict[Key, State] = {}

    def add(self, message: Outgoing, number: int) -> None:
        """One more message."""
        self.messages.append(message)
        self.numbers.append(number)


NewestKey = tuple[Key, Period]


class Editor:
    """What is remembered between batches, beside the states. ``newest_changed``: to be written down."""

    def __init__(self, states: States, counts: Counter[str], name: str, *, expiry_s: int, sensorthings: bool) -> None:
        self.city: OpenCity | None = None
        self.states = states
        self.counts: dict[str, Counts] = {}
        self.households: dict[str, Households] = {}
        self.newest: dict[NewestKey, Newest] = {}
        self.newest_changed: set[NewestKey] = set()
        self.owed: dict[tuple[Key, str, int], tuple[Outgoing, SaidSum]] = {}
        self._told = counts
        self._name = name
        self._sensorthings = sensorthings
        self._expiry_s = expiry_s
        self._properties = message_properties(expiry_s)
        self._period_properties: dict[Period, Properties] = {
            period: message_properties(max(expiry_s, AGG_INTERVALS_KEPT * longest // NS_PER_S))
            for period, (_, longest) in PERIODS.items()
        }

    def take(self, batch: Sequence[Revision]) -> Edition:
        """Edit a batch."""
        edition = Edition()
        for revision in batch:
            entry = revision.entry
            if not isinstance(entry, Accepted | Derived) or not entry.observations:
                continue
            plan = self.city.plans.get(entry.pilot) if self.city is not None else None
            if plan is None:
                self._told[f"{self._name}.withheld"] += 1
                continue
            for feature, observations in _in_order(entry):
                if feature.partition("/")[0] in FEATURE_TYPES:
                    self._edit(edition, plan.subject(feature), revision, observations)
                else:
                    self._told[f"{self._name}.withheld"] += 1
        for message, said in self.owed.values():
            edition.add(message, said.revision)
        return edition

    def entity(self, state: State) -> Entity:
        """The entity of a state, as others may see it."""
        city, (_, pilot, feature) = self.city, state.key
        assert city is not None
        return Entity(feature_type(feature), state.address, city.location(pilot, feature))

    def state_message(self, state: State) -> Outgoing:
        """An entity's newest state; empty where all that was known of it was taken back, which clears the topic."""
        latest = {name: held.observation for name, held in state.latest.items()}
        body = state_body(self.entity(state), latest) if latest else b""
        properties = message_properties(state.expiry_s(self._expiry_s))
        return Outgoing(state.address.topic("state"), body, 1, retain=True, properties=properties)

    def state_of(self, city_name: str, pilot: str, feature: str) -> State:
        """The state of a feature, with its address."""
        key = city_name, pilot, feature
        state = self.states.by_key.get(key)
        if state is None:
            assert self.city is not None
            subject = self.city.plans[pilot].subject(feature)
            hidden = feature.partition("/")[0] not in METERS and self.city.hides_name(subject)
            state = self.states.of(key, hidden=hidden)
        return state

    def says_too_much(self, key: Key) -> bool:
        """Whether the files no longer let it be told, or something of what stands on its topics."""
        assert self.city is not None
        _, pilot, feature = key
        if not self.city.is_there(pilot, feature):
            return True
        if feature.partition("/")[0] in METERS:
            return False
        subject = self.city.plans[pilot].subject(feature)
        standing = [held.observation for held in self.states.by_key[key].latest.values()]
        for period in PERIODS:
            newest = self.newest.get((key, period))
            standing += newest.latest.values() if newest else ()
        return not all(subject.may_say(one.property, one.interval_ns) for one in standing)

    def forget(self, key: Key) -> None:
        """Forget all of an entity but its segment."""
        _, pilot, feature = key
        for period in PERIODS:
            self.newest.pop((key, period), None)
        counts = self.counts.get(pilot)
        if counts is not None:
            for name in [name for name in counts.series if name[0] == feature]:
                del counts.series[name]

    def _edit(
        self, edition: Edition, subject: Subject, revision: Revision, observations: Sequence[Observation]
    ) -> None:
        entry, number = revision.entry, revision.number
        assert isinstance(entry, Accepted | Derived)
        if subject.voice == "sums":
            self._add_up(entry, number, subject, observations)
            return
        said = [one for one in observations if subject.may_say(one.property, one.interval_ns)]
        if len(said) < len(observations):
            self._told[f"{self._name}.withheld"] += 1
        if not said:
            return
        state = self.state_of(entry.city, entry.pilot, subject.feature)
        if said[0].interval_ns:
            said = self.counts.setdefault(entry.pilot, Counts()).screen(subject, said)
            self._say_interval(edition, state, entry, number, said)
            if period_of(said[0].interval_ns) == "15m" and subject.feature.partition("/")[0] in STATES_OF_QUARTERS:
                standing = [one for one in said if one.property in COUNTS]
                if self.states.advance(state, standing, number):
                    edition.changed[state.key] = state
        else:
            self._say_moment(edition, state, entry, number, said)
        if self._sensorthings:
            self._say_sensorthings(edition, state, entry, number, said)

    def _say_moment(
        self, edition: Edition, state: State, entry: Accepted | Derived, number: int, said: Sequence[Observation]
    ) -> None:
        producer = entry.producer if isinstance(entry, Derived) else ""
        happened = [one for one in said if one.property in EVENTS] if producer else []
        measured = [one for one in said if one.property not in EVENTS] if happened else said
        for suffix, some in (("event", happened), ("obs", measured)):
            if some:
                body = said_body(self.entity(state), some, number, producer)
                edition.add(Outgoing(state.address.topic(suffix), body, 1, properties=self._properties), number)
                self._told[f"{self._name}.{suffix}"] += 1
        standing = [one for one in said if one.property not in PASSING] if happened else said
        if self.states.advance(state, standing, number):
            edition.changed[state.key] = state

    def _say_interval(
        self, edition: Edition, state: State, entry: Accepted | Derived, number: int, said: Sequence[Observation]
    ) -> None:
        producer = entry.producer if isinstance(entry, Derived) else ""
        time_ns, period = said[0].time_ns, period_of(said[0].interval_ns)
        if period is None:
            body = said_body(self.entity(state), said, number, producer)
            edition.add(Outgoing(state.address.topic("obs"), body, 1, properties=self._properties), number)
            self._told[f"{self._name}.obs"] += 1
            return
        newest = self.newest.setdefault((state.key, period), Newest())
        retained = time_ns >= newest.time_ns
        if retained:
            if time_ns > newest.time_ns:
                newest.time_ns, newest.latest = time_ns, {}
            newest.latest |= {one.property: one for one in said}
            self.newest_changed.add((state.key, period))
            said = list(newest.latest.values())
        body = said_body(self.entity(state), said, number, producer)
        topic, properties = state.address.topic(f"agg/{period}"), self._period_properties[period]
        edition.add(Outgoing(topic, body, 1, retain=retained, properties=properties), number)
        self._told[f"{self._name}.agg"] += 1

    def _add_up(
        self, entry: Accepted | Derived, number: int, subject: Subject, observations: Sequence[Observation]
    ) -> None:
        assert self.city is not None
        plan = self.city.plans[entry.pilot]
        households = self.households.setdefault(entry.pilot, Households())
        connections = plan.connections(subject.feature.partition("/")[0], subject.area)
        for one in observations:
            self._told[f"{self._name}.withheld"] += 1
            for said in households.take(subject, one, connections=connections):
                state = self.state_of(entry.city, entry.pilot, said.feature)
                edition = Edition()
                self._say_interval(edition, state, entry, number, [said])
                kept = SaidSum(entry.pilot, state.address.entity, said, number)
                self.owed[state.key, said.property, said.time_ns] = edition.messages[0], kept

    def _say_sensorthings(
        self, edition: Edition, state: State, entry: Accepted | Derived, number: int, said: Iterable[Observation]
    ) -> None:
        for one in said:
            result_ns = entry.received_ns if isinstance(entry, Accepted) else one.time_ns + one.interval_ns
            topic = BY_NAME["sensorthings"].topic(datastream=str(datastream_id(state.address, one.property)))
            body = observation_body(one, number, result_ns)
            edition.add(Outgoing(topic, body, 1, properties=self._properties), number)
            self._told[f"{self._name}.sensorthings"] += 1


def _in_order(entry: Accepted | Derived) -> Iterable[tuple[str, Sequence[Observation]]]:
    """By feature and time; of derived ones the shorter intervals first, and sections after their counters."""
    groups = by_entity_and_time(entry.observations)
    if isinstance(entry, Accepted) or len(groups) == 1:
        return groups
    return sorted(groups, key=lambda group: (group[1][0].interval_ns, group[0].startswith("bike-section/")))
