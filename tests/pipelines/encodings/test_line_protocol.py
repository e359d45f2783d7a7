"""Golden lines, and everything read back by a reader that shares nothing with the writer."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.encodings.line_protocol import (
    VALUELESS,
    UnwritableError,
    best_reception,
    encode,
    interval_name,
)
from pipelines.model import (
    Accepted,
    Derived,
    Duplicate,
    Link,
    Observation,
    Reception,
    Refused,
    Rejected,
    Revision,
    Tick,
    Value,
)
from pipelines.vocabulary import FEATURE_TYPES, PROPERTIES
from tests.contracts.ledger_entries import T0, accepted, observed
from tests.contracts.line_reader import read_points

TAGS = {"city": "delft", "device": "a81758fffe000001", "feature": "air-station/A-1", "pilot": "air-delft"}


def lines(entry: Accepted | Derived, *, first: bool = True) -> str:
    return encode(Revision(7, entry, first)).decode()


def test_an_uplink_is_one_line_of_values_and_one_of_its_link() -> None:
    link = Link(42, 5, (Reception("7276ff0039030716", -97.0, 6.2),))
    entry = accepted(observed(), observed("humidity_percent", 48.0), observed("tilted", value=False), link=link)
    tags = "city=delft,device=a81758fffe000001,feature=air-station/A-1,pilot=air-delft"
    assert lines(entry) == (
        f'air,{tags} temperature_c=21.5,humidity_percent=48.0,tilted=false,time_source="network" {T0}\n'
        f'lorawan,{tags} f_cnt=42,f_port=5,receptions=1,rssi_dbm=-97.0,snr_db=6.2,gateway_id="7276ff0039030716" {T0}\n'
    )


def test_a_suspect_value_is_written_with_its_quality_and_reason() -> None:
    entry = accepted(observed(value=91.0, quality="suspect", reason="range"), observed("battery_v", 3.6))
    (point,) = read_points(lines(entry).encode())
    assert point.fields == {
        "temperature_c": 91.0,
        "temperature_c_quality": "suspect:range",
        "battery_v": 3.6,
        "time_source": "network",
    }


def test_a_correction_writes_ok_so_that_an_earlier_suspect_is_overwritten() -> None:
    (point,) = read_points(lines(accepted(observed()), first=False).encode())
    assert point.fields == {"temperature_c": 21.5, "temperature_c_quality": "ok", "time_source": "network"}


@pytest.mark.parametrize("quality", sorted(VALUELESS))
def test_a_quality_that_says_there_is_no_value_is_written_alone(quality: str) -> None:
    entry = accepted(observed(quality=quality))  # type: ignore[arg-type]
    (point,) = read_points(lines(entry, first=False).encode())
    assert point.fields == {"temperature_c_quality": quality}


def test_observations_of_other_times_and_features_get_lines_of_their_own() -> None:
    entry = accepted(
        observed(),
        observed(time_ns=T0 - 600_000_000_000, time_source="device"),
        observed("soil_moisture_percent", 33.0, feature="tree/7"),
    )
    points = read_points(lines(entry).encode())
    assert [(p.measurement, p.tags["feature"], p.time_ns, p.fields["time_source"]) for p in points] == [
        ("air", "air-station/A-1", T0, "network"),
        ("air", "air-station/A-1", T0 - 600_000_000_000, "device"),
        ("green", "tree/7", T0, "network"),
    ]


def test_derived_observations_go_to_their_interval_or_to_events_or_estimates() -> None:
    entry = Derived(
        "cycling-hours",
        900,
        "cycling-antwerp",
        "antwerp",
        (
            observed("bicycle_count_interval", 12.0, feature="bike-counter/3", interval_ns=3_600 * 10**9),
            observed("collected", value=True, feature="waste-container/9"),
            observed("fill_level_percent", 31.0, feature="waste-container/9"),
        ),
    )
    hourly, event, estimate = read_points(lines(entry).encode())
    assert (hourly.measurement, hourly.fields) == ("cycling_1h", {"bicycle_count_interval": 12.0})
    assert hourly.tags["producer"] == "cycling-hours"
    assert "device" not in hourly.tags
    assert (event.measurement, event.fields) == ("waste_event", {"collected": True})
    assert (estimate.measurement, estimate.fields) == ("waste_estimate", {"fill_level_percent": 31.0})


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (1, "1s"),
        (90, "90s"),
        (900, "15m"),
        (3_600, "1h"),
        (5_400, "90m"),
        (86_400, "1d"),
        (82_800, "1d"),
        (90_000, "1d"),
    ],
)
def test_an_interval_is_named_by_the_largest_unit_that_divides_it(seconds: int, name: str) -> None:
    assert interval_name(seconds * 10**9) == name


@pytest.mark.parametrize("interval_ns", [0, -1, 1_500_000_000])
def test_an_interval_that_is_no_whole_number_of_seconds_has_no_name(interval_ns: int) -> None:
    with pytest.raises(UnwritableError, match="has no name"):
        interval_name(interval_ns)


@pytest.mark.parametrize(
    "entry",
    [
        Duplicate(2, 1, "d", T0),
        Rejected("malformed", "no JSON"),
        Refused("influxdb", 1, 1, "no", b"", T0),
        Tick(T0, "trusted"),
        accepted(),
        accepted(link=Link()),
    ],
)
def test_what_has_nothing_to_write_is_no_bytes(entry: Accepted | Duplicate | Rejected | Refused | Tick) -> None:
    assert encode(Revision(1, entry)) == b""


def test_special_characters_in_tags_and_texts_survive() -> None:
    entry = accepted(
        device="a b,c=d\\e",
        city="",
        link=Link(None, None, (Reception('gw "one" \\ two\n'),)),
    )
    (point,) = read_points(lines(entry).encode())
    assert point.tags == {"device": "a b,c=d\\e", "feature": "air-station/A-1", "pilot": "air-delft"}
    assert point.fields == {"receptions": 1.0, "gateway_id": 'gw "one" \\ two\ufffd'}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (accepted(observed(value=math.nan)), "gauge cannot hold"),
        (accepted(observed(value=math.inf)), "gauge cannot hold"),
        (accepted(observed(value=-math.inf)), "gauge cannot hold"),
        (accepted(observed(value="warm")), "gauge cannot hold"),
        (accepted(observed(value=True)), "gauge cannot hold"),
        (accepted(observed(value=2**53 + 1)), "gauge cannot hold"),
        (accepted(observed("occupied", 1.0)), "flag cannot hold"),
        (accepted(observed("colour", 1.0)), "'colour' is not in the vocabulary"),
        (accepted(observed("colour", quality="retracted")), "'colour' is not in the vocabulary"),
        (accepted(observed(feature="castle/1")), "'castle' is not in the vocabulary"),
        (accepted(observed(time_ns=2**63)), "outside what InfluxDB can store"),
        (accepted(observed(), device="two\nlines"), "only printable"),
        (accepted(observed(), device="ends with \\"), "backslash"),
        (accepted(observed(), pilot="a\\ b"), "backslash"),
    ],
)
def test_what_cannot_be_said_truly_is_refused_with_its_reason(entry: Accepted, why: str) -> None:
    with pytest.raises(UnwritableError, match=why):
        lines(entry)


def test_whole_numbers_from_analytics_become_floats() -> None:
    entry = Derived("p", 1, "x", "y", (observed(value=3, interval_ns=10**9),))
    assert " temperature_c=3.0 " in lines(entry)


def test_the_strongest_reception_speaks_for_all() -> None:
    weak, strong, silent = Reception("a", -110.0, 9.0), Reception("b", -80.0, 1.0), Reception("c")
    assert best_reception((weak, silent, strong)) is strong
    assert best_reception((silent,)) is silent
    assert best_reception((Reception("d", -80.0, 7.0), strong)).gateway_id == "d"
    (point,) = read_points(lines(accepted(link=Link(1, None, (silent,)))).encode())
    assert point.fields == {"f_cnt": 1.0, "receptions": 1.0, "gateway_id": "c"}
    (point,) = read_points(lines(accepted(link=Link(None, 2, (Reception("e", math.nan, math.inf),)))).encode())
    assert point.fields == {"f_port": 2.0, "receptions": 1.0, "gateway_id": "e"}


PRINTABLE = st.text(st.characters(codec="utf-8").filter(str.isprintable), min_size=1, max_size=12)
WRITABLE = PRINTABLE.filter(lambda text: not text.endswith("\\") and not any(f"\\{c}" in text for c in ",= "))
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "gauge": st.floats(allow_nan=False, allow_infinity=False),
    "counter": st.floats(min_value=0, allow_nan=False, allow_infinity=False),
    "flag": st.booleans(),
    "state": st.text(max_size=8),
}


@st.composite
def some_observations(draw: st.DrawFn) -> tuple[Observation, ...]:
    feature = f"{draw(st.sampled_from(sorted(FEATURE_TYPES)))}/{draw(WRITABLE)}"
    names = draw(st.lists(st.sampled_from(sorted(PROPERTIES)), min_size=1, max_size=6, unique=True))
    time_ns = draw(st.integers(-(2**63) + 2, 2**63 - 2))
    return tuple(
        Observation(feature, name, draw(VALUES[PROPERTIES[name].kind]), time_ns, draw(st.sampled_from(["device"])))
        for name in names
    )


@settings(max_examples=150, deadline=None)
@given(some_observations(), WRITABLE, WRITABLE, WRITABLE)
def test_everything_writable_is_read_back_exactly(
    observations: tuple[Observation, ...], city: str, pilot: str, device: str
) -> None:
    feature, time_ns = observations[0].feature, observations[0].time_ns
    entry = accepted(*observations, city=city, pilot=pilot, device=device, feature=feature)
    body = encode(Revision(1, entry))
    (point,) = read_points(body)
    assert point.measurement == FEATURE_TYPES[feature.partition("/")[0]].domain
    assert point.tags == {"city": city, "pilot": pilot, "device": device, "feature": feature}
    assert point.time_ns == time_ns
    fields = dict(point.fields)
    assert fields.pop("time_source") == "device"
    for observation in observations:
        value = fields.pop(observation.property)
        expected = observation.value
        if isinstance(expected, str):
            expected = "".join(c if c.isprintable() else "\ufffd" for c in expected)
        assert (type(value), value) == (type(expected), expected)
    assert fields == {}
    assert body == encode(Revision(99, entry)), "the same entry is the same bytes under any number"
