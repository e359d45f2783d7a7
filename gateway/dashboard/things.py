"""Devices as things: where each hangs now, how it is, and the one value by which one knows it.

Law: a Thing is made again only when its feature or the files changed, so that a thousand of them cost little a second.
"""

from collections.abc import Sequence

import msgspec

from gateway.dashboard.answers import Thing, ThingState
from gateway.dashboard.present import Cell, Present
from gateway.dashboard.units import ms, reading
from gateway.knowledge import Known
from pipelines.domains import HOUR_NS
from pipelines.model import Device
from pipelines.vocabulary import FEATURE_TYPES, LINK_PROPERTIES, PROPERTIES

MAX_THINGS = 5_000
SILENT_AFTER_NS = 72 * HOUR_NS
"""Without analytics nobody learns a device's patience: after three days it counts as silent all the same."""
RECHECK_NS = HOUR_NS // 60

MAIN: dict[str, tuple[str, ...]] = {
    "parking-spot": ("occupied",),
    "waste-container": ("fill_level_clean_percent", "fill_level_percent", "distance_mm"),
    "bike-counter": ("bicycles", "bicycle_count_interval", "bicycle_count"),
    "bike-link": ("travel_time_median_s", "travel_time_s"),
    "bike-dock": ("bikes_available",),
    "people-counter": ("people", "people_count_interval", "people_present", "people_count", "wifi_devices"),
    "vehicle-counter": ("vehicles", "vehicle_count_interval", "vehicle_count"),
    "tree": ("soil_moisture_percent", "soil_tension_kpa", "soil_temperature_c"),
    "parcel": ("soil_moisture_percent", "soil_tension_kpa", "soil_temperature_c"),
    "air-station": ("pm25_ug_m3", "pm10_ug_m3", "no2_ug_m3", "o3_ug_m3", "co2_ppm", "temperature_c"),
    "noise-station": ("laeq_db", "la_db"),
    "weather-station": ("temperature_c", "rain_mm", "wind_speed_m_s", "illuminance_lx"),
    "water-level": ("water_level_m", "distance_mm"),
    "water-meter": ("water_use_l", "water_m3", "flow_l_h"),
    "water-quality": ("ph", "turbidity_ntu", "water_temperature_c"),
    "electricity-meter": ("power_w", "energy_import_kwh"),
    "street-light": ("lamp_level_percent", "switched_on", "power_w"),
    "safety-point": ("leak", "door_open", "presence", "motion", "digital_input", "tamper"),
}
"""By which properties one knows how a feature is, the first that is there."""
NOT_MAIN = {"battery_percent", "battery_v", "battery_low", "device_temperature_c", "link_margin_db", *LINK_PROPERTIES}


class Placed(msgspec.Struct, frozen=True):
    """A device id with the record that counts now, and all of its records, newest first."""

    record: Device
    records: tuple[Device, ...]


class ThingBook:
    """All things. ``refresh`` after each catching up; ``changed`` tells at which version each thing changed."""

    def __init__(self, present: Present) -> None:
        self.placed: dict[str, Placed] = {}
        self.by_feature: dict[str, list[str]] = {}
        self.things: dict[str, Thing] = {}
        self.changed: dict[str, int] = {}
        self.files = 0
        """Rises when the files are read anew."""
        self._present = present
        self._known: Known | None = None
        self._version = -1
        self._rechecked_ns = 0

    def refresh(self, known: Known, now_ns: int) -> None:
        """Make anew what changed since the last time."""
        version = self._present.version
        due = abs(now_ns - self._rechecked_ns) >= RECHECK_NS  # behind a backlog it is earlier than it was
        if known is not self._known or due:
            self._place(known, now_ns)
            self._rechecked_ns = now_ns
            wanted = list(self.placed)
        elif version != self._version:
            changed = self._present.changed
            features = [feature for feature, at in changed.items() if at > self._version]
            wanted = [id_ for feature in features for id_ in self.by_feature.get(feature, ())]
        else:
            return
        self._version = version
        for id_ in wanted:
            made = self._made(id_, now_ns)
            if made != self.things.get(id_):
                self.things[id_] = made
                self.changed[id_] = version

    def ordered(self) -> Sequence[Thing]:
        """By pilot, area and name."""
        return sorted(self.things.values(), key=lambda one: (one.pilot, one.area, one.name, one.id))

    def of(self, *, pilot: str | None = None, domain: str | None = None) -> Sequence[Thing]:
        """Those of a pilot, of a domain."""
        return [
            one
            for one in self.things.values()
            if (pilot is None or one.pilot == pilot) and (domain is None or one.domain == domain)
        ]

    def _place(self, known: Known, now_ns: int) -> None:
        by_id: dict[str, list[Device]] = {}
        for device in known.files.devices:
            by_id.setdefault(device.id, []).append(device)
        placed: dict[str, Placed] = {}
        for id_, records in by_id.items():
            records.sort(key=lambda one: one.valid_from_ns or 0, reverse=True)
            standing = [one for one in records if one.valid_to_ns is None or one.valid_to_ns > now_ns]
            if standing and len(placed) < MAX_THINGS:
                holds = [one for one in standing if (one.valid_from_ns or 0) <= now_ns]
                placed[id_] = Placed(holds[0] if holds else standing[-1], tuple(records))
        if known is not self._known:
            self.files += 1
            self._known = known
        self.placed = placed
        self.by_feature = {}
        for id_, one in placed.items():
            self.by_feature.setdefault(one.record.feature, []).append(id_)
        for gone in self.things.keys() - placed.keys():
            del self.things[gone]
            self.changed.pop(gone, None)

    def _made(self, id_: str, now_ns: int) -> Thing:
        device = self.placed[id_].record
        feature, present = device.feature, self._present
        cells = present.cells(feature)
        alarms = tuple(sorted(name for name, _ in cells if (feature, name) in present.raised and name != "silent"))
        spoken = present.spoken.get(id_)
        kind = FEATURE_TYPES[feature.partition("/")[0]]
        silent = (feature, "silent") in present.raised
        state: ThingState = "ok"
        if alarms:
            state = "alarm"
        elif spoken is None:
            state = "never"
        elif silent or now_ns - spoken.last_ns > SILENT_AFTER_NS:
            state = "silent"
        battery = cells.get(("battery_percent", 0))
        main = present.newest(feature, *MAIN.get(kind.name, ())) or self._any(feature)
        return Thing(
            id=id_,
            name=device.name or feature.partition("/")[2],
            pilot=device.pilot,
            domain=kind.domain.value,
            feature=feature,
            feature_type=kind.name,
            area=device.area,
            longitude=device.location.longitude if device.location else None,
            latitude=device.location.latitude if device.location else None,
            state=state,
            last_heard_ms=ms(spoken.last_ns) if spoken is not None else None,
            battery_percent=battery.value if battery is not None and isinstance(battery.value, float) else None,
            main=reading(feature, *main) if main is not None else None,
            alarms=alarms,
        )

    def _any(self, feature: str) -> tuple[tuple[str, int], Cell] | None:
        """Of a feature without one of its usual values: what it measures, in the order of the vocabulary."""
        cells = self._present.cells(feature)
        measured = {key for key, cell in cells.items() if not cell.by and key[0] not in NOT_MAIN}
        for name in PROPERTIES if measured else ():
            if (name, 0) in measured:
                return (name, 0), cells[name, 0]
        return None
