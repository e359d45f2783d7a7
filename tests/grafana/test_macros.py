import pytest

from tests.grafana.macros import Chosen, MacroError, Span, filled_in

DAY = Span(1_000_000_000_000, 1_000_086_400_000)


def test_the_time_range_and_the_interval_are_those_of_the_panel() -> None:
    text = filled_in('SELECT mean("x") FROM "y" WHERE $timeFilter GROUP BY time($__interval)', DAY, {})
    assert "time >= 1000000000000ms and time <= 1000086400000ms" in text
    assert text.endswith("GROUP BY time(2m)")


def test_an_interval_is_never_shorter_than_the_panel_allows() -> None:
    assert filled_in("$__interval", Span(0, 60_000, least_interval_ms=3_600_000), {}) == "1h"


def test_now_is_the_end_of_the_range() -> None:
    assert filled_in("time > now() - 1d", DAY, {}) == "time > 1000086400000ms - 1d"


@pytest.mark.parametrize(
    ("chosen", "form", "text"),
    [
        (Chosen(("a.b",)), ":regex", r"a\.b"),
        (Chosen(("a/1", "b"), multi=True), ":regex", r"(a\/1|b)"),
        (Chosen(("a", "b"), multi=True), "", "(a|b)"),
        (Chosen(("a",)), "", "a"),
        (Chosen(("a", "b"), multi=True), ":pipe", "a|b"),
        (Chosen(("a", "b"), multi=True), ":singlequote", "'a','b'"),
        (Chosen(("a", "b"), multi=True, all_value=".*"), ":regex", ".*"),
    ],
)
def test_a_variable_is_written_in_the_format_that_is_asked_for(chosen: Chosen, form: str, text: str) -> None:
    assert filled_in(f"${{bin{form}}}", DAY, {"bin": chosen}) == text


@pytest.mark.parametrize("text", ["$nobody", "${bin:percentencode}", "[[nobody]]"])
def test_what_nobody_defines_is_an_error(text: str) -> None:
    with pytest.raises(MacroError, match=r"neither|not known"):
        filled_in(text, DAY, {"bin": Chosen(("a",))})
