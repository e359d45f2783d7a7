"""The publisher's table: complete, consistent, and what access lists are made from."""

import re

import pytest

from pipelines.open_data.channels import BODIES, BY_NAME, CHANNELS, PERIODS, TIERS, Channel, period_of, readable_by

FILLED = {"city": "delft", "domain": "waste", "pilot": "p", "entity": "b7", "gateway": "gw-1", "datastream": "7"}


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_channel_says_all_that_others_are_made_from(channel: Channel) -> None:
    topic = channel.topic(**FILLED)
    assert "{" not in topic
    assert channel.tiers
    assert channel.body in BODIES
    assert channel.privacy
    assert channel.title
    assert channel.qos == 1
    assert [one.name for one in channel.parameters] == re.findall(r"{(\w+)}", channel.address)
    assert all(re.match(one.pattern, FILLED[one.name]) for one in channel.parameters)


def test_a_filter_leaves_open_what_is_not_given() -> None:
    assert BY_NAME["agg-1h"].filter(pilot="p", domain="waste") == "open/v1/+/waste/p/+/agg/1h"
    assert BY_NAME["gateway"].filter(city="delft") == "open/v1/delft/_gateway/+/state"


def test_what_lacks_the_pilot_in_its_topic_cannot_be_granted_for_one() -> None:
    assert all((channel.scope == "pilot") == ("{pilot}" in channel.address) for channel in CHANNELS)


def test_each_tier_reads_all_of_the_tier_below() -> None:
    public, startup, partner = ({channel.name for channel in readable_by(tier)} for tier in TIERS)
    assert public < startup < partner
    assert public == {"agg-1h", "agg-1d", "meta", "gateway", "asyncapi", "catalogue"}
    assert startup - public == {"state", "event", "agg-15m"}
    assert partner == set(BY_NAME)


def test_local_days_have_23_to_25_hours() -> None:
    hour = 3_600_000_000_000
    assert [period_of(hours * hour) for hours in (1, 8, 22, 23, 24, 25, 26)] == [
        "1h",
        None,
        None,
        "1d",
        "1d",
        "1d",
        None,
    ]
    assert [period_of(shortest) for shortest, _ in PERIODS.values()] == list(PERIODS)
    assert period_of(0) is None
