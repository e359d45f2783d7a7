"""A LoRa gateway: dead at the instant its patience ends, by whichever sign comes first; who is behind it, by name."""

import random

import pytest

from pipelines.domains import HOUR_NS, QUARTER_NS, RELAYED, Reading
from pipelines.domains.lora_gateways.behind import MOST_NAMED, Heard, behind, hear, named, names_in
from pipelines.domains.lora_gateways.gateway import LoraGateway
from pipelines.model import NS_PER_S
from tests.pipelines.domains.fold import at, fold, of, site, values

GATEWAY = "lora-gateway/town-hall"
BEGIN = at("2026-06-01T00:00")
DAY = 24 * HOUR_NS
MINUTE = 60 * NS_PER_S


def stats(
    begin_ns: int, end_ns: int, *, every_s: int = 30, received: float = 10.0, right: float = 8.0
) -> list[Reading]:
    return [
        Reading(time_ns, "gw", GATEWAY, name, value)
        for time_ns in range(begin_ns, end_ns, every_s * NS_PER_S)
        for name, value in (("rx_packets", received), ("rx_packets_ok", right))
    ]


def relayed(
    device: str, begin_ns: int, end_ns: int, *, every_ns: int = QUARTER_NS, receptions: int = 1, first: int = 0
) -> list[Reading]:
    return [
        Reading(time_ns, device, GATEWAY, RELAYED, f"{first + number} {receptions} waste-container/{device}")
        for number, time_ns in enumerate(range(begin_ns, end_ns, every_ns))
    ]


def connection(time_ns: int, *, there: bool) -> Reading:
    return Reading(time_ns, "gw", GATEWAY, "gateway_connected", there)


def test_a_gateway_whose_statistics_stop_is_dead_after_two_minutes() -> None:
    said = fold(LoraGateway(), stats(BEGIN, BEGIN + HOUR_NS), site(), until=BEGIN + 2 * HOUR_NS, restarts=True)
    (alarm,) = of(said, "gateway_offline")
    assert (alarm.value, alarm.time_ns) == (True, BEGIN + HOUR_NS - 30 * NS_PER_S + 2 * MINUTE)
    assert values(said, "gateway_offline_sign") == ["stats"]


def test_three_intervals_of_its_own_are_waited_for() -> None:
    said = fold(LoraGateway(), stats(BEGIN, BEGIN + DAY // 2, every_s=600), site(), until=BEGIN + DAY - 1)
    (alarm,) = of(said, "gateway_offline")
    assert alarm.time_ns == BEGIN + DAY // 2 - 600 * NS_PER_S + 3 * 600 * NS_PER_S


def test_a_lost_connection_is_told_after_a_minute_and_ended_by_any_word() -> None:
    lost_ns = BEGIN + HOUR_NS
    readings = [
        *stats(BEGIN, lost_ns),
        connection(lost_ns, there=False),
        *stats(lost_ns + 20 * MINUTE, lost_ns + HOUR_NS),
    ]
    said = fold(LoraGateway(), readings, site(), until=lost_ns + HOUR_NS - 30 * NS_PER_S)
    assert [(one.value, one.time_ns) for one in of(said, "gateway_offline")] == [
        (True, lost_ns + MINUTE),
        (False, lost_ns + 20 * MINUTE),
    ]
    assert values(said, "gateway_offline_sign") == ["connection", "none"]


@pytest.mark.parametrize("word", ["connection", "statistics", "uplink"])
def test_a_bridge_that_restarts_raises_nothing(word: str) -> None:
    lost_ns = BEGIN + HOUR_NS
    back_ns = lost_ns + 50 * NS_PER_S
    back = {
        "connection": [connection(back_ns, there=True)],
        "statistics": stats(back_ns, back_ns + 1),
        "uplink": relayed("a", back_ns, back_ns + 1),
    }[word]
    readings = [
        *stats(BEGIN, lost_ns),
        connection(lost_ns, there=False),
        *back,
        *stats(lost_ns + 90 * NS_PER_S, lost_ns + HOUR_NS),
    ]
    assert not of(fold(LoraGateway(), readings, site(), until=lost_ns + HOUR_NS), "gateway_offline")


def test_an_uplink_that_it_relays_is_a_word_from_it() -> None:
    """Statistics are sent with QoS 0 and can be lost; what it relays shows that it lives."""
    readings = [*stats(BEGIN, BEGIN + HOUR_NS), *relayed("a", BEGIN, BEGIN + 3 * HOUR_NS, every_ns=MINUTE)]
    said = fold(LoraGateway(), readings, site(), until=BEGIN + 3 * HOUR_NS)
    assert not of(said, "gateway_offline")


def test_one_that_reports_and_relays_nothing_any_more_is_dead_too() -> None:
    """A day of an uplink each ten minutes, then only statistics: twice the longest pause."""
    deaf_ns = BEGIN + 3 * DAY
    readings = [*stats(BEGIN, deaf_ns + DAY // 2, every_s=300), *relayed("a", BEGIN, deaf_ns, every_ns=10 * MINUTE)]
    said = fold(LoraGateway(), readings, site(), until=deaf_ns + DAY // 2, restarts=True)
    (alarm,) = of(said, "gateway_offline")
    assert alarm.time_ns == deaf_ns - 10 * MINUTE + 20 * MINUTE
    assert values(said, "gateway_offline_sign") == ["uplinks"]
    again = [*readings, *relayed("a", deaf_ns + DAY // 2, deaf_ns + DAY // 2 + 1)]
    assert values(fold(LoraGateway(), again, site()), "gateway_offline") == [True, False]


def test_a_quiet_night_is_no_death_of_a_gateway_that_reports() -> None:
    """Parking: an uplink each five minutes by day, none from 22 to 6 h."""
    readings = stats(BEGIN, BEGIN + 4 * DAY, every_s=300)
    for day in range(4):
        begin_ns = BEGIN + day * DAY + 6 * HOUR_NS
        readings += relayed("a", begin_ns, begin_ns + 16 * HOUR_NS, every_ns=5 * MINUTE, first=day * 192)
    assert not of(fold(LoraGateway(), readings, site(), until=BEGIN + 4 * DAY), "gateway_offline")


def test_random_uplinks_raise_hardly_any_false_alarm() -> None:
    """Forty LoRa gateways over three weeks with uplinks at random, 200 a day: at most two alarms."""
    raised = 0
    for seed in range(40):
        rng = random.Random(seed)
        time_ns, readings = float(BEGIN), []
        while time_ns < BEGIN + 21 * DAY:
            time_ns += rng.expovariate(200 / DAY)
            readings.append(Reading(int(time_ns), "a", GATEWAY, RELAYED, "- 1 waste-container/a"))
        raised += values(fold(LoraGateway(), readings, site()), "gateway_offline").count(True)
    assert raised <= 2


def test_the_alarm_names_who_is_heard_mainly_through_it_and_nobody_else() -> None:
    end_ns = BEGIN + 12 * HOUR_NS
    readings = [
        *stats(BEGIN, end_ns),
        *relayed("alone", BEGIN, end_ns),
        *relayed("shared", BEGIN, end_ns, receptions=2),
        *relayed("once", BEGIN, BEGIN + 2 * QUARTER_NS),
        *relayed("mostly", BEGIN, end_ns, every_ns=2 * QUARTER_NS),
        *relayed("mostly", BEGIN + QUARTER_NS, BEGIN + 4 * HOUR_NS, every_ns=2 * QUARTER_NS, receptions=3),
    ]
    said = fold(LoraGateway(), readings, site(), until=end_ns + HOUR_NS, restarts=True)
    (count,), (names,) = of(said, "devices_behind", 0), of(said, "devices_behind_names")
    assert names.value == "waste-container/alone, waste-container/mostly"
    assert names_in(str(names.value)) == {"waste-container/alone", "waste-container/mostly"}
    assert (count.value, count.time_ns) == (2.0, names.time_ns)


def test_a_device_that_a_new_gateway_hears_too_is_soon_behind_nobody() -> None:
    devices: dict[str, Heard] = {}
    for number in range(200):
        hear(devices, "a", number * MINUTE, f"{number} {1 if number < 100 else 2} tree/1")
        if number == 99:
            assert behind(devices, number * MINUTE) == ["tree/1"]
    assert behind(devices, 200 * MINUTE) == []


def test_a_device_that_died_days_before_is_not_missing_for_the_gateways_sake() -> None:
    readings = [*relayed("dead", BEGIN, BEGIN + DAY), *stats(BEGIN, BEGIN + 4 * DAY, every_s=300)]
    said = fold(LoraGateway(), readings, site(), until=BEGIN + 4 * DAY + HOUR_NS)
    assert [one.value for one in of(said, "devices_behind_names")][-1:] == [""]


def test_more_than_five_hundred_are_counted_and_not_all_named() -> None:
    assert len(names_in(named([f"tree/{number}" for number in range(800)]))) == MOST_NAMED
    assert names_in("") == frozenset()


def test_the_day_tells_how_long_it_worked_and_what_it_relayed() -> None:
    dead_ns, back_ns = BEGIN + DAY + 6 * HOUR_NS, BEGIN + DAY + 12 * HOUR_NS
    readings = [
        *stats(BEGIN, dead_ns, every_s=60),
        *stats(back_ns, BEGIN + 2 * DAY, every_s=60),
        *relayed("a", BEGIN + DAY, dead_ns, every_ns=HOUR_NS),
        *relayed("a", back_ns, BEGIN + 2 * DAY, every_ns=HOUR_NS, first=12),
        *relayed("b", BEGIN + DAY, BEGIN + DAY + 3 * HOUR_NS, every_ns=HOUR_NS, receptions=2),
    ]
    said = fold(LoraGateway(), readings, site(), until=BEGIN + 2 * DAY, restarts=True)
    online = values(said, "gateway_online_percent")
    worked_h = 24 - 6 + (3 - 1) / 60
    assert online == [100.0, round(100 * worked_h / 24, 2)]
    assert values(said, "rx_packets_ok_percent") == [80.0, 80.0]
    assert values(said, "rx_packets", DAY) == [14_400.0, 10_800.0]
    assert values(said, "uplinks") == [21.0]
    assert values(said, "pdr_percent") == [round(100 * 21 / 27, 2)]
    assert (values(said, "devices_heard"), values(said, "devices_behind", DAY)) == ([2.0], [1.0])


def test_a_death_over_midnight_is_counted_in_both_days() -> None:
    dead_ns = BEGIN + 18 * HOUR_NS
    readings = [*stats(BEGIN, dead_ns, every_s=60), *stats(BEGIN + DAY + 6 * HOUR_NS, BEGIN + 2 * DAY, every_s=60)]
    said = fold(LoraGateway(), readings, site(), until=BEGIN + 2 * DAY)
    first, second = values(said, "gateway_online_percent")
    assert first == pytest.approx(75, abs=0.3)
    assert second == pytest.approx(75, abs=0.3)


def test_nothing_is_said_of_one_of_which_too_little_is_known() -> None:
    readings = [*stats(BEGIN, BEGIN + 2 * MINUTE), *relayed("a", BEGIN, BEGIN + HOUR_NS)]
    said = fold(LoraGateway(), readings, site(), until=BEGIN + 3 * DAY)
    assert not of(said, "gateway_offline")
    assert not of(said, "gateway_online_percent")
