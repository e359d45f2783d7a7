"""What an account may read, as topic filters: made from the publisher's own table of channels.

    tier + scopes ─▶ filters() ─▶ open/v1/{city}/+/{pilot}/+/state, …      to read, and nothing to write

Laws
- A grant names its pilots, unless the city says ``all``: then it holds for those to come, too.
- A channel whose topics cannot be narrowed to a pilot (SensorThings) is for accounts of all pilots only.
- Nobody but the gateway publishes: there is no filter to write to.
"""

from collections.abc import Iterable

import msgspec

from pipelines.encodings.topics import segment
from pipelines.open_data.channels import Channel, Tier, readable_by

ALL_PILOTS = "all"


class Scope(msgspec.Struct, frozen=True, order=True):
    """One pilot where it is published, or ``all`` of a city: names of the files, not yet segments."""

    city: str
    pilot: str


def filters(tier: Tier, scopes: Iterable[Scope]) -> list[str]:
    """Every topic filter that the tier may receive from, each once."""
    found: dict[str, None] = {}
    for scope in sorted(scopes):
        for channel in readable_by(tier):
            if channel.scope != "broker" or scope.pilot == ALL_PILOTS:
                found[filter_of(channel, scope)] = None
    return list(found)


def filter_of(channel: Channel, scope: Scope) -> str:
    """The topics of one channel within a scope. A level that holds any other parameter becomes ``+`` as a whole."""
    known = {"{city}": segment(scope.city)}
    if scope.pilot != ALL_PILOTS:
        known["{pilot}"] = segment(scope.pilot)
    levels = (known.get(level, level) for level in channel.address.split("/"))
    return "/".join("+" if "{" in level else level for level in levels)
