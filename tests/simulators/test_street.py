"""The simulated street: the same bytes each time, occupancy as the demand says, bins that fall at their rounds."""

from collections import defaultdict
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from simulators.city_clock import NS_PER_S, local
from simulators.scenario import Scenario, load_scenario
from simulators.street import Change, changes

HOUR_NS = 3600 * NS_PER_S
MONDAY_NS = 1_793_574_000 * NS_PER_S  # 2026-11-02T00:00 in Brussels
ZONE = ZoneInfo("Europe/Brussels")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("street")


def of_days(scenario: Scenario, days: float, start_ns: int = MONDAY_NS) -> list[Change]:
    end_ns = start_ns + int(days * 24) * HOUR_NS
    return list(takewhile(lambda change: change.at_ns < end_ns, changes(scenario, start_ns)))


def with_parking(scenario: Scenario, **given: object) -> Scenario:
    return scenario.model_copy(update={"parking": scenario.parking.model_copy(update=given)})


def occupancy_by_hour(week: list[Change], hours: int) -> list[float]:
    """Share of bay time that was taken, in each hour after the start, from the truth."""
    taken_ns = [0.0] * hours
    since: dict[str, tuple[int, bool]] = {}
    bays = set()
    for change in week:
        if "occupied" not in change.truth:
            continue
        bay = change.device.feature
        bays.add(bay)
        began, taken = since.get(bay, (MONDAY_NS, False))
        if taken:
            for hour in range((began - MONDAY_NS) // HOUR_NS, min(hours, (change.at_ns - MONDAY_NS) // HOUR_NS + 1)):
                start = MONDAY_NS + hour * HOUR_NS
                taken_ns[hour] += min(change.at_ns, start + HOUR_NS) - max(began, start)
        since[bay] = (change.at_ns, bool(change.truth["occupied"]))
    return [share / HOUR_NS / len(bays) for share in taken_ns]


def test_changes_come_in_order_and_each_device_says_where_it_stands_at_once(scenario: Scenario) -> None:
    day = of_days(scenario, 1)
    assert [change.at_ns for change in day] == sorted(change.at_ns for change in day)
    first = [change for change in day if change.at_ns < MONDAY_NS + 5 * NS_PER_S]
    assert {change.device.dev_eui for change in first} == {device.dev_eui for device in scenario.devices()}
    assert len(scenario.devices()) == 32


def test_another_seed_is_another_city(scenario: Scenario) -> None:
    other = scenario.model_copy(update={"seed": scenario.seed + 1})
    assert of_days(scenario, 0.2) == of_days(scenario, 0.2)
    assert of_days(scenario, 0.2) != of_days(other, 0.2)
    assert not {d.dev_eui for d in scenario.devices()} & {d.dev_eui for d in other.devices()}


def test_occupancy_is_near_the_demand_of_each_hour(scenario: Scenario) -> None:
    days = 10
    hourly = occupancy_by_hour(of_days(scenario, days + 0.1), days * 24)
    for hour, demand in enumerate(scenario.parking.demand):
        mean = sum(hourly[day * 24 + hour] for day in range(1, days)) / (days - 1)
        before = scenario.parking.demand[hour - 1]
        low, high = sorted((before, demand))  # it follows a change of demand within the hour
        assert low - 0.12 <= mean <= high + 0.12, (hour, mean, demand)


def test_an_hour_without_demand_fills_no_bay_and_the_next_one_does(scenario: Scenario) -> None:
    market = with_parking(scenario, demand=[0.0] * 8 + [0.9] * 8 + [0.0] * 8, mean_stay_min=20.0)
    arrivals: dict[int, int] = defaultdict(int)
    for change in of_days(market, 4):
        if change.f_port == 1 and change.truth.get("occupied"):
            arrivals[local(change.at_ns, ZONE).hour] += 1
    assert set(arrivals) <= set(range(8, 16))
    assert arrivals[9] > 20


def test_a_bay_says_that_it_is_there_at_least_once_an_hour(scenario: Scenario) -> None:
    heard: dict[str, int] = {}
    for change in of_days(scenario, 1):
        if "occupied" in change.truth:
            assert change.at_ns - heard.get(change.device.dev_eui, MONDAY_NS) <= HOUR_NS + 5 * NS_PER_S
            heard[change.device.dev_eui] = change.at_ns


def test_bins_fill_and_fall_at_their_collections_only(scenario: Scenario) -> None:
    fills: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for change in of_days(scenario, 14):
        if "fill_level_percent" in change.truth:
            fills[change.device.feature].append((change.at_ns, float(change.truth["fill_level_percent"])))
    assert len(fills) == 8
    falls = 0
    for series in fills.values():
        assert all(0 <= fill <= 100 for _, fill in series)
        for (_, before), (at_ns, after) in pairwise(series):
            if after < before:
                falls += 1
                now = local(at_ns, ZONE)
                assert now.weekday() in scenario.bins.collect_days
                assert 7.5 <= now.hour + now.minute / 60 < 8.6
                assert after == 2.0
                assert before > scenario.bins.skip_below_percent - 5
    assert falls >= 14


def test_a_city_that_begins_after_the_round_is_not_collected_again(scenario: Scenario) -> None:
    noon = of_days(scenario, 0.2, MONDAY_NS + 12 * HOUR_NS)
    fills = [float(change.truth["fill_level_percent"]) for change in noon if "fill_level_percent" in change.truth]
    assert max(fills[:8]) > 30


def test_the_distance_tells_the_fill_through_the_calibration(scenario: Scenario) -> None:
    bins = scenario.bins
    span_mm = bins.depth_mm - bins.full_mm
    for change in of_days(scenario, 1):
        if "distance" in change.readings:
            fill = (bins.depth_mm - float(change.readings["distance"])) / span_mm * 100
            assert abs(fill - float(change.truth["fill_level_percent"])) < 4


@pytest.mark.parametrize(
    ("table", "mistake"),
    [("parking", {"demand": [1.2] * 24}), ("parking", {"demand": [0.5] * 23}), ("bins", {"collect_days": [7]})],
)
def test_a_scenario_with_a_mistake_is_refused(scenario: Scenario, table: str, mistake: dict[str, object]) -> None:
    written = scenario.model_dump(by_alias=True)
    written[table] |= mistake
    with pytest.raises(ValidationError, match=next(iter(mistake))):
        Scenario.model_validate(written)


def test_an_unknown_scenario_is_told_with_those_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"there are: .*street"):
        load_scenario("atlantis")
