"""Finding the operator's record of a device by id and time."""

import pytest

from pipelines.identify import DeviceIndex, identify
from pipelines.model import Device, Rejected


def record(device_id: str = "a", begins: int | None = None, ends: int | None = None, feature: str = "tree/1") -> Device:
    return Device(device_id, "p", "pilot", "city", feature, valid_from_ns=begins, valid_to_ns=ends)


def test_a_stranger_has_no_records() -> None:
    index = DeviceIndex([record("a")])
    assert index.records("b") == ()
    assert index.records("") == ()
    assert DeviceIndex().records("a") == ()


def test_the_index_counts_devices_and_lists_records() -> None:
    old, new, other = record("a", None, 10), record("a", 10), record("b")
    index = DeviceIndex([old, new, other])
    assert len(index) == 2
    assert list(index) == [new, old, other]


@pytest.mark.parametrize(
    ("time_ns", "feature"),
    [(-5, "tree/first"), (9, "tree/first"), (10, "tree/second"), (19, "tree/second"), (25, "tree/third")],
)
def test_the_record_that_holds_at_event_time_is_taken(time_ns: int, feature: str) -> None:
    history = [
        record("a", 20, None, "tree/third"),
        record("a", None, 10, "tree/first"),
        record("a", 10, 20, "tree/second"),
    ]
    found = identify(DeviceIndex(history).records("a"), time_ns)
    assert isinstance(found, Device)
    assert found.feature == feature


def test_where_spans_overlap_the_later_beginning_speaks() -> None:
    index = DeviceIndex([record("a", None, None, "tree/old"), record("a", 10, None, "tree/new")])
    found = identify(index.records("a"), 10)
    assert isinstance(found, Device)
    assert found.feature == "tree/new"


@pytest.mark.parametrize("time_ns", [9, 20, 21])
def test_a_known_device_outside_its_spans_is_rejected_by_name(time_ns: int) -> None:
    found = identify(DeviceIndex([record("a", 10, 20)]).records("a"), time_ns)
    assert isinstance(found, Rejected)
    assert (found.reason, found.device) == ("not_valid_then", "a")


@pytest.mark.parametrize("written", ["a81758fffe04b1c1", "A81758FFFE04B1C1", "A8-17-58-FF-FE-04-B1-C1"])
@pytest.mark.parametrize("heard", ["a81758fffe04b1c1", "A81758FFFE04B1C1", "a8:17:58:ff:fe:04:b1:c1"])
def test_an_eui_is_found_however_it_is_written(written: str, heard: str) -> None:
    assert [device.id for device in DeviceIndex([record(written)]).records(heard)] == [written]


def test_other_names_are_found_only_as_written() -> None:
    assert DeviceIndex([record("Bin-7")]).records("bin-7") == ()
