"""Stamps are RFC 3339 to the microsecond."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.instants import parse_rfc3339
from simulators.networks.stamps import stamp


@given(st.integers(0, 4_102_444_799_999_999_999))
def test_a_stamp_is_read_back_without_its_last_three_digits(at_ns: int) -> None:
    assert parse_rfc3339(stamp(at_ns)) == at_ns // 1_000 * 1_000
    assert len(stamp(at_ns)) == len("2026-11-02T07:30:12.034567Z")
