"""Readings that show what was set."""

import pytest

from pipelines.downlinks.confirm import shown_by
from pipelines.layout.notation import Reading
from pipelines.model import Value

BY = {"interval": "report_interval", "valve": "valve_1"}


@pytest.mark.parametrize(
    ("readings", "values", "shown"),
    [
        ([Reading("report_interval", 1200)], {"interval": 1200}, True),
        ([Reading("report_interval", 1200.0)], {"interval": 1200}, True),
        ([Reading("report_interval", 600)], {"interval": 1200}, False),
        ([Reading("temperature", 1200)], {"interval": 1200}, False),
        ([Reading("report_interval", 1200, age_s=60)], {"interval": 1200}, False),
        ([Reading("report_interval", 1200, time_ns=5)], {"interval": 1200}, False),
        ([Reading("report_interval", True)], {"interval": 1}, False),
        ([Reading("report_interval", "1200")], {"interval": 1200}, False),
        ([Reading("valve_1", "open")], {"valve": "open"}, True),
        ([Reading("valve_1", "open")], {"valve": "open", "interval": 5}, False),
        ([Reading("valve_1", "open")], {"other": 5}, False),
        ([], {"valve": "open"}, False),
    ],
)
def test_only_a_present_reading_with_the_value_shows_it(
    readings: list[Reading], values: dict[str, Value], shown: bool
) -> None:
    assert shown_by(readings, values, BY) is shown
