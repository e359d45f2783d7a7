"""Which box on which pole sent this? The operator's records, found by id and event time.

A device may have several records: it was moved, recalibrated, given another profile. Each holds for its span
``[valid_from, valid_to)``; where spans overlap, the one that begins later speaks.
"""

import re
from collections.abc import Iterable, Iterator

from pipelines.model import Device, Rejected

_EUI = re.compile(r"[0-9a-f]{16}")


class DeviceIndex:
    """All records by device id. A LoRaWAN EUI is found however it is written: ``A8-17-58…``, ``A81758…``, ``a8:…``."""

    __slots__ = ("_by_eui", "_by_id")

    def __init__(self, devices: Iterable[Device] = ()) -> None:
        by_id: dict[str, list[Device]] = {}
        for device in devices:
            by_id.setdefault(device.id, []).append(device)
        for records in by_id.values():
            records.sort(key=_begins, reverse=True)
        self._by_id = {device_id: tuple(records) for device_id, records in by_id.items()}
        self._by_eui = {eui: device_id for device_id in self._by_id if (eui := plain_eui(device_id))}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Device]:
        for records in self._by_id.values():
            yield from records

    def records(self, device_id: str) -> tuple[Device, ...]:
        """Every record of this device, the one that begins latest first; empty for a stranger."""
        records = self._by_id.get(device_id)
        if records is None:
            records = self._by_id.get(self._by_eui.get(plain_eui(device_id), ""), ())
        return records


def identify(records: tuple[Device, ...], time_ns: int) -> Device | Rejected:
    """The record that holds at this time. ``records`` as ``DeviceIndex.records`` gives them, not empty."""
    for device in records:
        begins, ends = device.valid_from_ns, device.valid_to_ns
        if (begins is None or begins <= time_ns) and (ends is None or time_ns < ends):
            return device
    return Rejected("not_valid_then", f"{records[0].id} has no record for this time", device=records[0].id)


def _begins(device: Device) -> int:
    return -(2**63) if device.valid_from_ns is None else device.valid_from_ns


def plain_eui(device_id: str) -> str:
    """The 16 lower-case hex digits of an EUI-64; empty for any other name."""
    plain = device_id.lower().replace("-", "").replace(":", "")
    return plain if _EUI.fullmatch(plain) else ""
