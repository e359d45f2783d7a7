"""Which topics a filter covers: the cases of MQTT 5.0 §4.7, and shared subscriptions."""

import pytest

from gateway.mqtt.topics import matches


@pytest.mark.parametrize(
    ("topic_filter", "topic", "covers"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/#", "sport", True),
        ("#", "sport/tennis", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/uptime", False),
        ("+/uptime", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("$share/gw/application/+/event/+", "application/5/event/ack", True),
        ("application/5/event/up", "application/5/event/ack", False),
    ],
)
def test_a_filter_covers_what_the_standard_says(topic_filter: str, topic: str, covers: bool) -> None:
    assert matches(topic_filter, topic) is covers
