"""The vocabulary: every observed property and every feature type, once. Line protocol, topics, checks and docs read it.

Laws
- A name never changes its unit, kind or meaning; rows are added, never altered.
- Units are UCUM here; ``unit_code`` is UN/CEFACT Recommendation 20, which NGSI-LD wants ("" where none is clean).
- ``low`` and ``high`` are what the physical quantity can be outdoors in a city, not what a sensor may say.
"""

from enum import StrEnum
from typing import Literal

import msgspec


class Domain(StrEnum):
    """The domains a pilot can have; also the InfluxDB measurements and the topic segment."""

    PARKING = "parking"
    WASTE = "waste"
    CYCLING = "cycling"
    GREEN = "green"
    WATER = "water"
    ENERGY = "energy"
    AIR = "air"
    NOISE = "noise"
    WEATHER = "weather"
    AGRI = "agri"
    SAFETY = "safety"
    MOBILITY = "mobility"
    LIGHT = "light"
    NETWORK = "network"


Kind = Literal["gauge", "counter", "state", "flag"]
Severity = Literal["warning", "critical"]


class ObservedProperty(msgspec.Struct, frozen=True):
    """One row. ``kind`` fixes the type for ever: gauge and counter float, state str, flag bool.

    ``states`` lists the allowed words of a state. A counter only grows until it is reset or rolls over.
    ``max_step``: a change between two readings larger than this is a spike (None: any change is possible).
    ``stuck_after``: a quantity that always wavers; so many equal readings in a row are suspect (0: may stand still).
    ``event``: it says that something happened at an instant (a collection), not how something stood.
    ``alarm``: the values that somebody must be told of, and how bad each is; every other value is the all-clear.
    """

    name: str
    unit: str
    kind: Kind
    title: str
    low: float | None = None
    high: float | None = None
    unit_code: str = ""
    states: tuple[str, ...] = ()
    max_step: float | None = None
    stuck_after: int = 0
    event: bool = False
    alarm: tuple[tuple[bool | str, Severity], ...] = ()


class FeatureType(msgspec.Struct, frozen=True):
    """What a device observes: its domain, its Smart Data Models type and how properties are called there.

    ``attributes``: property → (attribute, factor): published value = value * factor (0 for a state or flag).
    """

    name: str
    domain: Domain
    sdm_type: str
    title: str
    attributes: dict[str, tuple[str, float]] = {}


def _row(
    name: str,
    unit: str,
    title: str,
    low: float | None = None,
    high: float | None = None,
    *,
    kind: Kind = "gauge",
    code: str = "",
    states: tuple[str, ...] = (),
    max_step: float | None = None,
    stuck_after: int = 0,
    event: bool = False,
    alarm: tuple[tuple[bool | str, Severity], ...] = (),
) -> ObservedProperty:
    return ObservedProperty(name, unit, kind, title, low, high, code, states, max_step, stuck_after, event, alarm)


_WARNING: tuple[tuple[bool | str, Severity], ...] = ((True, "warning"),)
_CRITICAL: tuple[tuple[bool | str, Severity], ...] = ((True, "critical"),)


_CHECKS = ("ok", "range", "stuck", "rate")

_AQI_BANDS = ("good", "fair", "moderate", "poor", "very-poor", "extremely-poor")

_ROWS = (
    # parking
    _row("occupied", "1", "Bay is occupied", kind="flag"),
    # waste
    _row("fill_level_percent", "%", "How full a container is", 0, 100, code="P1"),
    _row("distance_mm", "mm", "Distance from sensor to surface", 0, 20_000, code="MMT"),
    _row("tilted", "1", "Container is tilted", kind="flag"),
    _row("fire", "1", "Fire alarm of the sensor", kind="flag"),
    _row("lid_open", "1", "Lid is open", kind="flag"),
    # cycling, people, vehicles
    _row("bicycle_count", "{count}", "Bicycles counted since the sensor's start", 0, kind="counter", code="C62"),
    _row("bicycle_count_interval", "{count}", "Bicycles in the interval", 0, 20_000, code="C62"),
    _row("people_count_interval", "{count}", "People in the interval", 0, 100_000, code="C62"),
    _row("vehicle_count_interval", "{count}", "Motor vehicles in the interval", 0, 50_000, code="C62"),
    _row("people_count", "{count}", "People counted since the sensor's start", 0, kind="counter", code="C62"),
    _row("people_present", "{count}", "People inside now", 0, 100_000, code="C62"),
    _row("presence", "1", "Somebody is there", kind="flag"),
    _row("vehicle_count", "{count}", "Motor vehicles counted since the sensor's start", 0, kind="counter", code="C62"),
    _row("wifi_devices", "{count}", "Wi-Fi devices nearby in the interval", 0, 100_000, code="C62"),
    _row("ble_devices", "{count}", "Bluetooth devices nearby in the interval", 0, 100_000, code="C62"),
    _row("bikes_available", "{count}", "Bicycles for hire in a station", 0, 10_000, code="C62"),
    _row("docks_free", "{count}", "Docks of a station that can take a bicycle", 0, 10_000, code="C62"),
    _row("docks_out_of_service", "{count}", "Docks of a station that can do neither", 0, 10_000, code="C62"),
    _row("docks_total", "{count}", "Docks of a station, all together", 0, 10_000, code="C62"),
    _row("speed_kmh", "km/h", "Mean speed", 0, 250, code="KMH"),
    _row("travel_time_s", "s", "Travel time of one pass over a link", 0, 3_600, code="SEC"),
    # green
    _row("soil_moisture_percent", "%", "Volumetric water content of soil", 0, 100, code="P1", max_step=60),
    _row("soil_tension_kpa", "kPa", "Soil water tension", 0, 1_000, code="KPA"),
    _row("soil_temperature_c", "Cel", "Soil temperature", -40, 70, code="CEL", max_step=20),
    _row("soil_conductivity_us_cm", "uS/cm", "Electrical conductivity of soil", 0, 20_000),
    _row("valve_open", "1", "Valve is open", kind="flag"),
    # air, climate
    _row("temperature_c", "Cel", "Air temperature", -50, 60, code="CEL", max_step=15),
    _row("humidity_percent", "%", "Relative humidity", 0, 100, code="P1"),
    _row("pressure_hpa", "hPa", "Air pressure at the sensor", 500, 1_100, code="A97", max_step=20, stuck_after=24),
    _row("co2_ppm", "[ppm]", "Carbon dioxide", 0, 40_000, code="59", stuck_after=24),
    _row("pm1_ug_m3", "ug/m3", "Particles up to 1 µm", 0, 2_000, code="GQ"),
    _row("pm25_ug_m3", "ug/m3", "Particles up to 2.5 µm", 0, 2_000, code="GQ"),
    _row("pm10_ug_m3", "ug/m3", "Particles up to 10 µm", 0, 3_000, code="GQ"),
    _row("so2_ug_m3", "ug/m3", "Sulphur dioxide", 0, 2_000, code="GQ"),
    _row("no2_ug_m3", "ug/m3", "Nitrogen dioxide", 0, 2_000, code="GQ"),
    _row("o3_ug_m3", "ug/m3", "Ozone", 0, 1_000, code="GQ"),
    _row("globe_temperature_c", "Cel", "Temperature of a black globe", -50, 90, code="CEL"),
    _row("wet_bulb_temperature_c", "Cel", "Natural wet bulb temperature", -50, 60, code="CEL"),
    _row("co_ppm", "[ppm]", "Carbon monoxide", 0, 1_000, code="59"),
    _row("tvoc_ppb", "[ppb]", "Volatile organic compounds, total", 0, 65_535, code="61"),
    _row("formaldehyde_ppb", "[ppb]", "Formaldehyde", 0, 10_000, code="61"),
    _row("illuminance_lx", "lx", "Illuminance", 0, 200_000, code="LUX"),
    # noise
    _row("laeq_db", "dB", "Equivalent continuous A-weighted level", 20, 140, code="2N", stuck_after=24),
    _row("lamax_db", "dB", "Maximum A-weighted level", 20, 150, code="2N"),
    _row("la_db", "dB", "A-weighted level at the moment of sending", 20, 140, code="2N"),
    _row("la10_db", "dB", "A-weighted level exceeded in 10 % of the interval", 20, 140, code="2N"),
    _row("la50_db", "dB", "A-weighted level exceeded in 50 % of the interval", 20, 140, code="2N"),
    _row("la90_db", "dB", "A-weighted level exceeded in 90 % of the interval", 20, 140, code="2N"),
    # weather
    _row("rain_mm", "mm", "Rain in the interval", 0, 200, code="MMT"),
    _row("rain_total_mm", "mm", "Rain since the sensor's start", 0, kind="counter", code="MMT"),
    _row("wind_gust_m_s", "m/s", "Strongest gust in the interval", 0, 100, code="MTS"),
    _row("vapour_pressure_kpa", "kPa", "Water vapour pressure of air", 0, 20, code="KPA"),
    _row("lightning_count_interval", "{count}", "Lightning strikes in the interval", 0, 65_535, code="C62"),
    _row("lightning_distance_km", "km", "Mean distance of lightning", 0, 100, code="KMT"),
    _row("wind_speed_m_s", "m/s", "Wind speed", 0, 75, code="MTS"),
    _row("wind_direction_deg", "deg", "Direction the wind comes from", 0, 360, code="DD"),
    _row("solar_radiation_w_m2", "W/m2", "Global radiation", 0, 1_500, code="D54"),
    # water
    _row("water_level_m", "m", "Water level above the local datum", -20, 100, code="MTR", max_step=5),
    _row("water_m3", "m3", "Water meter register", 0, kind="counter", code="MTQ"),
    _row("flow_l_h", "L/h", "Water flow", 0, 1_000_000, code="E32"),
    _row("water_pressure_kpa", "kPa", "Pressure of water in a pipe", -100, 10_000, code="KPA"),
    _row("leak", "1", "Leak detected", kind="flag", alarm=_WARNING),
    _row("ph", "[pH]", "Acidity of water", 0, 14, code="Q30"),
    _row("turbidity_ntu", "[NTU]", "Turbidity of water", 0, 4_000),
    _row("water_temperature_c", "Cel", "Water temperature", -5, 50, code="CEL", max_step=10),
    # energy
    _row("energy_import_kwh", "kW.h", "Electricity drawn from the grid, register", 0, kind="counter", code="KWH"),
    _row("energy_export_kwh", "kW.h", "Electricity fed into the grid, register", 0, kind="counter", code="KWH"),
    _row("power_w", "W", "Active power", -1e7, 1e7, code="WTT"),
    _row("voltage_v", "V", "Mains voltage", 0, 1_000, code="VLT"),
    _row("voltage_l1_v", "V", "Mains voltage, phase 1", 0, 1_000, code="VLT"),
    _row("voltage_l2_v", "V", "Mains voltage, phase 2", 0, 1_000, code="VLT"),
    _row("voltage_l3_v", "V", "Mains voltage, phase 3", 0, 1_000, code="VLT"),
    _row("current_a", "A", "Current", -10_000, 10_000, code="AMP"),
    _row("current_l1_a", "A", "Current, phase 1", -10_000, 10_000, code="AMP"),
    _row("current_l2_a", "A", "Current, phase 2", -10_000, 10_000, code="AMP"),
    _row("current_l3_a", "A", "Current, phase 3", -10_000, 10_000, code="AMP"),
    _row("power_factor_percent", "%", "Power factor", -100, 100, code="P1"),
    _row("power_export_w", "W", "Active power fed into the grid", 0, 1e7, code="WTT"),
    _row("switched_on", "1", "Relay or socket is switched on", kind="flag"),
    _row("gas_m3", "m3", "Gas meter register", 0, kind="counter", code="MTQ"),
    _row("pulses", "{count}", "Pulses counted since the sensor's start", 0, kind="counter", code="C62"),
    # safety, movement
    _row("pulses_2", "{count}", "Pulses of the second input since the sensor's start", 0, kind="counter", code="C62"),
    _row("tamper", "1", "Somebody meddles with the device", kind="flag"),
    _row("door_open", "1", "Door, window or cover is open", kind="flag"),
    _row("motion", "1", "The device is being moved", kind="flag"),
    _row("motion_count", "{count}", "Movements in the interval", 0, 65_535, code="C62"),
    _row("acceleration_x_g", "[g]", "Acceleration along x", -16, 16),
    _row("acceleration_y_g", "[g]", "Acceleration along y", -16, 16),
    _row("acceleration_z_g", "[g]", "Acceleration along z", -16, 16),
    _row("digital_input", "1", "Digital input is high", kind="flag"),
    # light
    _row("lamp_level_percent", "%", "Dimming level of a lamp", 0, 100, code="P1"),
    # derived by pipelines/domains: what every domain says
    _row("coverage_percent", "%", "Share of the interval that is known", 0, 100, code="P1"),
    # derived: parking
    _row("occupancy_percent", "%", "Share of bay-time that was taken", 0, 100, code="P1"),
    _row("utilisation_percent", "%", "Share of bay-hours that was used", 0, 100, code="P1"),
    _row("busy_percent", "%", "Share of quarters of an hour with more than 85 % taken", 0, 100, code="P1"),
    _row("bays_free", "{count}", "Free bays that everybody may use", 0, 100_000, code="C62"),
    _row("bays_taken", "{count}", "Taken bays that everybody may use", 0, 100_000, code="C62"),
    _row("sessions", "{count}", "Parkings that ended, seen from begin to end", 0, code="C62"),
    _row("sessions_censored", "{count}", "Parkings whose begin or end nobody saw", 0, code="C62"),
    _row("turnover_per_bay", "1", "Parkings per bay in the interval", 0),
    _row("turnover_per_bay_hour", "/h", "Parkings per bay and hour", 0),
    _row("stay_min", "min", "How long a car was parked", 0, code="MIN", event=True),
    _row("mean_stay_min", "min", "Mean stay of the parkings that ended", 0, code="MIN"),
    _row("overstay", "1", "A car stands longer than the rule and its tolerance allow", kind="flag", event=True),
    _row("overstay_min", "min", "Minutes beyond what the rule allows", 0, code="MIN", event=True),
    _row("overstays", "{count}", "Parkings beyond what the rule allows", 0, code="C62"),
    _row("overstay_total_min", "min", "Minutes beyond what the rule allows, all together", 0, code="MIN"),
    _row("bay_stuck", "1", "A bay stands still for longer than chance allows", kind="flag", event=True, alarm=_WARNING),
    _row("free_in_5min_percent", "%", "Chance of a free bay on arrival in 5 minutes", 0, 100, code="P1"),
    _row("free_in_10min_percent", "%", "Chance of a free bay on arrival in 10 minutes", 0, 100, code="P1"),
    _row("free_in_15min_percent", "%", "Chance of a free bay on arrival in 15 minutes", 0, 100, code="P1"),
    _row("free_in_30min_percent", "%", "Chance of a free bay on arrival in 30 minutes", 0, 100, code="P1"),
    _row("brier_5min", "1", "Mean squared error of the street's chances, 5 minutes ahead", 0, 1),
    _row("brier_10min", "1", "Mean squared error of the street's chances, 10 minutes ahead", 0, 1),
    _row("brier_15min", "1", "Mean squared error of the street's chances, 15 minutes ahead", 0, 1),
    _row("brier_30min", "1", "Mean squared error of the street's chances, 30 minutes ahead", 0, 1),
    _row("bay_brier_5min", "1", "Mean squared error of its bays' chances, 5 minutes ahead", 0, 1),
    _row("bay_brier_10min", "1", "Mean squared error of its bays' chances, 10 minutes ahead", 0, 1),
    _row("bay_brier_15min", "1", "Mean squared error of its bays' chances, 15 minutes ahead", 0, 1),
    _row("bay_brier_30min", "1", "Mean squared error of its bays' chances, 30 minutes ahead", 0, 1),
    _row("guidance_rank", "1", "Place among the pilot's streets to try now; 1 is the best", 1, 10_000),
    # derived: waste
    _row("collected", "1", "The container was emptied", kind="flag", event=True),
    _row("collected_percent", "%", "How much of the container was taken away", 0, 100, code="P1", event=True),
    _row("fill_level_clean_percent", "%", "How full a container is, without slips of the sensor", 0, 100, code="P1"),
    _row("fill_rate_percent_day", "%/d", "How fast a container filled", 0, 10_000),
    _row("time_to_full_p10_h", "h", "Hours until full: one in ten is full sooner", 0, 1_344, code="HUR"),
    _row("time_to_full_p50_h", "h", "Hours until full: as many are full sooner as later", 0, 1_344, code="HUR"),
    _row("time_to_full_p90_h", "h", "Hours until full: one in ten is full later", 0, 1_344, code="HUR"),
    _row("time_to_full_held_percent", "%", "Chance that a filling is full from P10 to P90", 0, 100, code="P1"),
    _row("overflow_h", "h", "Hours that a container was overfull", 0, 25, code="HUR"),
    _row("fire_alarm", "1", "It burns in the container, or does no longer", kind="flag", event=True, alarm=_CRITICAL),
    _row(
        "tilt_alarm", "1", "The container lies on its side, or does no longer", kind="flag", event=True, alarm=_WARNING
    ),
    # derived: cycling and mobility
    _row("bicycles", "{count}", "Bicycles that passed, calibrated", 0, code="C62"),
    _row("bicycles_counted", "{count}", "Bicycles as the sensor counted them", 0, code="C62"),
    _row("average_daily_bicycles", "{count}/d", "Annual average of a day's bicycles (AADB)", 0),
    _row("people", "{count}", "People who passed, calibrated", 0, code="C62"),
    _row("people_counted", "{count}", "People as the sensor counted them", 0, code="C62"),
    _row("average_daily_people", "{count}/d", "Annual average of a day's people", 0),
    _row("vehicles", "{count}", "Motor vehicles that passed, calibrated", 0, code="C62"),
    _row("vehicles_counted", "{count}", "Motor vehicles as the sensor counted them", 0, code="C62"),
    _row("average_daily_vehicles", "{count}/d", "Annual average of a day's motor vehicles (AADT)", 0),
    _row("section_bicycles", "{count}", "Bicycles across a whole road, all its counters together", 0, code="C62"),
    _row("forward_percent", "%", "Share that passed in forward direction", 0, 100, code="P1"),
    _row("travel_time_median_s", "s", "Median travel time over a link", 0, 3_600, code="SEC"),
    _row("travel_time_p90_s", "s", "Travel time that nine of ten stay below", 0, 3_600, code="SEC"),
    _row("free_flow_time_s", "s", "Travel time over a link when nothing is in the way", 0, 3_600, code="SEC"),
    _row("delay_percent", "%", "Median travel time beyond free flow", 0, code="P1"),
    _row("speed_median_kmh", "km/h", "Median speed", 0, 250, code="KMH"),
    _row("speed_v85_kmh", "km/h", "Speed that 85 of 100 do not exceed", 0, 250, code="KMH"),
    _row("commute_index", "1", "Weekday mornings, 7 to 9 h, over middays, 11 to 13 h", 0),
    _row("weekend_ratio", "1", "Mean day of the weekend over mean weekday", 0),
    # derived: green and agri
    _row("soil_depletion_mm", "mm", "Water that the root zone lacks to field capacity", 0, 2_000, code="MMT"),
    _row(
        "soil_water_state",
        "1",
        "How wet the root zone is",
        kind="state",
        states=("saturated", "wet", "moist", "dry", "very_dry"),
    ),
    _row(
        "watering_advice",
        "1",
        "What to do that day; rained: dry, but rain has made it good",
        kind="state",
        states=("water", "wait", "rained", "unknown"),
    ),
    _row("water_advised_l", "L", "Water to give in the interval", 0, 1e7, code="LTR"),
    _row("water_saved_l", "L", "Water not given that the fixed schedule would have", -1e7, 1e7, code="LTR"),
    _row(
        "soil_sensor_check",
        "1",
        "Whether a soil sensor can be believed that day",
        kind="state",
        states=("ok", "stuck", "no_rain_response", "follows_temperature"),
    ),
    # derived: air, noise, heat, weather
    _row(
        "pm25_corrected_ug_m3", "ug/m3", "Particles up to 2.5 µm, corrected for the sensor's humidity error", 0, 2_000
    ),
    _row("aqi_band", "1", "European air quality index, worst pollutant", kind="state", states=_AQI_BANDS),
    _row("aqi_pm25_band", "1", "European air quality index, particles 2.5 µm", kind="state", states=_AQI_BANDS),
    _row("aqi_pm10_band", "1", "European air quality index, particles 10 µm", kind="state", states=_AQI_BANDS),
    _row("aqi_no2_band", "1", "European air quality index, nitrogen dioxide", kind="state", states=_AQI_BANDS),
    _row("aqi_o3_band", "1", "European air quality index, ozone", kind="state", states=_AQI_BANDS),
    _row("aqi_so2_band", "1", "European air quality index, sulphur dioxide", kind="state", states=_AQI_BANDS),
    _row("aqi_good_h", "h", "Hours of good air", 0, 25, code="HUR"),
    _row("aqi_fair_h", "h", "Hours of fair air", 0, 25, code="HUR"),
    _row("aqi_moderate_h", "h", "Hours of moderate air", 0, 25, code="HUR"),
    _row("aqi_poor_h", "h", "Hours of poor air", 0, 25, code="HUR"),
    _row("aqi_very_poor_h", "h", "Hours of very poor air", 0, 25, code="HUR"),
    _row("aqi_extremely_poor_h", "h", "Hours of extremely poor air", 0, 25, code="HUR"),
    _row("o3_max_8h_ug_m3", "ug/m3", "Highest 8-hour mean of ozone of the day", 0, 1_000, code="GQ"),
    _row("pm25_annual_ug_m3", "ug/m3", "Mean of the last twelve months, particles 2.5 µm", 0, 2_000, code="GQ"),
    _row("pm10_annual_ug_m3", "ug/m3", "Mean of the last twelve months, particles 10 µm", 0, 3_000, code="GQ"),
    _row("no2_annual_ug_m3", "ug/m3", "Mean of the last twelve months, nitrogen dioxide", 0, 2_000, code="GQ"),
    _row("pm25_of_limit_2030_percent", "%", "Annual mean of particles 2.5 µm, of the limit of 2030", 0, code="P1"),
    _row("pm10_of_limit_2030_percent", "%", "Annual mean of particles 10 µm, of the limit of 2030", 0, code="P1"),
    _row("no2_of_limit_2030_percent", "%", "Annual mean of nitrogen dioxide, of the limit of 2030", 0, code="P1"),
    _row("ld_db", "dB", "Level of the day, 7 to 19 h", 20, 140, code="2N"),
    _row("le_db", "dB", "Level of the evening, 19 to 23 h", 20, 140, code="2N"),
    _row("ln_db", "dB", "Level of the night, 23 to 7 h", 20, 140, code="2N"),
    _row("lden_db", "dB", "Day-evening-night level", 20, 150, code="2N"),
    _row("loud", "1", "It became loud", kind="flag", event=True),
    _row("loud_events", "{count}", "How often it became loud", 0, code="C62"),
    _row("loud_min", "min", "Minutes in which it was loud", 0, 1_500, code="MIN"),
    _row("wbgt_c", "Cel", "Wet bulb globe temperature", -40, 60, code="CEL"),
    _row("utci_c", "Cel", "Universal thermal climate index", -90, 80, code="CEL"),
    _row("humidex_c", "Cel", "Humidex", -60, 90, code="CEL"),
    _row("heat_coverage_percent", "%", "Share of the interval whose heat is known", 0, 100, code="P1"),
    _row("wbgt_above_25_h", "h", "Hours of a wet bulb globe temperature above 25 °C", 0, 25, code="HUR"),
    _row("et0_mm", "mm", "Reference evapotranspiration of the interval", 0, 20, code="MMT"),
    _row("et0_coverage_percent", "%", "Share of the day of which the temperature is known", 0, 100, code="P1"),
    _row("rain_coverage_percent", "%", "Share of the interval of which the rain is known", 0, 100, code="P1"),
    _row("temperature_max_c", "Cel", "Highest air temperature of the day", -50, 60, code="CEL"),
    _row("temperature_min_c", "Cel", "Lowest air temperature of the day", -50, 60, code="CEL"),
    _row("frost_h", "h", "Hours of air below 0 °C", 0, 25, code="HUR"),
    _row("heat_day", "1", "Day that reached 30 °C (1) or not (0)", 0, 1),
    _row("temperature_coverage_percent", "%", "Share of the day whose temperature is known", 0, 100, code="P1"),
    # derived: water
    _row("water_level_max_m", "m", "Highest water level of the day", -20, 100, code="MTR"),
    _row("water_level_min_m", "m", "Lowest water level of the day", -20, 100, code="MTR"),
    _row("flood_alert_h", "h", "Hours at or above the alert level", 0, 25, code="HUR"),
    _row("flood_danger_h", "h", "Hours at or above the danger level", 0, 25, code="HUR"),
    _row("turbidity_max_ntu", "[NTU]", "Highest turbidity of the day", 0, 4_000),
    _row("water_temperature_max_c", "Cel", "Highest water temperature of the day", -5, 50, code="CEL"),
    _row("water_checks_ok_percent", "%", "Share of the time in which a probe can be believed", 0, 100, code="P1"),
    _row("water_level_rate_mm_h", "mm/h", "How fast the water rises", -50_000, 50_000),
    _row(
        "flood_state",
        "1",
        "Level against its thresholds",
        kind="state",
        states=("normal", "alert", "danger"),
        event=True,
        alarm=(("alert", "warning"), ("danger", "critical")),
    ),
    _row("time_to_alert_min", "min", "Until the alert level, if the water goes on rising so", 0, 1_440, code="MIN"),
    _row("time_to_danger_min", "min", "Until the danger level, if the water goes on rising so", 0, 1_440, code="MIN"),
    _row("water_use_l", "L", "Water used in the interval", 0, 1e9, code="LTR"),
    _row("night_flow_l_h", "L/h", "Smaller of the mean flows of the hours from 2 to 4", 0, 1e6, code="E32"),
    _row("leak_suspected", "1", "Water runs that nobody seems to use", kind="flag", event=True, alarm=_WARNING),
    _row(
        "leak_sign",
        "1",
        "What speaks for a leak",
        kind="state",
        states=("none", "night_flow", "continuous_flow", "both"),
        event=True,
    ),
    _row("ph_check", "1", "Whether acidity can be believed", kind="state", states=_CHECKS, event=True),
    _row("turbidity_check", "1", "Whether turbidity can be believed", kind="state", states=_CHECKS, event=True),
    _row(
        "water_temperature_check",
        "1",
        "Whether water temperature can be believed",
        kind="state",
        states=_CHECKS,
        event=True,
    ),
    # derived: energy and light
    _row("energy_import_interval_kwh", "kW.h", "Electricity drawn from the grid in the interval", 0, 1e6, code="KWH"),
    _row("energy_export_interval_kwh", "kW.h", "Electricity fed into the grid in the interval", 0, 1e6, code="KWH"),
    _row("energy_production_interval_kwh", "kW.h", "Electricity produced in the interval", 0, 1e6, code="KWH"),
    _row("energy_own_use_interval_kwh", "kW.h", "Electricity produced and used at home", 0, 1e6, code="KWH"),
    _row("energy_use_interval_kwh", "kW.h", "Electricity used in the interval", 0, 1e6, code="KWH"),
    _row("peak_import_power_w", "W", "Mean power of the highest quarter of an hour", 0, 1e7, code="WTT"),
    _row("self_consumption_percent", "%", "Share of the production that was used at home", 0, 100, code="P1"),
    _row("self_sufficiency_percent", "%", "Share of the use that was home-made", 0, 100, code="P1"),
    _row("meter_exchanged", "1", "The register goes on as that of another meter", kind="flag", event=True),
    _row("burn_time_h", "h", "Hours that a lamp was on", 0, 25, code="HUR"),
    _row("dark_time_h", "h", "Hours that the sun was down", 0, 25, code="HUR"),
    _row("burn_in_daylight_h", "h", "Hours that a lamp was on under the sun", 0, 25, code="HUR"),
    _row("dark_unlit_h", "h", "Hours without sun that a lamp was off", 0, 25, code="HUR"),
    _row("energy_expected_interval_kwh", "kW.h", "What a lamp's rating and dimming ask for", 0, 1e6, code="KWH"),
    _row("lamp_out", "1", "A lamp that is switched on draws no power", kind="flag", event=True, alarm=_WARNING),
    # derived: safety, silence and network
    _row("silent", "1", "The device has fallen silent, or speaks again", kind="flag", event=True, alarm=_WARNING),
    _row("silence_min", "min", "How long the device was silent", 0, code="MIN", event=True),
    _row("flapping", "1", "The device falls silent again and again", kind="flag", event=True, alarm=_WARNING),
    _row("battery_warning", "1", "The battery is nearly empty", kind="flag", event=True, alarm=_WARNING),
    _row("tamper_alarm", "1", "Somebody meddles with the device", kind="flag", event=True, alarm=_WARNING),
    _row("battery_months_left", "mo", "Months until the battery is empty, by its slope", 0, 240, code="MON"),
    _row("uplinks", "{count}", "Frames received in the interval", 0, code="C62"),
    _row("pdr_percent", "%", "Share of the frames sent that were received", 0, 100, code="P1"),
    _row("sessions_begun", "{count}", "Times the frame counter began anew", 0, code="C62"),
    _row("rssi_median_dbm", "dB[mW]", "Median strength of the best reception", -160, 20, code="DBM"),
    _row("snr_median_db", "dB", "Median signal to noise of the best reception", -40, 40, code="2N"),
    _row("esp_dbm", "dB[mW]", "Estimated signal power", -180, 20, code="DBM"),
    _row("gateways_heard", "{count}", "LoRaWAN gateways that heard a frame, mean", 0, 1_000, code="C62"),
    # LoRa gateways, by their own reports, and derived: LoRa gateways
    _row("rx_packets", "{count}", "LoRa packets received in the interval", 0, 1_000_000, code="C62"),
    _row("rx_packets_ok", "{count}", "LoRa packets received with a right checksum", 0, 1_000_000, code="C62"),
    _row("tx_packets", "{count}", "LoRa packets asked to send in the interval", 0, 1_000_000, code="C62"),
    _row("tx_packets_ok", "{count}", "LoRa packets sent in the interval", 0, 1_000_000, code="C62"),
    _row("gateway_connected", "1", "The LoRa gateway has its connection to the network server", kind="flag"),
    _row("gateway_offline", "1", "The LoRa gateway is dead, or works again", kind="flag", event=True, alarm=_CRITICAL),
    _row(
        "gateway_offline_sign",
        "1",
        "What speaks for a dead LoRa gateway",
        kind="state",
        states=("none", "connection", "stats", "uplinks"),
        event=True,
    ),
    _row("gateway_online_percent", "%", "Share of the interval that a LoRa gateway worked", 0, 100, code="P1"),
    _row("rx_packets_ok_percent", "%", "Share of the LoRa packets with a right checksum", 0, 100, code="P1"),
    _row("devices_heard", "{count}", "Devices that a LoRa gateway heard", 0, 100_000, code="C62"),
    _row("devices_behind", "{count}", "Devices heard mainly through one LoRa gateway", 0, 100_000, code="C62"),
    _row("devices_behind_names", "1", "What these devices observe, by name", kind="state", event=True),
    # the device and its network
    _row("battery_percent", "%", "Battery charge", 0, 100, code="P1"),
    _row("battery_v", "V", "Battery voltage", 0, 24, code="VLT"),
    _row("battery_low", "1", "The device says that its battery is low", kind="flag"),
    _row("device_temperature_c", "Cel", "Temperature inside the device", -55, 125, code="CEL"),
    _row("external_power", "1", "Device runs on external power", kind="flag"),
    _row("link_margin_db", "dB", "Demodulation margin the device last reported", -32, 31, code="2N"),
    _row("f_cnt", "{count}", "LoRaWAN frame counter", 0, 2**32 - 1, kind="counter", code="C62"),
    _row("f_port", "1", "LoRaWAN port", 0, 255),
    _row("rssi_dbm", "dB[mW]", "Strength of the best reception", -160, 20, code="DBM"),
    _row("snr_db", "dB", "Signal to noise of the best reception", -40, 40, code="2N"),
    _row("receptions", "{count}", "LoRaWAN gateways that heard the frame", 0, 1_000, code="C62"),
)

PROPERTIES: dict[str, ObservedProperty] = {row.name: row for row in _ROWS}

LINK_PROPERTIES = ("f_cnt", "f_port", "rssi_dbm", "snr_db", "receptions")
"""Written to the measurement ``lorawan`` from ``Accepted.link``; never observations of their own."""

_FEATURES = (
    FeatureType("parking-spot", Domain.PARKING, "ParkingSpot", "One parking bay", {"occupied": ("status", 0)}),
    FeatureType(
        "street-parking",
        Domain.PARKING,
        "OnStreetParking",
        "The bays of one street together",
        {"bays_free": ("availableSpotNumber", 1), "bays_taken": ("occupiedSpotNumber", 1)},
    ),
    FeatureType(
        "waste-container",
        Domain.WASTE,
        "WasteContainer",
        "One bin or container",
        {"fill_level_percent": ("fillingLevel", 0.01), "temperature_c": ("temperature", 1)},
    ),
    FeatureType(
        "bike-counter",
        Domain.CYCLING,
        "TrafficFlowObserved",
        "One cycle counter",
        {"bicycle_count_interval": ("intensity", 1), "bicycles": ("intensity", 1)},
    ),
    FeatureType(
        "bike-section",
        Domain.CYCLING,
        "TrafficFlowObserved",
        "One road across, all its cycle counters together",
        {"section_bicycles": ("intensity", 1)},
    ),
    FeatureType(
        "bike-link",
        Domain.CYCLING,
        "TrafficFlowObserved",
        "One stretch of cycle route between two detectors",
        {},
    ),
    FeatureType(
        "bike-dock",
        Domain.CYCLING,
        "BikeHireDockingStation",
        "One station of hired bicycles",
        {
            "bikes_available": ("availableBikeNumber", 1),
            "docks_free": ("freeSlotNumber", 1),
            "docks_out_of_service": ("outOfServiceSlotNumber", 1),
            "docks_total": ("totalSlotNumber", 1),
        },
    ),
    FeatureType(
        "people-counter",
        Domain.MOBILITY,
        "CrowdFlowObserved",
        "One people counter",
        {"people_count_interval": ("peopleCount", 1), "people": ("peopleCount", 1)},
    ),
    FeatureType(
        "vehicle-counter",
        Domain.MOBILITY,
        "TrafficFlowObserved",
        "One traffic counter",
        {"vehicle_count_interval": ("intensity", 1), "vehicles": ("intensity", 1)},
    ),
    FeatureType(
        "tree",
        Domain.GREEN,
        "GreenspaceRecord",
        "Soil under one tree",
        {
            "soil_moisture_percent": ("soilMoistureVwc", 0.01),
            "soil_tension_kpa": ("soilMoisturePressure", 1),
            "soil_temperature_c": ("soilTemperature", 1),
        },
    ),
    FeatureType(
        "parcel",
        Domain.AGRI,
        "AgriParcelRecord",
        "One plot of farm land",
        {"soil_moisture_percent": ("soilMoistureVwc", 0.01), "soil_temperature_c": ("soilTemperature", 1)},
    ),
    FeatureType(
        "air-station",
        Domain.AIR,
        "AirQualityObserved",
        "One air sensor",
        {
            "pm1_ug_m3": ("pm1", 1),
            "pm25_ug_m3": ("pm25", 1),
            "pm10_ug_m3": ("pm10", 1),
            "no2_ug_m3": ("no2", 1),
            "o3_ug_m3": ("o3", 1),
            "temperature_c": ("temperature", 1),
            "humidity_percent": ("relativeHumidity", 0.01),
        },
    ),
    FeatureType(
        "noise-station",
        Domain.NOISE,
        "NoiseLevelObserved",
        "One sound meter",
        {"laeq_db": ("LAeq", 1), "lamax_db": ("LAmax", 1)},
    ),
    FeatureType(
        "weather-station",
        Domain.WEATHER,
        "WeatherObserved",
        "One weather station",
        {
            "temperature_c": ("temperature", 1),
            "humidity_percent": ("relativeHumidity", 0.01),
            "pressure_hpa": ("atmosphericPressure", 1),
            "rain_mm": ("precipitation", 1),
            "wind_speed_m_s": ("windSpeed", 1),
            "wind_direction_deg": ("windDirection", 1),
            "solar_radiation_w_m2": ("solarRadiation", 1),
            "illuminance_lx": ("illuminance", 1),
        },
    ),
    FeatureType(
        "water-level",
        Domain.WATER,
        "FloodMonitoring",
        "One water level gauge",
        {"water_level_m": ("currentLevel", 1), "flood_state": ("floodLevelStatus", 0)},
    ),
    FeatureType(
        "water-meter", Domain.WATER, "WaterConsumptionObserved", "One water meter", {"flow_l_h": ("maxFlow", 1)}
    ),
    FeatureType(
        "water-quality",
        Domain.WATER,
        "WaterQualityObserved",
        "One water quality probe",
        {"ph": ("pH", 1), "turbidity_ntu": ("turbidity", 1), "water_temperature_c": ("temperature", 1)},
    ),
    FeatureType(
        "electricity-meter",
        Domain.ENERGY,
        "ACMeasurement",
        "One electricity meter",
        {
            "energy_import_kwh": ("totalActiveEnergyImport", 1),
            "energy_export_kwh": ("totalActiveEnergyExport", 1),
            "power_w": ("totalActivePower", 1),
        },
    ),
    FeatureType(
        "street-light",
        Domain.LIGHT,
        "Streetlight",
        "One street light",
        {"lamp_level_percent": ("illuminanceLevel", 0.01)},
    ),
    FeatureType("safety-point", Domain.SAFETY, "Device", "One guarded point", {}),
    FeatureType("lora-gateway", Domain.NETWORK, "Device", "One LoRa gateway", {}),
    FeatureType("watering-round", Domain.GREEN, "GreenspaceRecord", "The trees of one watering round"),
    FeatureType("connection", Domain.ENERGY, "ACMeasurement", "One building with its meters"),
)

FEATURE_TYPES: dict[str, FeatureType] = {feature.name: feature for feature in _FEATURES}


def feature_type(feature: str) -> FeatureType:
    """The type of ``parking-spot/A-12``. Raises KeyError for a type that the table lacks."""
    return FEATURE_TYPES[feature.partition("/")[0]]
