"""Readings become observations in the vocabulary's words; what does not is named."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decode import CompiledProfile, PropertyMap, Reading
from pipelines.model import NS_PER_S, Observation, Value
from pipelines.normalise import Unread, normalise, normalise_named
from pipelines.plan import plan_for
from pipelines.when import EventTime

NOW = 1_790_000_000 * NS_PER_S
WHEN = EventTime(NOW, "network", NOW)
TREE = "tree/7"
MAPPING = {
    "temp": PropertyMap("temperature_c"),
    "temp2": PropertyMap("temperature_c"),
    "vdd": PropertyMap("battery_v", 0.001, ratio=(1, 0, 1000)),
    "busy": PropertyMap("occupied"),
    "pulses": PropertyMap("pulses"),
}
PLAN = plan_for(CompiledProfile("p", b"", lambda _uplink: [], MAPPING), {})


def seen(name: str, value: float | bool, at: int = NOW, source: str = "network", **more: str) -> Observation:
    return Observation(TREE, name, value, at, source, **more)  # type: ignore[arg-type]


def test_readings_take_the_name_unit_and_time_of_the_road() -> None:
    readings = [Reading("temp", 21), Reading("vdd", 3559), Reading("busy", 1)]
    assert normalise(readings, PLAN, TREE, WHEN) == (
        [seen("temperature_c", 21.0), seen("battery_v", 3.559), seen("occupied", True)],
        [],
    )


def test_what_makes_no_observation_is_named_with_the_reason() -> None:
    readings = [Reading("colour", "red"), Reading("temp", nan), Reading("busy", True)]
    observations, unread = normalise(readings, PLAN, TREE, WHEN)
    assert observations == [seen("occupied", True)]
    assert unread == [Unread("colour", "unmapped"), Unread("temp", "unfit")]


@given(
    name=st.sampled_from(sorted(MAPPING)),
    value=st.floats() | st.integers() | st.integers(10**308, 10**310) | st.booleans() | st.text(max_size=3),
)
def test_the_short_way_says_what_the_rule_says(name: str, value: Value) -> None:
    rule = PLAN.rules[name]
    expected = rule.convert(value)
    observations, unread = normalise([Reading(name, value)], PLAN, TREE, WHEN)
    assert unread == ([Unread(name, "unfit")] if expected is None else [])
    assert [repr(one.value) for one in observations] == ([] if expected is None else [repr(expected)])
    for one in observations:
        within = not isinstance(one.value, float) or rule.low <= one.value <= rule.high
        assert (one.quality, one.reason) == (("ok", "") if within else ("suspect", "range"))


def test_a_value_outside_its_range_is_kept_and_marked() -> None:
    observations, _ = normalise([Reading("temp", 61.0)], PLAN, TREE, WHEN)
    assert observations == [seen("temperature_c", 61.0, quality="suspect", reason="range")]
    observations, _ = normalise([Reading("temp", 61.0, age_s=60)], PLAN, TREE, WHEN)
    assert observations == [seen("temperature_c", 61.0, NOW - 60 * NS_PER_S, quality="suspect", reason="range")]


def test_history_in_one_message_has_its_own_times() -> None:
    readings = [Reading("temp", 20.0), Reading("temp", 19.0, age_s=600.0), Reading("temp", 18.0, time_ns=NOW - 5)]
    observations, _ = normalise(readings, PLAN, TREE, WHEN)
    assert observations == [
        seen("temperature_c", 20.0),
        seen("temperature_c", 19.0, NOW - 600 * NS_PER_S),
        seen("temperature_c", 18.0, NOW - 5, "device"),
    ]


def test_of_two_values_at_one_time_the_last_one_counts() -> None:
    readings = [Reading("temp", 20.0), Reading("temp2", 21.0), Reading("temp", 1.0, 60), Reading("temp2", 2.0, 60)]
    observations, unread = normalise(readings, PLAN, TREE, WHEN)
    assert observations == [seen("temperature_c", 21.0), seen("temperature_c", 2.0, NOW - 60 * NS_PER_S)]
    assert unread == []


@pytest.mark.parametrize(
    "reading",
    [
        Reading("temp", 20.0, age_s=nan),
        Reading("temp", 20.0, age_s=inf),
        Reading("temp", 20.0, age_s=1e30),
        Reading("temp", 20.0, age_s=-90_000.0),
        Reading("temp", 20.0, time_ns=0),
        Reading("temp", 20.0, time_ns=NOW + 90_000 * NS_PER_S),
    ],
)
def test_a_reading_whose_own_time_cannot_be_right_is_unfit(reading: Reading) -> None:
    assert normalise([reading], PLAN, TREE, WHEN) == ([], [Unread("temp", "unfit")])


def test_vocabulary_names_pass_with_calibration_only() -> None:
    plan = plan_for(PLAN.profile, {"temperature_c": (1.0, -0.5)})
    values = {
        "temperature_c": 20,
        "occupied": False,
        "co2_ppm": 50_000,
        "colour": 1,
        "ph": "7",
        "leak": None,
        "f_cnt": 1,
    }
    for _again in range(2):  # the second time the rules are known
        observations, unread = normalise_named(values, plan, TREE, WHEN)
        assert observations == [
            seen("temperature_c", 19.5),
            seen("occupied", False),
            seen("co2_ppm", 50_000.0, quality="suspect", reason="range"),
        ]
        assert unread == [
            Unread("colour", "unmapped"),
            Unread("ph", "unfit"),
            Unread("leak", "unfit"),
            Unread("f_cnt", "unmapped"),
        ]


CURVE = ((3.0, 0.0), (3.5, 50.0), (3.6, 100.0))
CHARGED = plan_for(CompiledProfile("p", b"", lambda _uplink: [], MAPPING, battery_percent=CURVE), {})


@pytest.mark.parametrize(
    ("millivolts", "percent"),
    [(2900, 0.0), (3000, 0.0), (3250, 25.0), (3500, 50.0), (3550, 75.0), (3600, 100.0), (3700, 100.0)],
)
def test_a_voltage_becomes_a_charge_on_the_profiles_curve(millivolts: float, percent: float) -> None:
    found, _ = normalise([Reading("vdd", millivolts)], CHARGED, "f/1", WHEN)
    (charge,) = [one for one in found if one.property == "battery_percent"]
    assert charge.value == pytest.approx(percent)
    assert charge.quality == "estimated"


def test_a_voltage_that_cannot_be_right_says_nothing_of_the_charge() -> None:
    found, _ = normalise([Reading("vdd", 99_000)], CHARGED, "f/1", WHEN)
    assert [one.property for one in found] == ["battery_v"]


def test_a_device_that_tells_its_charge_needs_no_curve() -> None:
    mapping = {**MAPPING, "charge": PropertyMap("battery_percent")}
    plan = plan_for(CompiledProfile("p", b"", lambda _uplink: [], mapping, battery_percent=CURVE), {})
    found, _ = normalise([Reading("vdd", 3250)], plan, "f/1", WHEN)
    assert [one.property for one in found] == ["battery_v"]
