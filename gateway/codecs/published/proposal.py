"""Which property is this reading? A proposal from its name and from the values that the vectors show; a person decides.

Law: proposed is only what fits: a number for a quantity, in the vocabulary's range; true, false, 0 or 1 for a flag.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from pipelines.layout.notation import Reading
from pipelines.model import Value
from pipelines.vocabulary import PROPERTIES

NAMES: Mapping[str, str] = {
    "temperature_c": "temperature temp tempc tempcsht tempcds airtemperature ambienttemperature temperaturec",
    "humidity_percent": "humidity hum relativehumidity rh humsht airhumidity humiditypercent",
    "pressure_hpa": "pressure barometricpressure airpressure barometer atmosphericpressure",
    "co2_ppm": "co2 co2ppm co2concentration",
    "illuminance_lx": "light illuminance lux illumination lightintensity illuminancelux",
    "battery_v": "batv batteryvoltage batvoltage vbat batteryv voltagebattery",
    "battery_percent": "battery batterylevel batterypercent batterypercentage batterystate",
    "distance_mm": "distance distancemm",
    "fill_level_percent": "filllevel filllevelpercent fillpercentage",
    "soil_moisture_percent": "soilmoisture moisture watersoil volumetricwatercontent soilhumidity",
    "soil_temperature_c": "soiltemperature tempsoil soiltemp",
    "soil_conductivity_us_cm": "soilconductivity conductsoil conductivity",
    "motion": "motion pir motiondetected",
    "occupied": "occupied parkingoccupied isoccupied",
    "leak": "leak waterleak waterleakstatus leakage",
    "door_open": "dooropen dooropenstatus",
    "tamper": "tamper tamperstatus",
    "rain_mm": "rain rainfall precipitation",
    "wind_speed_m_s": "windspeed",
    "wind_direction_deg": "winddirection",
    "wind_gust_m_s": "windgust maximumwindspeed",
    "solar_radiation_w_m2": "solarradiation",
    "pm1_ug_m3": "pm1",
    "pm25_ug_m3": "pm25",
    "pm10_ug_m3": "pm10",
    "tvoc_ppb": "tvoc",
    "laeq_db": "laeq soundavg",
    "lamax_db": "lamax soundpeak",
    "pulses": "pulses pulsecount pulse pulse1 pulseabs",
    "energy_import_kwh": "energy totalenergy activeenergy energykwh",
    "power_w": "power activepower",
    "voltage_v": "voltage",
    "current_a": "current",
    "ph": "ph soilph",
}
_PROPERTY = {name: prop for prop, names in NAMES.items() for name in names.split()}
_MILLIVOLT = 100
_PER_CENT = 20
"""A battery "level" above this is per cent, below it volts; above 100 it is millivolts."""


class Proposed(msgspec.Struct, frozen=True):
    """One reading: what the vectors say it is, and which property it seems to be ("" where nothing fits)."""

    reading: str
    sample: Value
    property: str = ""
    unit: str = ""


def propose(readings: Iterable[Reading], given: Mapping[str, str] | None = None) -> list[Proposed]:
    """A row for each reading name, in order of appearance. ``given``: reading → property, where a person said so."""
    samples: dict[str, Value] = {}
    for reading in readings:
        samples.setdefault(reading.name, reading.value)
    taken = set((given or {}).values())
    rows: list[Proposed] = []
    for name, sample in samples.items():
        if given and name in given:
            rows.append(Proposed(name, sample, given[name]))
            continue
        row = _guess(name, sample)
        if row.property in taken:  # two readings of one property would be one observation
            row = Proposed(name, sample)
        taken.add(row.property)
        rows.append(row)
    return rows


def _guess(name: str, sample: Value) -> Proposed:
    last = re.sub(r"[^a-z0-9]", "", name.rpartition(".")[2].lower())
    prop, unit = _PROPERTY.get(last, ""), ""
    if prop in ("battery_v", "battery_percent") and isinstance(sample, int | float):
        prop, unit = _battery(prop, sample)
    if prop == "pressure_hpa" and isinstance(sample, int | float) and sample > 2_000:  # noqa: PLR2004 - no place on earth
        unit = "Pa"
    row = PROPERTIES.get(prop)
    if row is None:
        return Proposed(name, sample)
    if row.kind == "flag":
        fits = sample in (0, 1) and not isinstance(sample, str)
    else:
        fits = isinstance(sample, int | float) and not isinstance(sample, bool)
        if fits and not unit and isinstance(sample, int | float):
            low, high = row.low, row.high
            fits = (low is None or sample >= low) and (high is None or sample <= high)
    return Proposed(name, sample, prop, unit) if fits else Proposed(name, sample)


def _battery(prop: str, sample: float) -> tuple[str, str]:
    if sample > _MILLIVOLT:
        return "battery_v", "mV"
    return ("battery_percent", "") if prop == "battery_percent" and sample > _PER_CENT else ("battery_v", "")
