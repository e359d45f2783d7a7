"""Registers: every step is counted once, over roll-overs, exchanges, slips and whatever borders."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.domains import HOUR_NS, QUARTER_NS
from pipelines.domains.local_time import quarter_of
from pipelines.domains.register import STEPS, Register, Stretch, Tally, add, follow, limits_of

T0 = 1_790_000_100 * 10**9 // QUARTER_NS * QUARTER_NS
LIMITS = limits_of(6, 50.0)


def quarters(at_ns: int) -> tuple[int, int]:
    return quarter_of(at_ns), quarter_of(at_ns) + QUARTER_NS


def test_a_reading_after_another_tells_what_was_counted_between() -> None:
    register = Register()
    assert follow(register, T0, 999.5, LIMITS) == []
    assert follow(register, T0 + HOUR_NS, 1_000.75, LIMITS) == [Stretch(T0, T0 + HOUR_NS, 1_250_000_000)]


def test_a_roll_over_goes_on_counting() -> None:
    register = Register()
    follow(register, T0, 999_999.9, LIMITS)
    assert follow(register, T0 + HOUR_NS, 0.3, LIMITS) == [Stretch(T0, T0 + HOUR_NS, 400_000_000)]


def test_a_register_with_more_digits_than_the_file_says_rolls_over_at_its_own_end() -> None:
    register = Register()
    follow(register, T0, 9_999_999.0, LIMITS)
    assert follow(register, T0 + HOUR_NS, 1.0, LIMITS) == [Stretch(T0, T0 + HOUR_NS, 2 * STEPS)]


def test_an_exchanged_meter_leaves_a_gap_and_counts_from_its_own_first_reading() -> None:
    register = Register()
    follow(register, T0, 54_321.0, LIMITS)
    assert follow(register, T0 + HOUR_NS, 2.0, LIMITS) == []
    assert follow(register, T0 + 2 * HOUR_NS, 3.5, LIMITS) == [
        Stretch(T0, T0 + HOUR_NS, None),
        Stretch(T0 + HOUR_NS, T0 + 2 * HOUR_NS, 1_500_000_000),
    ]


def test_an_exchange_for_a_meter_that_shows_more_is_seen_too() -> None:
    register = Register()
    follow(register, T0, 100.0, LIMITS)
    follow(register, T0 + HOUR_NS, 8_000.0, LIMITS)
    assert [one.steps for one in follow(register, T0 + 2 * HOUR_NS, 8_001.0, LIMITS)] == [None, STEPS]


def test_one_slip_up_or_down_is_passed_over() -> None:
    for slip in (0.0, 500_000.0):
        register = Register()
        follow(register, T0, 100.0, LIMITS)
        assert follow(register, T0 + HOUR_NS, slip, LIMITS) == []
        assert follow(register, T0 + 2 * HOUR_NS, 101.0, LIMITS) == [Stretch(T0, T0 + 2 * HOUR_NS, STEPS)]


def test_two_slips_in_a_row_are_passed_over_when_they_do_not_fit_each_other() -> None:
    register = Register()
    follow(register, T0, 100.0, LIMITS)
    follow(register, T0 + HOUR_NS, 500_000.0, LIMITS)
    follow(register, T0 + 2 * HOUR_NS, 7.0, LIMITS)
    assert follow(register, T0 + 3 * HOUR_NS, 102.0, LIMITS) == [Stretch(T0, T0 + 3 * HOUR_NS, 2 * STEPS)]


def test_a_second_reading_of_one_instant_changes_nothing() -> None:
    register = Register()
    follow(register, T0, 100.0, LIMITS)
    assert follow(register, T0, 101.0, LIMITS) == []
    assert register.steps == 100 * STEPS


def test_after_five_weeks_of_silence_nothing_is_said_of_them() -> None:
    register = Register()
    follow(register, T0, 100.0, LIMITS)
    (stretch,) = follow(register, T0 + 36 * 24 * HOUR_NS, 300.0, LIMITS)
    assert stretch.steps is None


def test_a_long_silence_is_split_as_a_guess_and_a_short_one_is_not() -> None:
    for length, guessed in ((HOUR_NS, False), (HOUR_NS + QUARTER_NS, True)):
        over = add(Tally(), [Stretch(T0, T0 + length, 1_000)], quarters)
        assert {tally.guessed for tally in over} == {guessed}


def test_a_long_silence_within_an_interval_leaves_its_sum_sure() -> None:
    def day(_at_ns: int) -> tuple[int, int]:
        return T0, T0 + 24 * HOUR_NS

    stretches = [Stretch(T0, T0 + QUARTER_NS, 5), Stretch(T0 + QUARTER_NS, T0 + 24 * HOUR_NS, 7)]
    (tally,) = add(Tally(), stretches, day)
    assert (tally.steps, tally.coverage, tally.guessed) == (12, 1.0, False)


def test_an_unknown_stretch_lowers_the_coverage_and_a_wholly_unknown_interval_is_not_told() -> None:
    stretches = [
        Stretch(T0, T0 + QUARTER_NS // 2, 10),
        Stretch(T0 + QUARTER_NS // 2, T0 + 2 * QUARTER_NS, None),
        Stretch(T0 + 2 * QUARTER_NS, T0 + 3 * QUARTER_NS, 4),
    ]
    first, third = add(Tally(), stretches, quarters)
    assert (first.steps, first.coverage) == (10, 0.5)
    assert (third.begin_ns, third.steps, third.coverage) == (T0 + 2 * QUARTER_NS, 4, 1.0)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 999_999_999) | st.integers(999_950_000, 999_999_999),
    st.lists(st.tuples(st.integers(1, 3 * 3_600), st.integers(0, 9_999)), min_size=2, max_size=40),
    st.integers(0, 899),
)
def test_the_sums_of_quarters_are_what_the_register_moved_to_the_last_step(
    start_wh: int, moves: list[tuple[int, int]], offset_s: int
) -> None:
    """Readings at any distance, a register anywhere, also just below its end, read as a double."""
    register, tally, over = Register(), Tally(), []
    time_ns, counted_wh = T0 + offset_s * 10**9, start_wh
    follow(register, time_ns, start_wh / 1_000, LIMITS)
    for seconds, most_wh in moves:
        time_ns += seconds * 10**9
        counted_wh += min(most_wh, 50_000 * seconds // 3_600)
        over += add(tally, follow(register, time_ns, counted_wh % 10**9 / 1_000, LIMITS), quarters)
    assert sum(one.steps for one in over) + tally.steps == (counted_wh - start_wh) * STEPS // 1_000
    assert all(0 < one.known_ns <= QUARTER_NS for one in over)
