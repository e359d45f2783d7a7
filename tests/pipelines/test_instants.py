"""Instants against the standard library's calendar, and against what networks really write."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import instants

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=dt.datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=dt.datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=OFFSETS,
)


def microseconds(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


@given(MOMENTS)
def test_reads_every_moment_as_the_calendar_does(moment: dt.datetime) -> None:
    assert instants.parse_rfc3339(moment.isoformat()) == microseconds(moment) * 1_000


@given(MOMENTS)
def test_writes_what_the_calendar_reads_back(moment: dt.datetime) -> None:
    text = instants.format_rfc3339(microseconds(moment) * 1_000)
    assert dt.datetime.fromisoformat(text) == moment


@given(st.integers(instants.EARLIEST_NS, instants.LATEST_NS - 1))
def test_writing_then_reading_keeps_every_nanosecond(instant_ns: int) -> None:
    assert instants.parse_rfc3339(instants.format_rfc3339(instant_ns)) == instant_ns


@given(st.text(max_size=40) | st.from_regex(r"[0-9T:.Zz+ -]{0,40}", fullmatch=True))
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    try:
        instant_ns = instants.parse_rfc3339(text)
    except ValueError:
        return
    assert not instants.is_plausible(instant_ns) or text[:2] in ("19", "20", "21")


@pytest.mark.parametrize(
    ("text", "instant_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2023-06-23T09:10:28.649Z", 1_687_511_428_649_000_000),
        ("2023-06-23T09:10:28.123456789Z", 1_687_511_428_123_456_789),
        ("2023-06-23T11:10:28.649+02:00", 1_687_511_428_649_000_000),
        ("2023-06-23t09:10:28.649z", 1_687_511_428_649_000_000),
        ("2023-06-23 09:10:28.649Z", 1_687_511_428_649_000_000),
        ("2023-06-23T09:10:28.1234567899Z", 1_687_511_428_123_456_789),  # a tenth digit is cut off, never rounded up
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
        ("2017-01-01T05:29:60.5+05:30", 1_483_228_800_500_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000_000),  # Go's zero time
        ("9999-12-31T23:59:59Z", 253_402_300_799_000_000_000),
    ],
)
def test_reads_an_instant(text: str, instant_ns: int) -> None:
    assert instants.parse_rfc3339(text) == instant_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-06-23",
        "2023-06-23T09:10:28",  # no offset
        "2023-06-23T09:10:28.Z",
        "2023-06-23T09:10:28,5Z",
        "2023-06-23T09:10Z",
        "2023-06-23T24:00:00Z",
        "2023-06-23T09:60:00Z",
        "2023-06-23T09:10:61Z",
        "2023-06-23T09:10:60Z",  # no leap second in the middle of a day
        "2023-02-29T00:00:00Z",
        "2023-13-01T00:00:00Z",
        "2023-00-10T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2023-06-23T09:10:28+24:00",
        "2023-06-23T09:10:28+02:60",
        "2023-06-23T09:10:28+0200",
        "2023-06-23T09:10:+8Z",
        "2023-06-23T09:10:28.٣Z",
        "٢٠٢٣-06-23T09:10:28Z",
        " 2023-06-23T09:10:28Z",
        "2023-06-23T09:10:28Z ",
        "2023-06-23T09:10:28." + "0" * 80 + "Z",
        "+023-06-23T09:10:28Z",
        "1_00-06-23T09:10:28Z",
    ],
)
def test_refuses_what_is_not_an_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        instants.parse_rfc3339(text)


@pytest.mark.parametrize(
    ("number", "unit", "instant_ns"),
    [
        (1_687_511_428, "epoch_s", 1_687_511_428_000_000_000),
        (1_687_511_428_896, "epoch_ms", 1_687_511_428_896_000_000),
        (1_687_511_428_896_001, "epoch_us", 1_687_511_428_896_001_000),
        (1_687_511_428_896_001_002, "epoch_ns", 1_687_511_428_896_001_002),
        (1_687_511_428.896, "epoch_s", 1_687_511_428_896_000_000),
    ],
)
def test_reads_an_epoch_number(number: float, unit: str, instant_ns: int) -> None:
    assert instants.epoch_ns(number, unit) == instant_ns


@pytest.mark.parametrize(("number", "unit"), [(float("nan"), "epoch_s"), (float("inf"), "epoch_ms"), (1, "epoch")])
def test_refuses_an_epoch_number_that_is_none(number: float, unit: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        instants.epoch_ns(number, unit)


@pytest.mark.parametrize(
    ("text", "plausible"),
    [
        ("1970-01-01T00:00:00Z", False),
        ("1999-12-31T23:59:59.999999999Z", False),
        ("2000-01-01T00:00:00Z", True),
        ("2099-12-31T23:59:59.999999999Z", True),
        ("2100-01-01T00:00:00Z", False),
        ("9999-01-01T00:00:00Z", False),
    ],
)
def test_knows_which_years_a_clock_can_be_right_in(text: str, plausible: bool) -> None:
    assert instants.is_plausible(instants.parse_rfc3339(text)) is plausible


@pytest.mark.parametrize("instant_ns", [-62_135_596_800_000_000_001, 253_402_300_800_000_000_000, 10**30, -(10**30)])
def test_writes_no_year_that_rfc_3339_lacks(instant_ns: int) -> None:
    with pytest.raises(ValueError, match="year"):
        instants.format_rfc3339(instant_ns)
