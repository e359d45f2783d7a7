"""The newest of everything, fed entry by entry: what counts as newest, as an alarm, and what stays within bounds."""

import msgspec
import pytest

from gateway.dashboard import present as module
from gateway.dashboard.present import Present
from pipelines.model import Accepted, Derived, LedgerEntry, Observation, Quality, Revision

HOUR_NS = 3_600 * 10**9


def accepted(at: int, value: float | bool, name: str = "temperature_c", *, quality: Quality = "ok") -> Accepted:
    said = Observation("tree/1", name, value, at, quality=quality)
    return Accepted(at, "a", "green", "delft", "tree/1", at, at + 5, (said,))


def derived(at: int, value: float | bool | str, name: str, *, interval_ns: int = 0, quality: Quality = "ok") -> Derived:
    said = Observation("tree/1", name, value, at, quality=quality, interval_ns=interval_ns)
    return Derived("silence", at, "green", "delft", (said,))


def fed(*entries: LedgerEntry) -> Present:
    present = Present(None, None)  # type: ignore[arg-type]  # nothing is read in these tests
    for number, entry in enumerate(entries, 1):
        present.take([Revision(number, entry)])
    return present


def test_the_newest_by_its_own_time_counts_whatever_the_order() -> None:
    cell = fed(accepted(20, 2.0), accepted(30, 3.0), accepted(10, 1.0)).cells("tree/1")["temperature_c", 0]
    assert (cell.value, cell.time_ns, cell.revision) == (3.0, 30, 2)


def test_a_corrected_value_of_the_same_time_takes_its_place_and_a_retracted_one_goes() -> None:
    present = fed(accepted(10, 1.0), accepted(10, 2.0))
    assert present.cells("tree/1")["temperature_c", 0].value == 2.0
    present.take([Revision(3, accepted(10, 2.0, quality="retracted"))])
    assert dict(present.cells("tree/1")) == {}


def test_a_state_keeps_the_time_since_when_it_stands() -> None:
    present = fed(accepted(10, True, "occupied"), accepted(20, True, "occupied"), accepted(30, True, "occupied"))
    cell = present.cells("tree/1")["occupied", 0]
    assert (cell.since_ns, cell.time_ns) == (10, 30)
    present.take([Revision(4, accepted(40, False, "occupied"))])
    assert present.cells("tree/1")["occupied", 0].since_ns == 40


def test_an_alarm_stands_until_it_is_cleared() -> None:
    present = fed(derived(10, True, "silent"))
    assert list(present.raised) == [("tree/1", "silent")]
    present.take([Revision(2, derived(20, False, "silent"))])
    assert present.raised == {}
    present.take([Revision(3, derived(30, "danger", "flood_state"))])
    assert present.raised["tree/1", "flood_state"].value == "danger"
    present.take([Revision(4, derived(30, "danger", "flood_state", quality="retracted"))])
    assert present.raised == {}


def test_intervals_of_one_property_stand_side_by_side_and_the_newest_ended_last() -> None:
    present = fed(
        derived(0, 5.0, "bicycles", interval_ns=24 * HOUR_NS),
        derived(20 * HOUR_NS, 1.0, "bicycles", interval_ns=HOUR_NS),
    )
    assert len(present.cells("tree/1")) == 2
    found = present.newest("tree/1", "people", "bicycles")
    assert found is not None
    assert found[0] == ("bicycles", 24 * HOUR_NS)
    assert present.newest("tree/2", "bicycles") is None


def test_every_change_has_its_version_and_an_older_value_is_none() -> None:
    present = fed(accepted(10, 1.0))
    before = present.changed["tree/1"]
    present.take([Revision(2, msgspec.structs.replace(accepted(5, 1.0), device="b", feature="tree/2"))])
    assert present.changed["tree/1"] == before
    assert present.changed["tree/2"] > before


def test_what_is_beyond_its_bounds_is_counted_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CELLS", 2)
    monkeypatch.setattr(module, "MAX_DEVICES", 1)
    present = fed(
        accepted(1, 1.0), accepted(2, True, "fire"), accepted(3, 5.0, "humidity_percent"),
        msgspec.structs.replace(accepted(4, 2.0), device="b"),
    )  # fmt: skip
    assert set(present.cells("tree/1")) == {("temperature_c", 0), ("fire", 0)}
    assert set(present.spoken) == {"a"}
    assert present.left_out == 2


def test_a_device_is_as_newly_heard_as_its_newest_message() -> None:
    present = fed(accepted(20, 1.0), accepted(10, 1.0), accepted(40, 1.0))
    spoken = present.spoken["a"]
    assert (spoken.first_ns, spoken.last_ns, spoken.revision) == (15, 45, 3)
