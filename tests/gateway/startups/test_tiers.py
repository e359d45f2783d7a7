"""Filters of a tier, from the publisher's table."""

import pytest

from gateway.startups.tiers import Scope, filters
from pipelines.open_data.channels import CHANNELS, TIERS, Tier

ONE = [Scope("mechelen", "parking-mechelen")]


def test_a_start_up_of_one_pilot() -> None:
    assert filters("startup", ONE) == [
        "open/v1/mechelen/+/parking-mechelen/+/state",
        "open/v1/mechelen/+/parking-mechelen/+/event",
        "open/v1/mechelen/+/parking-mechelen/+/agg/15m",
        "open/v1/mechelen/+/parking-mechelen/+/agg/1h",
        "open/v1/mechelen/+/parking-mechelen/+/agg/1d",
        "open/v1/mechelen/+/parking-mechelen/+/meta",
        "open/v1/mechelen/+/parking-mechelen/_asyncapi",
        "open/v1/mechelen/+/parking-mechelen/_catalog",
        "open/v1/mechelen/_gateway/+/state",
    ]


@pytest.mark.parametrize(("less", "more"), [("public", "startup"), ("startup", "partner")])
def test_each_tier_reads_what_the_one_before_it_reads_and_more(less: Tier, more: Tier) -> None:
    assert set(filters(less, ONE)) < set(filters(more, ONE))


def test_every_channel_of_the_table_is_granted_to_somebody_with_all_pilots() -> None:
    assert len(filters("partner", [Scope("mechelen", "all")])) == len(CHANNELS)


@pytest.mark.parametrize("tier", TIERS)
def test_a_filter_names_its_city_and_its_pilot_wherever_the_topic_does(tier: Tier) -> None:
    for each in filters(tier, ONE):
        levels = each.split("/")
        assert levels[:3] == ["open", "v1", "mechelen"]
        assert levels[3] == "_gateway" or levels[4] == "parking-mechelen"
        assert "#" not in each


def test_names_of_files_become_segments_as_the_publisher_makes_them() -> None:
    assert filters("public", [Scope("Sint-Niklaas", "parking-1")])[0].startswith("open/v1/sint-niklaas/+/parking-1/")


def test_no_pilot_is_no_grant() -> None:
    assert filters("partner", []) == []
