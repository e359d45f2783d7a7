"""A layout's query as text, and the macros filled in."""

import pytest

from gateway.grafana.influxql import filled_in, functions_of, influxql
from gateway.grafana.layout import Function, Query


def test_the_choices_of_the_scope_narrow_a_query() -> None:
    asked = influxql(Query(measurement="waste", fields=("temperature_c",), scope="pilots"))
    assert asked == (
        'SELECT mean("temperature_c") AS "temperature_c" FROM "waste" WHERE '
        '"city" =~ /^${city:regex}$/ AND "pilot" =~ /^${pilot:regex}$/ AND $timeFilter'
    )


def test_streets_are_found_by_the_area_in_their_name() -> None:
    asked = influxql(Query(measurement="parking_1d", fields=("overstays",), scope="areas", area_of="street-parking"))
    assert '"feature" =~ /^street-parking\\/${area:regex}$/' in asked


def test_local_days_are_grouped_by_the_hour_in_which_they_begin_and_nothing_else_is() -> None:
    assert "GROUP BY time(1h)" in influxql(Query(measurement="waste_1d", fields=("overflow_h",), every="1d"))
    assert "GROUP BY time(1d)" in influxql(Query(measurement="waste_event", fields=("collected_percent",), every="1d"))
    assert "GROUP BY time(15m)" in influxql(Query(measurement="parking_1d", fields=("overstays",), every="15m"))


def test_the_time_filter_of_a_subquery_stands_inside() -> None:
    inner = Query(measurement="/_event$/", fields=("silent",), function="last", by=("feature",), scope="everything")
    asked = influxql(
        Query(measurement="/_event$/", fields=("silent",), function="count", where='"silent" = true', inner=inner)
    )
    assert asked == (
        'SELECT count("silent") AS "silent" FROM (SELECT last("silent") AS "silent" FROM /_event$/ '
        'WHERE $timeFilter GROUP BY "feature") WHERE "silent" = true'
    )


def test_fields_stand_beside_what_a_selector_found() -> None:
    query = Query(
        measurement="lorawan", fields=("f_cnt",), function="last", beside=("rssi_dbm",), names=("frame", "rssi")
    )
    assert influxql(query).startswith('SELECT last("f_cnt") AS "frame", "rssi_dbm" AS "rssi" FROM "lorawan"')


@pytest.mark.parametrize(
    ("function", "called"),
    [("mean", {"mean"}), ("", set()), ("difference", {"non_negative_difference", "last"})],
)
def test_functions_are_found_also_inside_each_other(function: Function, called: set[str]) -> None:
    query = Query(measurement="citygate", fields=("received",), function=function, every="$__interval", fill="none")
    assert functions_of(influxql(query)) == called


def test_macros_are_filled_in_as_grafana_does() -> None:
    text = '"city" =~ /^${city:regex}$/ AND "pilot" =~ /^${pilot:regex}$/ AND $timeFilter GROUP BY time($__interval)'
    filled = filled_in(text, time_filter="time > 5", interval="1h", values={"pilot": "(a|b)"})
    assert filled == '"city" =~ /^.*$/ AND "pilot" =~ /^(a|b)$/ AND time > 5 GROUP BY time(1h)'
