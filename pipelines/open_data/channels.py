"""The publisher's own table: every topic that open data go out on. Sink, access lists, AsyncAPI and pages read it.

    open/v1/{city}/{domain}/{pilot}/{entity}/state · obs · event · meta · agg/15m · agg/1h · agg/1d
    open/v1/{city}/{domain}/{pilot}/_asyncapi · _catalog
    open/v1/{city}/_gateway/{gateway}/state              sta/v1.1/Datastreams({datastream})/Observations

Laws
- What is not a row here is not published; what is a row here is published by the sink, or is not a row.
- A row never changes its meaning: that would be ``open/v2`` beside ``open/v1``. Rows are added.
- ``tiers`` are the accounts that may read a channel; what it may say of whom is ``privacy.py``'s, for every tier.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from pipelines.model import NS_PER_S

ROOT = "open/v1"
STA_ROOT = "sta/v1.1"

Tier = Literal["public", "startup", "partner"]
TIERS: tuple[Tier, ...] = ("public", "startup", "partner")
"""Each may read all that the one before it may."""

Scope = Literal["pilot", "city", "broker"]
"""What a grant can be narrowed to: a topic without the pilot in it can only be granted for all pilots together."""

BodyKind = Literal["state", "observation", "event", "aggregate", "meta", "gateway", "sensorthings", "document"]

SEGMENT_PATTERN = "^[a-z0-9-]{1,64}$"

Period = Literal["15m", "1h", "1d"]
PERIODS: Mapping[Period, tuple[int, int]] = {
    "15m": (900 * NS_PER_S, 900 * NS_PER_S),
    "1h": (3_600 * NS_PER_S, 3_600 * NS_PER_S),
    "1d": (23 * 3_600 * NS_PER_S, 25 * 3_600 * NS_PER_S),
}
"""Period → shortest and longest interval in nanoseconds: local days have 23 to 25 hours."""


class Parameter(msgspec.Struct, frozen=True):
    """One part of an address. ``values``: all that it can be, where that is a closed set."""

    name: str
    title: str
    pattern: str = SEGMENT_PATTERN
    values: tuple[str, ...] = ()


class Channel(msgspec.Struct, frozen=True):
    """One kind of topic.

    ``address``: template with ``{parameter}``; ``suffix``: what stands behind the entity in it, "" elsewhere.
    ``retained``: the broker keeps the newest message, and gives it to whoever subscribes later.
    ``expiry``: "settings" (``expiry_h``; a state at least ten reporting intervals) or "never".
    ``body``: what a message holds, see ``BODIES``. ``privacy``: what the classes of ``privacy.py`` mean for it.
    """

    name: str
    address: str
    title: str
    body: BodyKind
    tiers: tuple[Tier, ...]
    retained: bool
    privacy: str
    qos: int = 1
    scope: Scope = "pilot"
    expiry: Literal["settings", "never"] = "settings"
    content_type: str = "application/json"
    suffix: str = ""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the address, in its order."""
        return tuple(PARAMETERS[name] for name in re.findall(r"{(\w+)}", self.address))

    def topic(self, **values: str) -> str:
        """The address with its parameters filled in. Raises KeyError for one that is missing."""
        return self.address.format_map(values)

    def filter(self, **values: str) -> str:
        """The MQTT topic filter: given parameters filled in, all others ``+``. Only for scopes with whole levels."""
        return self.address.format_map({one.name: "+" for one in self.parameters} | values)


PARAMETERS: Mapping[str, Parameter] = {
    one.name: one
    for one in (
        Parameter("city", "The city"),
        Parameter("domain", "What is observed: parking, waste, air …"),
        Parameter("pilot", "The pilot"),
        Parameter("entity", "The bay, container, street, station; of households the area"),
        Parameter("gateway", "The gateway"),
        Parameter("datastream", "One property of one entity", "^[0-9]{1,16}$"),
    )
}

BODIES: Mapping[BodyKind, str] = {
    "state": "NGSI-LD concise entity of a Smart Data Models type: all that is last known, each attribute with its time",
    "observation": "NGSI-LD concise entity with what was observed of it at one time; the higher revision wins",
    "event": "NGSI-LD concise entity with what happened to it at one moment; the higher revision wins",
    "aggregate": "NGSI-LD concise entity with what holds for one interval; the higher revision wins",
    "meta": "NGSI-LD concise Device: name, place, units, model, licence, contact, sensor register facts",
    "gateway": '{"state": "online"} or {"state": "offline"}',
    "sensorthings": "OGC SensorThings 1.1 Observation",
    "document": "A document about all that the pilot publishes",
}

_ENTITY = f"{ROOT}/{{city}}/{{domain}}/{{pilot}}/{{entity}}"
_ALL: tuple[Tier, ...] = TIERS
_STARTUP: tuple[Tier, ...] = ("startup", "partner")
_PARTNER: tuple[Tier, ...] = ("partner",)
_OWN_TOPICS = (
    "A, B: all; C: single public bays, of counters only counts of 15 minutes or longer without those of 1 to 4;"
    " disabled and residents' bays, households (D): nothing"
)
_AGGREGATES = (
    "C: counts of 1 to 4 suppressed, and totals that would give them away; D: hourly sums of an area of at least"
    " 10 connections of which none has more than half, said once"
)


def _of_entity(
    suffix: str, title: str, body: BodyKind, tiers: tuple[Tier, ...], *, retained: bool, privacy: str
) -> Channel:
    expiry: Literal["settings", "never"] = "never" if body == "meta" else "settings"
    name = suffix.replace("/", "-")
    return Channel(name, f"{_ENTITY}/{suffix}", title, body, tiers, retained, privacy, expiry=expiry, suffix=suffix)


def _of_pilot(name: str, last: str, title: str, content_type: str) -> Channel:
    return Channel(
        name,
        f"{ROOT}/{{city}}/{{domain}}/{{pilot}}/{last}",
        title,
        "document",
        _ALL,
        retained=True,
        privacy="says nothing of anybody",
        expiry="never",
        content_type=content_type,
    )


CHANNELS: tuple[Channel, ...] = (
    _of_entity("state", "Everything last known", "state", _STARTUP, retained=True, privacy=_OWN_TOPICS),
    _of_entity("obs", "Each observation", "observation", _PARTNER, retained=False, privacy=_OWN_TOPICS),
    _of_entity("event", "What happened", "event", _STARTUP, retained=False, privacy=_OWN_TOPICS),
    _of_entity("agg/15m", "Quarters of an hour", "aggregate", _STARTUP, retained=True, privacy=_AGGREGATES),
    _of_entity("agg/1h", "Hours", "aggregate", _ALL, retained=True, privacy=_AGGREGATES),
    _of_entity("agg/1d", "Local days", "aggregate", _ALL, retained=True, privacy=_AGGREGATES),
    _of_entity(
        "meta",
        "What it is, and whom to ask",
        "meta",
        _ALL,
        retained=True,
        privacy="places rounded by class; no id of a device; nothing of what has no topics of its own",
    ),
    _of_pilot("asyncapi", "_asyncapi", "These topics, for programs", "application/vnd.aai.asyncapi+json;version=3.0.0"),
    _of_pilot("catalogue", "_catalog", "The datasets, for data portals", "application/ld+json"),
    Channel(
        "gateway",
        f"{ROOT}/{{city}}/_gateway/{{gateway}}/state",
        "Whether a gateway is there",
        "gateway",
        _ALL,
        retained=True,
        privacy="says nothing of anybody",
        scope="city",
        expiry="never",
    ),
    Channel(
        "sensorthings",
        f"{STA_ROOT}/Datastreams({{datastream}})/Observations",
        "Each observation, for OGC SensorThings clients",
        "sensorthings",
        _PARTNER,
        retained=False,
        privacy=_OWN_TOPICS,
        scope="broker",
    ),
)

BY_NAME: Mapping[str, Channel] = {channel.name: channel for channel in CHANNELS}


def readable_by(tier: Tier) -> tuple[Channel, ...]:
    """The channels that an account of a tier may read."""
    return tuple(channel for channel in CHANNELS if tier in channel.tiers)


def period_of(interval_ns: int) -> Period | None:
    """The period that an interval is published under; None where there is no channel for it."""
    for period, (shortest, longest) in PERIODS.items():
        if shortest <= interval_ns <= longest:
            return period
    return None
