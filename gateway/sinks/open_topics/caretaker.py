"""What is said of entities, not by them: ``meta`` for each, and nothing any more for those that are gone."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from gateway.mqtt.outbox import Outgoing
from gateway.open_city import OpenCity
from gateway.sinks.open_topics.editor import Editor
from gateway.sinks.open_topics.memory_file import Kept
from gateway.sinks.open_topics.publisher import message_properties
from gateway.sinks.open_topics.states import State
from pipelines.encodings.meta import meta_body
from pipelines.open_data.channels import CHANNELS, PERIODS

RETAINED = tuple(channel.suffix for channel in CHANNELS if channel.retained and channel.suffix)


def topics_of(state: State) -> list[str]:
    """Every topic of an entity on which the broker may hold something."""
    return [state.address.topic(suffix) for suffix in RETAINED]


def metas(
    editor: Editor, city: OpenCity, said: Mapping[str, bytes], *, sensorthings: bool
) -> list[tuple[Outgoing, bytes]]:
    """What has to be said anew, each with a digest of its body. Entities get their addresses here at the latest."""
    for name, pilot, feature in city.features():
        if city.is_there(pilot, feature):
            editor.state_of(name, pilot, feature)
    found = []
    properties = message_properties(None)
    for key, state in editor.states.by_key.items():
        _, pilot, feature = key
        if not city.is_there(pilot, feature):
            continue
        body = meta_body(editor.entity(state), city.facts(pilot, feature), sensorthings=sensorthings)
        digest = hashlib.blake2b(body, digest_size=8).digest()
        topic = state.address.topic("meta")
        if said.get(topic) != digest:
            found.append((Outgoing(topic, body, 1, retain=True, properties=properties), digest))
    return found


def forgotten(editor: Editor, state: State, said: dict[str, bytes]) -> Sequence[Kept]:
    """The rows of an entity that is gone, emptied."""
    return list(_forgotten(editor, state, said))


def _forgotten(editor: Editor, state: State, said: dict[str, bytes]) -> Iterator[Kept]:
    _, pilot, feature = state.key
    topic = state.address.topic("meta")
    if said.pop(topic, None) is not None:
        yield "meta", (topic,), b""
    for period in PERIODS:
        yield "newest", (*state.key, period), b""
    counts = editor.counts.get(pilot)
    for name in [name for name in counts.series if name[0] == feature] if counts else []:
        yield "count", (pilot, *name), b""
