"""From a pilot's file and the store to a Report: which days, which KPIs, what the city aimed at."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.files.load import Files
from gateway.files.pilots import Pilot
from gateway.reports.page import Report
from gateway.reports.reading import read_days, read_devices, recorded_span
from gateway.version import VERSION
from pipelines.domains.local_time import bounds_of
from pipelines.model import Device, Location
from pipelines.pilots.evaluate import Aim, Evaluation, Span, evaluate
from pipelines.pilots.kpi import Better, Kpi, own_kpi
from pipelines.pilots.quality import DeviceQuality, figures_of
from pipelines.pilots.table import KPIS

BASELINE_DAYS = 7
"""What happened to be recorded in fewer days before the pilot is no baseline: it lacks a week's rhythm."""
MADE_WITH = "Mosquitto or a LoRaWAN network server in front of it"


FROM_THE_GRID = ("energy_import_interval_kwh", "peak_import_power_w")
"""What only a meter at the border with the grid tells; one at the panels would be a building at rest."""


class NothingRecordedError(Exception):
    """The store holds nothing of this pilot in these days."""


def build(
    files: Files, pilot: Pilot, store: Path, *, today: date, first: date | None = None, last: date | None = None
) -> Report:
    """The report over the pilot's days, at most until yesterday. Raises NothingRecordedError and FileNotFoundError."""
    zone = ZoneInfo(pilot.timezone)
    recorded = recorded_span(store, pilot.id, zone)
    if recorded is None:
        raise NothingRecordedError(f"the store holds nothing of pilot '{pilot.id}'")
    span = _span(pilot, recorded, today=today, first=first, last=last)
    before = _before(pilot, recorded, span)
    aims, own = _aims(pilot)
    kpis = [*(kpi for kpi in KPIS if kpi.domain in pilot.domains), *own]
    needed = {name.partition(":")[0] for kpi in kpis for name in (*kpi.properties, kpi.watched) if name}
    measured = {kpi.top.property for kpi in own}
    whole = Span(min(span.first, before.first) if before else span.first, span.last)
    panels = _at_panels(files, pilot)
    days = read_days(store, pilot.id, zone, whole, needed=needed, own=measured, without=panels)
    heard = read_devices(store, pilot.id, zone, span)
    devices = [*heard, *_never_heard(files, pilot, heard, span)]
    evaluations = [evaluate(kpi, days, span, aim=aims.get(kpi.id, Aim()), before=before) for kpi in kpis]
    shown = [one for one in evaluations if one.pilot.usable or kpi_is_wanted(one.kpi, pilot)]
    return Report(
        pilot_id=pilot.id,
        title=pilot.title,
        city=pilot.city,
        domains=tuple(domain.value for domain in pilot.domains),
        publisher=pilot.publisher,
        contact=pilot.contact.email,
        licence=pilot.licence,
        span=span,
        before=before,
        figures=figures_of(devices, len(span.days) * 24.0),
        devices=devices,
        places=_places(files, pilot, heard),
        connections=_connections(files, pilot) if pilot.privacy_class == "D" else None,
        evaluations=shown,
        written=today,
        version=VERSION,
        made_with=MADE_WITH,
        excluded=_excluded(shown),
        unmeasured=[one.kpi.title for one in evaluations if one not in shown],
    )


def kpi_is_wanted(kpi: Kpi, pilot: Pilot) -> bool:
    """One that the pilot's file names is shown also when nothing was measured."""
    return any(kpi.id in (wish.kpi, f"mean-{wish.property}") for wish in pilot.kpis)


def _span(pilot: Pilot, recorded: Span, *, today: date, first: date | None, last: date | None) -> Span:
    begin = first or max(pilot.start, recorded.first)
    end = last or min(pilot.end or recorded.last, recorded.last, today - timedelta(days=1))
    if end < begin:
        has = f"it begins {pilot.start}, recorded is {recorded.first} to {recorded.last}"
        raise NothingRecordedError(f"no whole day of pilot '{pilot.id}' is recorded: {has}")
    return Span(begin, end)


def _before(pilot: Pilot, recorded: Span, span: Span) -> Span | None:
    """The baseline days: those that the file names, else all that was recorded before the pilot's first day."""
    if pilot.baseline is not None:
        return Span(pilot.baseline.first, pilot.baseline.last)
    last = span.first - timedelta(days=1)
    return Span(recorded.first, last) if (last - recorded.first).days >= BASELINE_DAYS else None


def _aims(pilot: Pilot) -> tuple[Mapping[str, Aim], Sequence[Kpi]]:
    """What the file aims at, by KPI; and the KPIs that it makes itself out of a property."""
    aims: dict[str, Aim] = {}
    own: list[Kpi] = []
    for wish in pilot.kpis:
        if wish.property:
            better: Better = "lower" if wish.baseline is not None and wish.target < wish.baseline else "higher"
            kpi = own_kpi(wish.property, domain=pilot.domains[0], title=wish.name, better=better, unit=wish.unit)
            own.append(kpi)
        aims[wish.kpi or own[-1].id] = Aim(wish.baseline, wish.source, wish.target)
    return aims, own


def _never_heard(files: Files, pilot: Pilot, heard: Sequence[DeviceQuality], span: Span) -> list[DeviceQuality]:
    """Devices of the pilot's files that the store has never seen: their hours are expected like the others'."""
    known = {device.device for device in heard}
    zone = ZoneInfo(pilot.timezone)
    hours = len(span.days) * 24
    return [
        DeviceQuality(device.id, device.feature, device.profile, 0, hours, 0, 0, silent_h=float(hours))
        for device in files.devices
        if device.pilot == pilot.id and device.id not in known and _stood(device, span, zone)
    ]


def _stood(device: Device, span: Span, zone: ZoneInfo) -> bool:
    """Whether the file says that the device was there at some time of the span."""
    begin_ns, end_ns = bounds_of(span.first, zone)[0], bounds_of(span.last, zone)[1]
    first_ns, last_ns = device.valid_from_ns, device.valid_to_ns
    return (first_ns is None or first_ns < end_ns) and (last_ns is None or last_ns > begin_ns)


def _at_panels(files: Files, pilot: Pilot) -> set[tuple[str, str]]:
    """Property and feature of meters that count what panels produce."""
    features = [
        one.feature for one in files.devices if one.pilot == pilot.id and one.details.get("role") == "production"
    ]
    return {(name, feature) for name in FROM_THE_GRID for feature in features}


def _connections(files: Files, pilot: Pilot) -> int:
    """Households and firms of the pilot; two meters of one connection are one."""
    return len({one.details.get("connection") or one.feature for one in files.devices if one.pilot == pilot.id})


def _places(files: Files, pilot: Pilot, heard: Sequence[DeviceQuality]) -> dict[str, tuple[Location, float | None]]:
    shares = {one.feature: one.completeness for one in heard}
    return {
        device.feature: (device.location, shares.get(device.feature))
        for device in files.devices
        if device.pilot == pilot.id and device.location is not None
    }


def _excluded(evaluations: Sequence[Evaluation]) -> dict[str, list[date]]:
    return {one.kpi.title: [day for day, value in one.pilot.course if value is None] for one in evaluations}
