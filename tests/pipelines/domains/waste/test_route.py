"""Tomorrow's tour."""

import random
from itertools import permutations

import pytest

from pipelines.domains.waste.route import Bin, haversine_km, plan_tour, shortest_tour, tour_km, way_km
from pipelines.model import Location

DEPOT = Location(4.48, 51.03)


def test_a_degree_along_a_meridian_is_111_kilometres() -> None:
    # 6371 km * pi / 180
    assert haversine_km(Location(4.0, 51.0), Location(4.0, 52.0)) == pytest.approx(111.195, abs=0.001)
    assert way_km(Location(4.0, 51.0), Location(4.0, 52.0)) == pytest.approx(144.553, abs=0.002)


def test_only_what_is_full_or_will_be_before_the_next_tour_is_due() -> None:
    here = Location(4.49, 51.03)
    bins = [Bin("a", here, 95.0), Bin("b", here, 50.0, 20.0), Bin("c", here, 50.0, 30.0), Bin("d", here, 50.0)]
    tour = plan_tour(bins, depot=DEPOT, until_h=24)
    assert [stop.bin.feature for stop in tour.stops] == ["a", "b"]


def test_the_tour_is_compared_with_the_fixed_one_over_all_containers() -> None:
    bins = [Bin("near", Location(4.49, 51.03), 95.0), Bin("far", Location(4.58, 51.03), 10.0, 200.0)]
    tour = plan_tour(bins, depot=DEPOT)
    assert tour.km == pytest.approx(2 * way_km(DEPOT, bins[0].location))
    assert tour.fixed_km == pytest.approx(2 * way_km(DEPOT, bins[1].location), rel=1e-3)
    assert tour.saved_km == tour.fixed_km - tour.km > 0
    assert tour.co2_kg == pytest.approx(tour.km * 1.3)
    assert [stop.way_km for stop in tour.stops] == [pytest.approx(tour.km / 2)]


def test_nothing_due_is_no_tour() -> None:
    tour = plan_tour([Bin("a", DEPOT, 1.0)])
    assert (tour.stops, tour.km, tour.fixed_km) == ((), 0, 0)
    assert shortest_tour([]) == []


def test_two_opt_undoes_crossings_and_comes_near_the_shortest_of_all() -> None:
    rng = random.Random(4)
    for _ in range(20):
        places = [Location(4.4 + rng.random() / 10, 51.0 + rng.random() / 10) for _ in range(7)]
        found = tour_km(places, shortest_tour(places), None)
        best = min(tour_km(places, order, None) for order in permutations(range(7)))
        assert best - 1e-9 <= found <= 1.1 * best


def test_every_place_is_visited_once_with_and_without_a_depot() -> None:
    rng = random.Random(5)
    places = [Location(4.4 + rng.random() / 10, 51.0 + rng.random() / 10) for _ in range(40)]
    for depot in (None, DEPOT):
        order = shortest_tour(places, depot)
        assert sorted(order) == list(range(40))
        assert tour_km(places, order, depot) < tour_km(places, range(40), depot)
