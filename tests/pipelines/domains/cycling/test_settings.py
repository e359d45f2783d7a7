from datetime import date

import msgspec
import pytest

from gateway.files.domain_tables import read_details, read_settings
from pipelines.domains.cycling.settings import CounterDetails, factor_at, read_factors
from pipelines.vocabulary import Domain
from tests.pipelines.domains.fold import BRUSSELS, at


def test_a_history_of_calibrations_holds_from_local_midnight_on() -> None:
    text = "2027-03-01 1.08, 2027-09-01 0.95"
    assert read_factors(text) == ((date(2027, 3, 1), 1.08), (date(2027, 9, 1), 0.95))
    moments = ["2027-02-28T23:59", "2027-03-01T00:00", "2027-08-31T23:59", "2027-09-01T00:00"]
    assert [factor_at(text, at(moment), BRUSSELS) for moment in moments] == [1.0, 1.08, 1.08, 0.95]
    assert factor_at("", at("2027-03-01T00:00"), BRUSSELS) == 1.0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.08", "no day and factor"),
        ("2027-03-01 1,08", "no day and factor"),
        ("2027-02-30 1.08", "no day and factor"),
        ("2027-03-01 100", "no factor between"),
        ("2027-09-01 1.1, 2027-03-01 1.2", "must rise"),
    ],
)
def test_a_wrong_history_is_refused_where_it_is_written(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_details("bike-counter/a", {"factors": text})


def test_files_say_how_counters_are_read() -> None:
    details = read_details("bike-counter/a", {"register_max": 65_535, "section": "bridge", "direction": "forward"})
    assert details == CounterDetails(register_max=65_535.0, section="bridge", direction="forward")
    with pytest.raises(ValueError, match="direction"):
        read_details("bike-counter/a", {"direction": "north"})
    assert read_settings(Domain.CYCLING, {"valid_hours": 20}) == read_settings(Domain.MOBILITY, {"valid_hours": 20})
    assert msgspec.structs.asdict(CounterDetails())["max_per_hour"] == 10_000.0
