"""Every control packet that each version can say, for hypothesis."""

import functools
from typing import Any

from hypothesis import strategies as st

from gateway.mqtt.packets import (
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    Subscription,
    UnsubAck,
    Unsubscribe,
    Version,
    Will,
)
from gateway.mqtt.properties import NONE, ROWS_OF, In, Properties

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_characters="\0+#", exclude_categories=["Cs"]), min_size=1, max_size=12)
filters = st.one_of(
    names.filter(lambda name: not name.startswith("$")), st.sampled_from(["#", "+", "a/+/b/#", "$share/g/t/+"])
)
blobs = st.binary(max_size=20)
packet_ids = st.integers(1, 65_535)
codes = st.integers(0, 255)
qualities = st.integers(0, 2)

_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "utf8": texts,
    "binary": blobs,
    "pair": st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(tuple),
}
_HIGHEST = {"flag": 1, "u16": 65_535, "u32": 4_294_967_295, "variable": 268_435_455}


@functools.cache
def properties(place: In, version: Version) -> st.SearchStrategy[Properties]:
    if version == "3.1.1":
        return st.just(NONE)
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for row in ROWS_OF[place]:
        if row.form in _VALUES:
            fields[row.field] = _VALUES[row.form]
        elif row.form == "variable":
            most = 1 if place is In.SUBSCRIBE else 3
            numbers = st.integers(row.least, _HIGHEST["variable"])
            fields[row.field] = st.lists(numbers, min_size=1, max_size=most).map(tuple)
        else:
            fields[row.field] = st.integers(row.least, _HIGHEST[row.form])
    some: st.SearchStrategy[Properties] = st.fixed_dictionaries({}, optional=fields).map(
        lambda given: Properties(**given)
    )
    return st.one_of(st.just(NONE), some)


@st.composite
def connects(draw: st.DrawFn, version: Version) -> Connect:
    will = st.builds(Will, names, blobs, qualities, st.booleans(), properties(In.WILL, version))
    username = draw(st.none() | texts)
    password = draw(st.none() | blobs) if username is not None or version == "5" else None
    return Connect(
        draw(texts),
        draw(st.booleans()),
        draw(st.integers(0, 65_535)),
        username,
        password,
        draw(st.none() | will),
        draw(properties(In.CONNECT, version)),
    )


@st.composite
def publishes(draw: st.DrawFn, version: Version, *, payloads: st.SearchStrategy[bytes] = blobs) -> Publish:
    qos = draw(qualities)
    given = draw(properties(In.PUBLISH, version))
    topic = draw(names if given.topic_alias is None else names | st.just(""))
    dup = bool(qos) and draw(st.booleans())
    packet_id = draw(packet_ids) if qos else 0
    return Publish(topic, draw(payloads), qos, draw(st.booleans()), dup, packet_id, given)


def _acknowledgements(version: Version) -> list[st.SearchStrategy[Packet]]:
    kinds = ((PubAck, In.PUBACK), (PubRec, In.PUBREC), (PubRel, In.PUBREL), (PubComp, In.PUBCOMP))
    reasons = codes if version == "5" else st.just(0)
    return [st.builds(kind, packet_ids, reasons, properties(place, version)) for kind, place in kinds]


@functools.cache
def packets(version: Version) -> st.SearchStrategy[Packet]:
    five = version == "5"
    reasons = codes if five else st.just(0)
    flags = st.booleans() if five else st.just(False)
    subscription = st.builds(Subscription, filters, qualities, flags, flags, qualities if five else st.just(0))
    several_codes = st.lists(codes, max_size=4).map(tuple)
    kinds: list[st.SearchStrategy[Packet]] = [
        connects(version),
        st.builds(ConnAck, st.booleans(), codes, properties(In.CONNACK, version)),
        publishes(version),
        *_acknowledgements(version),
        st.builds(
            Subscribe,
            packet_ids,
            st.lists(subscription, min_size=1, max_size=3).map(tuple),
            properties(In.SUBSCRIBE, version),
        ),
        st.builds(SubAck, packet_ids, several_codes, properties(In.SUBACK, version)),
        st.builds(
            Unsubscribe,
            packet_ids,
            st.lists(filters, min_size=1, max_size=3).map(tuple),
            properties(In.UNSUBSCRIBE, version),
        ),
        st.builds(UnsubAck, packet_ids, several_codes if five else st.just(()), properties(In.UNSUBACK, version)),
        st.just(PingReq()),
        st.just(PingResp()),
        st.builds(Disconnect, reasons, properties(In.DISCONNECT, version)),
    ]
    if five:
        kinds.append(st.builds(Auth, codes, properties(In.AUTH, version)))
    return st.one_of(kinds)
