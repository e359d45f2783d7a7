"""Rules: from a vendor's reading to a value of the property's kind."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decode import CompiledProfile, PropertyMap
from pipelines.model import Value
from pipelines.plan import Plan, conversion, plan_for
from pipelines.screen import Watch
from pipelines.vocabulary import PROPERTIES, ObservedProperty

STATE = ObservedProperty("door", "1", "state", "Door", states=("open", "closed"))
ROWS = PROPERTIES | {"door": STATE}
HUGE = 10**400


def plan(mapping: dict[str, PropertyMap], calibration: dict[str, tuple[float, float]] | None = None) -> Plan:
    return plan_for(CompiledProfile("p", b"", lambda _uplink: [], mapping), calibration or {}, ROWS)


@pytest.mark.parametrize(
    ("property_name", "reading", "value"),
    [
        ("temperature_c", 21.5, 21.5),
        ("temperature_c", 21, 21.0),
        ("temperature_c", nan, None),
        ("temperature_c", inf, None),
        ("temperature_c", HUGE, None),
        ("temperature_c", "21", None),
        ("temperature_c", True, None),
        ("pulses", 7, 7.0),
        ("occupied", True, True),
        ("occupied", 0, False),
        ("occupied", 1.0, True),
        ("occupied", 2, None),
        ("occupied", "true", None),
        ("occupied", nan, None),
        ("door", "open", "open"),
        ("door", "ajar", None),
        ("door", 1, None),
    ],
)
def test_a_value_fits_its_kind_or_is_unfit(property_name: str, reading: Value, value: Value | None) -> None:
    fit = conversion(ROWS[property_name], PropertyMap(property_name))(reading)
    assert fit == value
    assert type(fit) is type(value)


def test_a_decimal_scale_is_right_to_the_last_digit() -> None:
    volts = conversion(ROWS["battery_v"], PropertyMap("battery_v", ratio=(1, 0, 1000)))
    assert volts(3559) == 3.559
    kelvin = conversion(ROWS["temperature_c"], PropertyMap("temperature_c", ratio=(10, -27315, 100)))
    assert kelvin(2932) == 20.05


@pytest.mark.parametrize("reading", [HUGE, inf, nan, "1", True])
def test_what_cannot_be_scaled_is_unfit(reading: Value) -> None:
    assert conversion(ROWS["battery_v"], PropertyMap("battery_v", ratio=(1, 0, 1000)))(reading) is None


def test_a_table_turns_words_and_numbers_into_flags_states_and_numbers() -> None:
    flag = conversion(ROWS["occupied"], PropertyMap("occupied", values={"busy": True, "free": False, 3: True}))
    assert [flag("busy"), flag("free"), flag(3), flag("broken"), flag(nan)] == [True, False, True, None, None]
    state = conversion(STATE, PropertyMap("door", values={0: "closed", 1: "open", 2: "ajar"}))
    assert [state(0), state(1), state(2)] == ["closed", "open", None]


def test_what_a_table_does_not_list_is_what_its_star_says() -> None:
    motion = PropertyMap("motion", values={0: False}, otherwise=True)
    assert [conversion(PROPERTIES["motion"], motion)(raw) for raw in (0, 1, 7, "ill")] == [False, True, True, True]


def test_calibration_follows_unit_conversion() -> None:
    convert = conversion(ROWS["battery_v"], PropertyMap("battery_v", ratio=(1, 0, 1000)), (2.0, -1.0))
    assert convert(3500) == 6.0
    assert convert("x") is None
    assert conversion(ROWS["battery_v"], PropertyMap("battery_v"), (1e300, 0.0))(1e300) is None


def test_a_property_that_needs_calibration_is_left_out_without_one() -> None:
    mapping = {"distance": PropertyMap("fill_level_percent", needs_calibration=True)}
    assert plan(mapping).rules == {}
    assert plan(mapping, {"fill_level_percent": (-0.1, 100.0)}).rules["distance"].convert(250) == 75.0


def test_the_range_is_the_vocabularys_within_the_data_sheets() -> None:
    rules = plan(
        {
            "a": PropertyMap("temperature_c", low=-40, high=85),
            "b": PropertyMap("temperature_c"),
            "c": PropertyMap("pulses", high=65_535),
            "d": PropertyMap("occupied"),
        }
    ).rules
    assert {name: (rule.low, rule.high) for name, rule in rules.items()} == {
        "a": (-40, 60),
        "b": (-50, 60),
        "c": (0, 65_535),
        "d": (-inf, inf),
    }


def test_properties_that_need_memory_are_watched() -> None:
    watched = plan({"t": PropertyMap("temperature_c"), "p": PropertyMap("pressure_hpa"), "h": PropertyMap("pulses")})
    assert watched.watched == {"temperature_c": Watch(15, 0), "pressure_hpa": Watch(20, 24)}


def test_a_mapping_to_nothing_known_is_a_mistake_of_the_catalogue() -> None:
    with pytest.raises(KeyError):
        plan({"a": PropertyMap("temprature_c")})


def test_vocabulary_names_have_rules_of_their_own_but_link_facts_have_none() -> None:
    direct = plan({}, {"temperature_c": (1.0, 0.5)})
    rule = direct.direct_rule("temperature_c")
    assert rule is not None
    assert rule.convert(20) == 20.5
    assert direct.direct == {"temperature_c": rule}
    assert direct.direct_rule("rssi_dbm") is None
    assert direct.direct_rule("colour") is None


@given(
    st.sampled_from(sorted(ROWS)),
    st.floats() | st.integers() | st.integers(-HUGE, HUGE) | st.booleans() | st.text(),
    st.none() | st.tuples(st.floats(), st.floats()),
    st.sampled_from([(1, 0, 1), (1, 0, 1000), (-5, 160, 9)]),
)
def test_no_reading_makes_a_rule_raise(
    name: str, reading: Value, calibration: tuple[float, float] | None, ratio: tuple[int, int, int]
) -> None:
    row = ROWS[name]
    value = conversion(row, PropertyMap(name, ratio=ratio), calibration)(reading)
    expected = {"gauge": float, "counter": float, "flag": bool, "state": str}[row.kind]
    assert value is None or type(value) is expected
    assert not isinstance(value, float) or abs(value) < inf
