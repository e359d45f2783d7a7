import pytest

from tests.grafana.influxql import InfluxqlError, read_select


@pytest.mark.parametrize(
    ("selected", "unit"),
    [
        ('last("fill_level_percent")', "%"),
        ('count("occupied")', "{count}"),
        ('non_negative_derivative(max("bicycle_count"), 1h)', "{count}/h"),
        ('mean("power_w") / 1000', "kW"),
        ('100 * sum("bays_free") / (sum("bays_free") + sum("bays_taken"))', "%"),
        ('sum("bays_free") / sum("bays_taken")', "ratio"),
        ('max("temperature_c") - min("temperature_c")', "Cel"),
        ('mean("power_w") * 7', "?"),
        ('elapsed("occupied", 1s)', "s"),
        ('last("flood_state")', "text"),
        ('last("resident_bytes")', "By"),
    ],
)
def test_the_unit_of_a_column_follows_from_the_vocabulary_and_what_is_done_to_it(selected: str, unit: str) -> None:
    select = read_select(f'SELECT {selected} AS "x" FROM "somewhere" WHERE time > 0 GROUP BY time(1h) fill(null)')
    assert select.unit("x") == unit


def test_the_unit_of_an_inner_query_is_that_of_the_outer_one() -> None:
    select = read_select(
        'SELECT sum("most") FROM (SELECT max("water_level_m") AS "most" FROM "water" GROUP BY "feature")'
    )
    assert select.unit("sum") == "m"
    assert select.measurements() == {"water"}
    assert select.functions() == {"sum", "max"}


def test_columns_without_a_name_are_called_as_influxdb_calls_them() -> None:
    select = read_select('SELECT last("silent"), last("ph"), "feature" FROM /_event$/')
    assert [column.name for column in select.columns] == ["last", "last_1", "feature"]
    assert select.unit("last_1") == "[pH]"
    assert select.measurements() == {"/_event$/"}


@pytest.mark.parametrize("text", ["SELECT FROM", "DELETE x", 'SELECT "a" "b" FROM "c"', "SELECT ; FROM x"])
def test_what_is_no_query_says_so(text: str) -> None:
    with pytest.raises(InfluxqlError, match=r"expected|not understood|too early"):
        read_select(text)
