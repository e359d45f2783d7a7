from gateway.mqtt.patience import Patience


def longest(_low: float, high: float) -> float:
    return high


def test_the_cap_doubles_from_one_second_to_a_minute_and_stays_there() -> None:
    patience = Patience(longest)
    assert [patience.after_failure() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_good_connection_makes_the_next_pause_short_again_and_a_short_one_does_not() -> None:
    patience = Patience(longest)
    assert [patience.after_failure(), patience.after_failure(), patience.after_life(0.5)] == [1, 2, 4]
    assert patience.after_life(3_600) == 1


def test_pauses_are_random_below_the_cap() -> None:
    patience = Patience()
    assert all(0 <= patience.after_life(10) <= 1 for _ in range(100))


def test_three_hang_ups_within_a_minute_are_a_take_over() -> None:
    patience = Patience()
    assert [patience.thrown_out(at) for at in (0, 30, 59)] == [False, False, True]
    assert not patience.thrown_out(60)


def test_three_hang_ups_over_a_longer_time_are_none() -> None:
    patience = Patience()
    assert [patience.thrown_out(at) for at in (0, 40, 80, 120)] == [False] * 4


def test_a_broker_that_was_away_took_nobodys_place() -> None:
    patience = Patience()
    patience.thrown_out(0)
    patience.thrown_out(1)
    patience.after_failure()
    assert not patience.thrown_out(2)
